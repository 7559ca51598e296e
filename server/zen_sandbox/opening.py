"""How a database file becomes an open store: every failure one sentence, a seed kept with the data.

A database that was once served with `--seed` keeps its stepping clock and its seed for good: its
moments lie where that clock put them, and the machine's clock may not get there for months.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from zen_sandbox.clock import SteppingClock, WallClock, milliseconds
from zen_sandbox.identifiers import Identifiers, seeded_entropy, system_entropy
from zen_sandbox.store import Database, DatabaseProblem, Locked, Store, upkeep
from zen_sandbox.store.database import is_locked

_SECRETS = ("cursors", "jwt")
_BUSY = "{path} is being written to by another process; try again in a moment."


@contextmanager
def opened(path: Path, *, durability: str = "process", seed: int | None = None) -> Iterator[Store]:
    """The store of a file, made when missing and closed at the end.

    DatabaseProblem, with a sentence for people, for whatever the database refuses meanwhile.
    """
    with _telling_why(path):
        try:
            database = Database(path, durability=durability)
        except OSError as error:
            raise DatabaseProblem(
                f"{path} cannot be opened ({error.strerror}); give another file with --db."
            ) from error
        try:
            yield store_over(database, seed)
        finally:
            database.close()


@contextmanager
def _telling_why(path: Path) -> Iterator[None]:
    """Turns what a database raises into a DatabaseProblem."""
    try:
        yield
    except Locked as error:
        raise DatabaseProblem(_BUSY.format(path=path)) from error
    except sqlite3.OperationalError as error:
        if is_locked(error):
            raise DatabaseProblem(_BUSY.format(path=path)) from error
        raise DatabaseProblem(_unusable(path, error)) from error
    except sqlite3.DatabaseError as error:
        raise DatabaseProblem(_unusable(path, error)) from error


def store_over(database: Database, seed: int | None = None) -> Store:
    """The store, on the clock that its data was made with; `seed` overrules the one it has."""
    if seed is None:
        seed = seed_of(database)
    clock = WallClock() if seed is None else SteppingClock()
    entropy = system_entropy if seed is None else seeded_entropy(seed, "ids")
    background = system_entropy if seed is None else seeded_entropy(seed, "deliveries")
    store = Store(
        database,
        clock=clock,
        ids=Identifiers(clock, entropy),
        background_ids=Identifiers(clock, background),
    )
    newest = upkeep.newest_account(database)
    if newest:
        clock.not_before(milliseconds(newest))
    return store


def seed_of(database: Database) -> int | None:
    """The seed that the database keeps, if it was ever given one."""
    kept = upkeep.noted(database, "seed")
    return None if kept is None else int(kept)


def keep_seed(store: Store, seed: int) -> None:
    """Keeps the seed with the data; secrets that the database lacks follow from it."""
    if seed_of(store.database) != seed:
        with store.database.writing():
            upkeep.note(store.database, "seed", str(seed))
    for name in _SECRETS:
        store.secret(name, chosen=derived(seed, name))


def derived(seed: int, purpose: str) -> bytes:
    """32 bytes that follow from a seed: known to everybody who knows it."""
    return sha256(f"{seed}/{purpose}".encode()).digest()


def _unusable(path: Path, error: sqlite3.DatabaseError) -> str:
    return f"{path} cannot be used as a database ({error}); give another with --db."
