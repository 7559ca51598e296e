"""Which files the sandbox keeps and where: the database, and beside it keys and who serves it."""

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DATABASE_NAME = "sandbox.db"
DEMO_KEY = re.compile(r"zpk_[A-Za-z0-9_-]{16,128}", re.ASCII)


def default_database() -> Path:
    """The database when none is named, in the user's data folder."""
    from platformdirs import user_data_path  # only a command that uses it pays for it

    return user_data_path("zen-back", appauthor=False) / DATABASE_NAME


def demo_key_file(database: Path) -> Path:
    """Where the demo key of a database is kept."""
    return database.with_name(database.name + ".demo-key")


def admin_token_file(database: Path) -> Path:
    """Where the admin token of a served database is kept, for the command line to find."""
    return database.with_name(database.name + ".admin-token")


def kept_admin_token(database: Path) -> str | None:
    """The admin token in that file; None when there is none."""
    try:
        return admin_token_file(database).read_text("utf-8").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def keep_admin_token(database: Path, token: str) -> None:
    """Keeps the admin token, for its owner's eyes only."""
    write_privately(admin_token_file(database), token + "\n")


class Running(NamedTuple):
    """A server of a database: how this machine reaches it, and its process."""

    own_url: str
    pid: int


def running_file(database: Path) -> Path:
    """Where a server of a database says that it is running."""
    return database.with_name(database.name + ".running")


@contextlib.contextmanager
def noted_as_running(database: Path, own_url: str) -> Iterator[None]:
    """Says for others on this machine, meanwhile, where the database is being served."""
    note = Running(own_url, os.getpid())
    write_privately(running_file(database), json.dumps(note._asdict()) + "\n")
    try:
        yield
    finally:
        if running(database) == note:  # and not a second server's of the same database
            running_file(database).unlink(missing_ok=True)


def running(database: Path) -> Running | None:
    """What that file says; None when there is none, or its process is no more."""
    try:
        note = Running(**json.loads(running_file(database).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return note if _is_alive(note.pid) else None


def _is_alive(pid: int) -> bool:
    """Whether there is such a process; where that cannot be asked harmlessly, it is believed."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True


def engine_lock_file(database: Path) -> Path:
    """What the one server of a database whose engine runs holds a lock on."""
    return database.with_name(database.name + ".engine")


def kept_demo_key(database: Path) -> str | None:
    """The demo key in that file; None when there is none that could be one."""
    try:
        text = demo_key_file(database).read_text("utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return text if DEMO_KEY.fullmatch(text) else None


def keep_demo_key(database: Path, key: str) -> None:
    """Keeps the demo key, for its owner's eyes only."""
    write_privately(demo_key_file(database), key + "\n")


def write_privately(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, all at once: it is the old one or the new one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
