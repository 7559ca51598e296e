"""Which files the sandbox keeps and where: the database, and the demo key beside it."""

import os
import re
import secrets
from pathlib import Path

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
