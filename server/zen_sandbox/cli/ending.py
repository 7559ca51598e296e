"""How `serve` ends on Ctrl-C, SIGTERM and a closed terminal: quietly, exit code 0, at any moment.

While the server runs its signals are `http/server.py`'s; this is for before and after.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """A signal leaves the block; what the block has opened is tidied up on the way."""
    before = {number: signal.getsignal(number) for number in _ENDING}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, _as_sigterm)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def not_interrupted() -> Iterator[None]:
    """A signal that comes within the block, which has to be short, takes effect at its end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def noted_from_now_on() -> threading.Event:
    """From here to the end of the block a signal interrupts nothing: it sets the event."""
    stop = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in _ENDING:
        signal.signal(number, note)
    return stop


def _as_sigterm(number: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)
