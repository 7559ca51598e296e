"""Server processes: started on a core of their own, watched from outside, ended as a family.

Linux only: CPU time and memory are the kernel's figures, so that a server measures nothing itself.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_PATIENCE_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_CPU_CLOCK_OF_A_PROCESS = 2  # CPUCLOCK_SCHED: the clock that clock_getcpuclockid(3) would name


class BenchmarkError(Exception):
    """The benchmark cannot be run; the message is one sentence that says what to do."""


def cores() -> tuple[int, int]:
    """One core for the server under load, and another one for the load, where there are two."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started inside runs on that core only, for good."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class ServerProcess:
    """A server that was started; `seconds_to_first_answer` counts from `begun`, its command."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        port: int,
        core: int,
        first_request: bytes,
        env: Mapping[str, str],
        said: Path,
    ) -> None:
        self.port = port
        self._name = Path(command[0]).name
        self._said = said
        with said.open("wb") as output, on_core(core):
            self.begun = time.perf_counter()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
                start_new_session=True,
            )
        try:
            self._await_answer(first_request)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_first_answer = time.perf_counter() - self.begun

    def cpu_seconds(self) -> float:
        """User and system time of the process and its children, so far."""
        return sum(_cpu_seconds(pid) for pid in self._pids())

    def megabytes(self) -> float:
        """Resident memory of the process and its children."""
        return sum(_resident_kilobytes(pid) for pid in self._pids()) / 1024

    def kill(self) -> None:
        """`kill -9`, as a power cut of the process: nothing of it has time for a last word."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ends the process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        # Its own session, so that nothing but its children is meant.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _await_answer(self, request: bytes) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _answers_well(self.port, request):
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = self._said.read_text("utf-8", "replace").strip() or "nothing"
                raise BenchmarkError(f"{self._name} did not start; it said: {words[-2000:]}")
            time.sleep(0.001)

    def _pids(self) -> list[int]:
        pids = [self._process.pid]
        for pid in pids:  # grows while it is walked
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                pids += map(int, children.read_text().split())
        return pids


def _answers_well(port: int, request: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_GRACE_SECONDS) as connection:
            connection.sendall(request)
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _cpu_seconds(pid: int) -> float:
    # /proc/<pid>/stat counts in ticks of 10 ms; the clock behind it, in nanoseconds.
    try:
        return time.clock_gettime(~pid << 3 | _CPU_CLOCK_OF_A_PROCESS)
    except OSError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kilobytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
