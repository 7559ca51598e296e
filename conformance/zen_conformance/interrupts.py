"""Ctrl-C between requests instead of within one: an answer cut off could have named a new resource.

The signal is held back until the answer under way is there and what it created is known; a second
one takes effect at once.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # build machines send the second


class Interrupts:
    """What SIGINT and SIGTERM do to a run: both end it as Ctrl-C does."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._busy = False
        self._pending = False

    def install(self) -> None:
        """From now on; where signals cannot be handled, nothing changes."""
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._on_signal) for one in _SIGNALS}

    def uninstall(self) -> None:
        """As it was before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Within the block the first signal waits for the block's end."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals interrupt the main thread only
            return
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        self.release()

    @property
    def is_pending(self) -> bool:
        """Whether a signal waits for the end of a block."""
        return self._pending

    def release(self) -> None:
        """What the end of a block does, also for a process that was forked within one."""
        self._busy = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._busy or self._pending:
            raise KeyboardInterrupt
        self._pending = True
