"""What is done to a database as a whole: notes about it, its newest moment, emptying it."""

from zen_sandbox.store.accounts import hash_of
from zen_sandbox.store.database import Database


def noted(database: Database, name: str) -> str | None:
    """What was noted under a name; None as well when the database has no tables yet."""
    if not _tables(database, "name = 'meta'"):
        return None
    row = database.execute("SELECT value FROM meta WHERE key = ?", (f"note/{name}",)).fetchone()
    return bytes(row[0]).decode() if row else None


def note(database: Database, name: str, text: str) -> None:
    """Notes a text under a name, instead of the one that was there."""
    database.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (f"note/{name}", text.encode())
    )


def newest_account(database: Database) -> str | None:
    """The moment at which the latest tenant or key was made, or a key revoked."""
    row = database.execute(
        "SELECT MAX(moment) FROM (SELECT MAX(created_at) AS moment FROM tenants UNION ALL"
        " SELECT MAX(MAX(created_at), MAX(COALESCE(revoked_at, ''))) FROM api_keys)"
    ).fetchone()
    return row[0] if row else None


def empty(database: Database) -> None:
    """Deletes every row but secrets and notes, inside the caller's write transaction.

    Numbering starts over too, so that what is put in next is as in a new database.
    """
    database.execute("PRAGMA defer_foreign_keys = ON")
    for table in _tables(database, "name <> 'meta' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"):
        database.execute(f'DELETE FROM "{table}"')
    database.execute("DELETE FROM sqlite_sequence")


def replace_token(database: Database, key_id: str, token: str) -> None:
    """Gives an API key another token; the one it had is nobody's from then on.

    sqlite3.IntegrityError when the token is another key's.
    """
    database.execute("UPDATE api_keys SET token_hash = ? WHERE id = ?", (hash_of(token), key_id))


def _tables(database: Database, condition: str) -> list[str]:
    sql = f"SELECT name FROM sqlite_master WHERE type = 'table' AND {condition}"
    return [name for (name,) in database.execute(sql).fetchall()]
