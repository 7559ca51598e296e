"""What a request asks for in its query: known parameters once and well formed, others unseen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tests.conformance.second import cursor, moments
from tests.conformance.second.answer import invalid
from tests.conformance.second.collection import Key
from tests.conformance.second.world import IDENTITY

STATUSES = ("delivered", "failed", "retrying", "pending")
LEVELS = ("debug", "info", "warn", "error")
_NUMBER = re.compile(r"-?[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """One page of one list."""

    filters: dict[str, str]
    limit: int
    after: Key | None
    scope: str

    def cursor(self, last: Key | None) -> dict[str, object]:
        """The member that leads to the next page, when there is one."""
        return {} if last is None else {"next_cursor": cursor.written(last, self.scope)}


def asked(query: str, tenant: str, path: str, filters: Sequence[str] = ()) -> Asked:
    """Read the query of a list."""
    told = _once(query, {*filters, "limit", "cursor"})
    limit = told.pop("limit", "20")
    if not _NUMBER.fullmatch(limit) or not 1 <= int(limit) <= 100:
        raise invalid("limit", "must be an integer from 1 to 100")
    given = told.pop("cursor", None)
    for name, value in told.items():
        _filter(name, value)
    scope = repr((tenant, path, sorted(told.items())))
    return Asked(told, int(limit), None if given is None else cursor.read(given, scope), scope)


def _once(query: str, names: set[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in names:
            continue
        if name in told:
            raise invalid(name, "must be given once")
        if not value:
            raise invalid(name, "must not be empty")
        told[name] = value
    return told


def _filter(name: str, value: str) -> None:
    if name == "status":
        if value not in STATUSES:
            raise invalid("status", f"'{value}' is not a valid status value")
    elif name == "level":
        if value not in LEVELS:
            raise invalid("level", f"must be one of {', '.join(LEVELS)}")
    elif name in ("since", "until"):
        if moments.told(value) is None:
            raise invalid(name, "must be an RFC 3339 timestamp")
    elif not IDENTITY.fullmatch(value):
        raise invalid(name, "must be an id")
