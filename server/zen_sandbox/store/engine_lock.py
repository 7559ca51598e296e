"""One engine per database: the process that holds this lock makes the attempts.

It is SQLite's lock on an empty file beside the database, on every system one that ends with the
process that holds it, however that ends.
"""

import sqlite3
from pathlib import Path

from zen_sandbox.store.database import is_locked


class EngineLock:
    """The lock of one database; taken and given back in one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def take(self) -> bool:
        """Takes it, or says at once that another server has it."""
        if not self._path.exists():  # closing the file would give this process's locks on it back
            self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=0)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if is_locked(error):
                return False
            raise
        self._connection = connection
        return True

    def give_back(self) -> None:
        """Lets another server have it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
