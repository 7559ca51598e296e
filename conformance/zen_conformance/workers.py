"""A pytest plugin: shares the checks out to processes, so that suite and server are busy at once.

The processes are forked after collection, so that nothing is imported or collected twice.  Each
takes the next check that nobody has taken, sends pytest's reports to the first process, and in the
end takes away what it created.

Workers are process groups of their own.  Ctrl-C and SIGTERM reach the first process, which hands
them on: no worker is told twice by one key press.
"""

import gc
import itertools
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe, wait

import pytest
from _pytest.runner import runtestprotocol

from zen_conformance import check
from zen_conformance.running import RUNNING, Running


@dataclass(frozen=True)
class _Ended:
    """What a worker says last."""

    left_behind: Sequence[str]
    stopped: str | None = None  # why no further check is worth while


def possible(receiver_url: str | None) -> bool:
    """Whether checks can be shared out: by fork, and not when the receiver has one fixed port."""
    return hasattr(os, "fork") and receiver_url is None


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the checks in that many processes; with one, pytest's own loop does."""
    running = session.config.stash.get(RUNNING, None)
    if running is None or session.testsfailed or session.config.option.collectonly:
        return None
    if running.workers < 2:
        running.scenarios.start(running.wanted_scenarios)
        return None
    stopped = _Crew(session, running).run()
    if stopped:
        raise session.Interrupted(stopped)
    return True


class _Shares:
    """Which check comes next, across processes: a number that all of them count up.

    Checks that are early share rows, and those that judge a scenario its story: one worker has
    them, so that neither is made twice.
    """

    def __init__(self, items: Iterable[pytest.Item]) -> None:
        turns: dict[int, list[pytest.Item]] = {check.FIRST: [], check.ANY: [], check.LAST: []}
        for item in items:
            turns[check.turn(item)].append(item)
        self._first, self._items, self._last = turns.values()
        self._next = get_context("fork").Value("l", 0)
        self._over = get_context("fork").Event()

    def of(self, number: int) -> Iterator[pytest.Item]:
        """The checks of one worker, until the last one or `end`."""
        mine = self._with_its_own() if number == 0 else self._shared()
        return itertools.takewhile(lambda item: not self._over.is_set(), mine)

    def end(self) -> None:
        """Nobody takes another one."""
        self._over.set()

    def _with_its_own(self) -> Iterator[pytest.Item]:
        yield from self._first
        yield from self._shared()
        yield from self._last

    def _shared(self) -> Iterator[pytest.Item]:
        while (index := self._count()) < len(self._items):
            yield self._items[index]

    def _count(self) -> int:
        with self._next.get_lock():
            self._next.value += 1
            return int(self._next.value) - 1


class _Crew:
    """The workers of a session, as the first process sees them."""

    def __init__(self, session: pytest.Session, running: Running) -> None:
        self._session, self._running = session, running
        self._shares = _Shares(session.items)
        self._pids: dict[Connection, int] = {}
        self._stopped: str | None = None
        self._lost: list[int] = []  # with which status workers ended that said nothing last

    def run(self) -> str | None:
        """Why the run stopped early; raises KeyboardInterrupt when all have tidied up after it."""
        interrupted = False
        try:
            # What a signal raises within a fork is lost: Python ignores errors of its hooks there.
            with self._running.suite.traffic.interrupts.held():
                self._hire_all()
        except KeyboardInterrupt:
            interrupted = True
            self._hand_on()
        while self._pids:
            try:
                for ready in wait(list(self._pids)):
                    with self._running.suite.traffic.interrupts.held():
                        self._hear(ready)  # type: ignore[arg-type]
            except KeyboardInterrupt:
                interrupted = True
                self._hand_on()
        if interrupted:
            raise KeyboardInterrupt
        if self._lost:
            raise RuntimeError(f"a worker ended unexpectedly, with status {self._lost[0]}")
        return self._stopped

    def _hire_all(self) -> None:
        for number in range(min(self._running.workers, len(self._session.items))):
            if not self._running.suite.traffic.interrupts.is_pending:
                self._hire(number)

    def _hire(self, number: int) -> None:
        mine, its = Pipe(duplex=False)
        pid = os.fork()
        if pid == 0:
            os.setpgrp()
            for connection in (mine, *self._pids):
                connection.close()
            _Worker(self._session, self._running, its).work(number, self._shares)
        its.close()
        self._pids[mine] = pid

    def _hear(self, connection: Connection) -> None:
        try:
            message = connection.recv()
        except EOFError:
            self._lost.append(os.waitpid(self._pids.pop(connection), 0)[1])
            return
        if isinstance(message, _Ended):
            self._running.left_behind += message.left_behind
            if message.stopped:
                self._stopped = message.stopped
                self._shares.end()
            os.waitpid(self._pids.pop(connection), 0)
        else:
            self._session.config.hook.pytest_runtest_logreport(report=message)

    def _hand_on(self) -> None:
        for pid in self._pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)


class _Worker:
    """One of the processes, as it sees itself; it ends without going back into pytest."""

    def __init__(self, session: pytest.Session, running: Running, told: Connection) -> None:
        self._session, self._running, self._told = session, running, told

    def work(self, number: int, shares: _Shares) -> None:
        """Check and tidy up."""
        code = 1
        try:
            gc.freeze()  # what was collected stays to the end
            self._session.config.pluginmanager.register(self)
            self._tell(_Ended(self._checked_and_tidied(number, shares), self._why_stopped()))
            code = 0
        except BaseException as error:  # the first process says that a worker is missing
            sys.stderr.write(f"zen-conformance: a worker ended: {type(error).__name__}: {error}\n")
        finally:
            os._exit(code)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """As pytest does it, with the reports going to the first process."""
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            if report.when == "call" or not report.passed:
                self._tell(report)
        return True

    def _checked_and_tidied(self, number: int, shares: _Shares) -> list[str]:
        with suppress(KeyboardInterrupt, BrokenPipeError):  # the second: nobody listens any more
            self._running.suite.traffic.interrupts.release()  # it was forked while they were held
            if number == 0:
                self._running.scenarios.start(self._running.wanted_scenarios)
            for item, following in itertools.pairwise(itertools.chain(shares.of(number), [None])):
                hook = self._session.config.hook
                hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._session.shouldstop:
                    shares.end()
                    break
        self._running.tidy()
        return self._running.left_behind

    def _why_stopped(self) -> str | None:
        return str(self._session.shouldstop) if self._session.shouldstop else None

    def _tell(self, message: object) -> None:
        with self._running.suite.traffic.interrupts.held():
            self._told.send(message)
