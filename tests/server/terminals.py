"""A terminal with bash in it, as a person has one: what is typed, what it shows, Ctrl-C."""

import codecs
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

DEADLINE = 30.0
_INSTALLING = 240.0  # packages may have to come from their registries
_BASH = ["bash", "--noprofile", "--norc", "--noediting", "-i"]
# In a process of its own: only the first one of a session can have the terminal.
_IN_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
_INTERRUPT = b"\x03"
_END = re.compile("\036([0-9]+) ([0-9]+)\036")
_STYLE = re.compile("\033\\[[0-9;]*m|\033]8;[^\033]*\033\\\\")  # colours, and curl's hyperlinks


class Terminal:
    """One bash that is interactive, without echo and prompts. Use it in a `with`.

    `shown` is what has been printed and not yet been taken off by `shows`.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._typed = 0
        self._ended = {0: 0}  # exit codes by how many times something was typed
        self._screen, inside = pty.openpty()
        modes = termios.tcgetattr(inside)
        modes[1] &= ~termios.ONLCR
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(inside, termios.TCSANOW, modes)
        self._bash = subprocess.Popen(
            [sys.executable, "-c", _IN_TERMINAL, *_BASH],
            cwd=folder,
            env={**env, "PS1": "", "PS2": "", "TERM": "dumb", "VIRTUAL_ENV_DISABLE_PROMPT": "1"},
            stdin=inside,
            stdout=inside,
            stderr=inside,
        )
        os.close(inside)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *error: object) -> None:
        if self._bash.poll() is None:
            os.killpg(os.tcgetpgrp(self._screen), signal.SIGKILL)
            self._bash.kill()
        self._bash.wait(DEADLINE)
        os.close(self._screen)

    def type(self, text: str) -> None:
        """Pastes lines, with one more by which their end is told."""
        self._typed += 1
        end = f"printf '\\036%s %s\\036' {self._typed} $?"
        os.write(self._screen, f"{text}\n{end}\n".encode())

    def finish(self) -> int:
        """Waits until bash has run all that was typed; the exit code of the last command."""
        self._until(self._has_ended, _INSTALLING)
        return self._ended[self._typed]

    def shows(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Waits until what is shown begins with the pattern, and takes that off."""
        self._until(lambda: pattern.match(self.shown) or self._has_ended(), DEADLINE)
        found = pattern.match(self.shown)
        assert found, f"{pattern.pattern}\nis not how this begins:\n{self.shown}"
        self.shown = self.shown[found.end() :]
        return found

    def interrupt(self) -> None:
        """Ctrl-C; returns when what was running has ended."""
        os.write(self._screen, _INTERRUPT)
        self.type(":")
        self.finish()

    def _has_ended(self) -> bool:
        return self._typed in self._ended

    def _until(self, condition: Callable[[], object], seconds: float) -> None:
        """Returns when the condition is true; it is asked after each piece that is shown."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = max(deadline - time.monotonic(), 0)
            ready, _, _ = select.select([self._screen], [], [], left)
            assert ready, f"this is all that was shown in {seconds} seconds:\n{self.shown}"
            self._take(os.read(self._screen, 65536))

    def _take(self, piece: bytes) -> None:
        self.shown = _STYLE.sub("", self.shown + self._decoder.decode(piece))
        self._ended |= {int(number): int(code) for number, code in _END.findall(self.shown)}
        self.shown = _END.sub("", self.shown)
