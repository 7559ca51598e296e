"""Two processes on one database: neither ever tells its client that the database is locked."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.server.client import Answer, Api
from tests.server.harness import Sandbox, spawn
from zen_sandbox.settings import Settings

URL = "https://example.com/hook"

# Writes again and again, holding the lock for up to 15 ms, until its standard input ends.
BUSY_NEIGHBOUR = """
import random, sys, threading, time
from pathlib import Path
from zen_sandbox.store import Database, Store
store = Store(Database(Path(sys.argv[1])))
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
chance, written = random.Random(7), 0
print("ready", flush=True)
while not ended.is_set():
    with store.database.writing():
        store.accounts.create_tenant(store.ids.new("tnt"), "neighbour", store.now())
        time.sleep(chance.uniform(0, 0.015))
    written += 1
    time.sleep(chance.uniform(0, 0.015))
print(written, flush=True)
"""

# Takes the lock, says so, and keeps it until its standard input ends.
HOLDER = """
import sys
from pathlib import Path
from zen_sandbox.store import Database, Store
store = Store(Database(Path(sys.argv[1])))
with store.database.writing():
    store.accounts.create_tenant(store.ids.new("tnt"), "holder", store.now())
    print("held", flush=True)
    sys.stdin.read()
print("released", flush=True)
"""

# Opens, writes and closes, as a command does, a hundred times over.
VISITOR = """
import sys
from pathlib import Path
from zen_sandbox.store import Database, Store
for _ in range(100):
    store = Store(Database(Path(sys.argv[1])))
    with store.database.writing():
        store.accounts.create_tenant(store.ids.new("tnt"), "visitor", store.now())
    store.close()
print("done", flush=True)
"""


class Neighbour:
    """Another process on the same database."""

    def __init__(self, program: str, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self) -> str:
        """Its next line; AssertionError with its last words when it has ended."""
        stdout, stderr = self._process.stdout, self._process.stderr
        assert stdout is not None
        assert stderr is not None
        line: str = stdout.readline()
        assert line, stderr.read()
        return line.strip()

    def end(self) -> None:
        """Lets it end, and waits until it has; AssertionError when it has failed."""
        stdin: IO[str] | None = self._process.stdin
        assert stdin is not None
        stdin.close()
        code = self._process.wait(30)
        stderr = self._process.stderr
        assert stderr is not None
        assert code == 0, stderr.read()

    def discard(self) -> None:
        """Leaves nothing of it behind."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def neighbour(program: str, path: Path) -> Iterator[Neighbour]:
    process = Neighbour(program, path)
    try:
        yield process
    finally:
        process.discard()


def create(api: Api, name: str) -> Answer:
    return api.post(api.at("destinations"), {"name": name, "url": URL}, key=f"key-{name}")


def test_writes_beside_a_process_that_writes_all_the_time_all_succeed(sandbox: Sandbox) -> None:
    api = sandbox.api()
    names = [f"beside {number}".replace(" ", "-") for number in range(200)]
    with neighbour(BUSY_NEIGHBOUR, sandbox.path) as other:
        assert other.says() == "ready"
        with ThreadPoolExecutor(4) as threads:
            statuses = [answer.status for answer in threads.map(lambda n: create(api, n), names)]
        assert statuses == [201] * len(names)
        other.end()
        assert int(other.says()) > 0, "the other process never got to write"
    made = {one["name"] for one in api.walk(api.at("destinations"), "destinations")}
    assert made == set(names)


def test_a_write_waits_for_another_process_and_reads_do_not(sandbox: Sandbox) -> None:
    api = sandbox.api()
    with neighbour(HOLDER, sandbox.path) as other:
        assert other.says() == "held"
        with ThreadPoolExecutor(1) as thread:
            write = thread.submit(create, api, "patient")
            for _ in range(20):
                assert api.get(api.at("destinations")).json == {"destinations": []}
            assert not write.done()
            other.end()
            assert other.says() == "released"
            assert write.result().status == 201


@pytest.mark.parametrize("kind", ["good", "invalid"])
def test_a_write_that_has_waited_long_enough_is_a_503_and_can_be_sent_again(
    tmp_path: Path, kind: str
) -> None:
    # An invalid one has to wait as well: its refusal is logged.
    body = {"name": "late", "url": URL if kind == "good" else "nonsense"}
    status = 201 if kind == "good" else 400
    with Sandbox(tmp_path / "sandbox.db", Settings(lock_timeout=0.3)) as sandbox:
        api = sandbox.api()
        with neighbour(HOLDER, sandbox.path) as other:
            assert other.says() == "held"
            began = time.monotonic()
            answer = api.post(api.at("destinations"), body, key="late")
            assert time.monotonic() - began >= 0.2
            answer.refused("service-unavailable")
            assert answer.headers["retry-after"] == "1"
            assert "locked" not in answer.json["detail"]
            other.end()
        again = api.post(api.at("destinations"), body, key="late").expect(status)
        assert not again.is_replay


def test_processes_that_come_and_go_disturb_neither_one_another_nor_the_server(
    sandbox: Sandbox,
) -> None:
    api = sandbox.api()
    with (
        neighbour(VISITOR, sandbox.path) as one,
        neighbour(VISITOR, sandbox.path) as two,
    ):
        for number in range(50):
            assert create(api, f"meanwhile-{number}").status == 201
        for visitor in (one, two):
            assert visitor.says() == "done"
            visitor.end()


def test_processes_that_come_and_go_where_no_server_runs_do_not_disturb_one_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sandbox.db"
    with neighbour(VISITOR, path) as one, neighbour(VISITOR, path) as two:
        for visitor in (one, two):
            assert visitor.says() == "done"
            visitor.end()


def test_two_servers_may_start_on_one_new_database_at_once_and_serve_the_same(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        with ThreadPoolExecutor(2) as threads:
            starts = [threads.submit(spawn, tmp_path, "--demo") for _ in range(2)]
        for start in starts:
            if start.exception() is None:
                stack.enter_context(start.result())
        one, two = (start.result() for start in starts)
        made = create(one.api(), "made-by-one").expect(201).json
        seen = two.api(token=one.api_key).get(two.api().at("destinations", made["id"]))
        assert seen.expect(200).json == made
        barrier = threading.Barrier(2)

        def race(api: Api) -> int:
            barrier.wait()
            return create(api, "made-by-both").status

        with ThreadPoolExecutor(2) as threads:
            statuses = sorted(threads.map(race, (one.api(), two.api(token=one.api_key))))
        assert statuses == [201, 201], "one made it, the other was told of it by the same key"
