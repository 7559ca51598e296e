"""The demo tenant and its API key, which is the same after a restart.

The key is chosen (`ZEN_SANDBOX_DEMO_KEY`), or read from the file beside the database, or follows
from the seed, or is made and written to that file. If the database has another, that one ends.
"""

import base64
import sqlite3

from zen_sandbox import demo
from zen_sandbox.demo import DemoTenant
from zen_sandbox.files import keep_demo_key, kept_demo_key
from zen_sandbox.opening import derived, seed_of, store_over
from zen_sandbox.store import DatabaseProblem, Store, upkeep
from zen_sandbox.store.accounts import API_KEY_PREFIX, new_token

_NOTE = "demo"  # "no" once somebody asked for a database without the demo


def is_there(store: Store) -> bool:
    """Whether the database holds the demo tenant."""
    return store.accounts.tenant(demo.TENANT_ID) is not None


def is_live(store: Store) -> bool:
    """Whether the demo key of this database would be taken."""
    tenant = store.accounts.tenant(demo.TENANT_ID)
    if tenant is None or tenant.revoked_at is not None:
        return False
    keys = {key.id: key for key in store.accounts.api_keys(demo.TENANT_ID)}
    return demo.KEY_ID in keys and keys[demo.KEY_ID].revoked_at is None


def ensure(store: Store, wanted: bool | None, *, chosen: str | None = None) -> DemoTenant | None:
    """The way in as the demo tenant; None when there is no demo tenant or its key was revoked.

    The demo data is put in when `wanted`, or when None and nobody has used the database yet.
    """
    if not (is_live(store) if is_there(store) else _is_wanted(store, wanted)):
        return None
    token = _valid(store, chosen)
    if token is None:
        with store.database.writing():
            # Another process may have been faster, and two keys cannot both be the demo key.
            token = _valid(store, chosen) or _renewed(store, chosen)
    return DemoTenant(demo.TENANT_ID, token)


def decline(store: Store) -> None:
    """Notes that the demo is not wanted, so that a later start does not put it in unasked."""
    if upkeep.noted(store.database, _NOTE) != "no":
        with store.database.writing():
            upkeep.note(store.database, _NOTE, "no")


def start_over(store: Store, with_demo: bool, *, chosen: str | None = None) -> DemoTenant | None:
    """Empties the database and puts the demo data in, or notes it unwanted, in one transaction.

    The store is of no use afterwards: its clock and ids are not those of a database begun anew.
    """
    with store.database.writing():
        upkeep.empty(store.database)
        upkeep.note(store.database, _NOTE, "yes" if with_demo else "no")
        if not with_demo:
            return None
        token = _renewed(store_over(store.database), chosen)
    return DemoTenant(demo.TENANT_ID, token)


def _is_wanted(store: Store, wanted: bool | None) -> bool:
    if wanted is None:
        return upkeep.noted(store.database, _NOTE) != "no" and not store.accounts.tenants()
    return wanted


def _valid(store: Store, chosen: str | None) -> str | None:
    """The demo key that is chosen or in the file, if it is the database's."""
    token = chosen or kept_demo_key(store.database.path)
    key = store.accounts.api_key(token) if token else None
    return token if key and key.id == demo.KEY_ID else None


def _renewed(store: Store, chosen: str | None) -> str:
    """Gives the demo tenant, which is made when missing, its key; in the caller's transaction.

    The file is written before the commit, so that no other process finds the key without it.
    """
    path = store.database.path
    is_new = not is_there(store)
    # A file that an earlier database of this name left behind must not spoil a seeded run.
    kept = [kept_demo_key(path), _from_seed(store)]
    token = chosen or next(filter(None, reversed(kept) if is_new else kept), None) or new_token()
    try:
        if is_new:
            demo.fill(store, token=token)
        else:
            upkeep.replace_token(store.database, demo.KEY_ID, token)
    except sqlite3.IntegrityError as error:
        if "token_hash" not in str(error):
            raise
        raise DatabaseProblem(
            f"The demo key is another key of {path} already; choose a new one."
        ) from error
    if chosen is None:
        keep_demo_key(path, token)
    return token


def _from_seed(store: Store) -> str | None:
    """The demo key of a seeded database, the same wherever that seed is used."""
    seed = seed_of(store.database)
    if seed is None:
        return None
    text = base64.urlsafe_b64encode(derived(seed, "demo-key")).rstrip(b"=").decode()
    return API_KEY_PREFIX + text
