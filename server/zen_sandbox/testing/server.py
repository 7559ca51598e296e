"""A sandbox in a process of its own, for as long as the process that started it.

Not a thread: what a test does to its own process (a stopped `time`, no sockets, warnings that are
errors) must not reach the server.
"""

import json
import subprocess
import sys

_STOPS_WITHIN = 5.0


class CannotStart(Exception):
    """The server did not start; the message says what to do."""


class Server:
    """Starts at once and does not wait for it; `place` does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: files of the tests' folder must not stand in for modules of the server.
            [sys.executable, "-P", "-W", "ignore", "-m", "zen_sandbox.testing.server_process"],
            stdin=subprocess.PIPE,  # its end is the sign to stop, also when this process is killed
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the tests; they end it afterwards
        )
        self._place: tuple[str, str] | None = None

    def place(self) -> tuple[str, str]:
        """Its base URL and admin token, once it serves; CannotStart."""
        if self._place is None:
            self._place = self._read_place()
        return self._place

    def stop(self) -> None:
        """Ends it; its data goes with it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_place(self) -> tuple[str, str]:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise CannotStart(
                "The sandbox did not start; what it wrote to standard error says why."
            )
        said = json.loads(line)
        if "error" in said:
            raise CannotStart(said["error"])
        return said["base_url"], said["admin_token"]
