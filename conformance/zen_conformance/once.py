"""What is made when it is first asked for and kept, also that it could not be made.

A precondition that does not come about is waited for once, not by every check that builds on it.
"""

import threading
from collections.abc import Callable
from typing import Any

from zen_conformance.failures import NotRun


class Once:
    """Values by name; `kept` holds them, and the NotRun of what could not be made."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self._lock = threading.RLock()

    def __call__(self, name: str, make: Callable[[], Any]) -> Any:
        """What was made under that name; its NotRun again when it could not be."""
        with self._lock:
            if name not in self.kept:
                try:
                    self.kept[name] = make()
                except NotRun as reason:
                    self.kept[name] = reason
            if isinstance(self.kept[name], NotRun):
                raise self.kept[name]
            return self.kept[name]
