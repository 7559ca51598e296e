"""Ready-made events of the five kinds of endpoints: one JSON file for each, beside this module.

A file says the headers that its provider sends with every event, and for each event its payload and
headers of its own. Every time one is made, `$id`, `$uuid`, `$number`, `$now` (seconds) and `$time`
stand for something new; a string that is nothing but `$number` or `$now` becomes an integer. The
signatures are zeros: nobody's secret made them.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")
_FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(r"\$([a-z]+)")


class Sample(NamedTuple):
    """An event as its provider would post it."""

    headers: Mapping[str, str]
    body: bytes


def types() -> list[str]:
    """The names of all ready-made events: the provider, a dot, and the provider's own name."""
    return [f"{provider}.{name}" for provider in PROVIDERS for name in _file(provider)["events"]]


def nearest(name: str) -> str | None:
    """The event whose name is most like that, if one is."""
    found = get_close_matches(name, types(), n=1, cutoff=0.6)
    return found[0] if found else None


def sample(name: str) -> Sample:
    """One event of that name, unlike any before; KeyError when there is no such name."""
    provider, _, event = name.partition(".")
    file = _file(provider) if provider in PROVIDERS else {"events": {}}
    made = file["events"][event]
    values = _values(event)
    headers = _filled({**file["headers"], **made.get("headers", {})}, values)
    payload = _filled(made["payload"], values)
    if headers["Content-Type"] == _FORM:
        return Sample(headers, urlencode(payload).encode())
    return Sample(headers, json.dumps(payload, ensure_ascii=False).encode())


@cache
def _file(provider: str) -> dict[str, Any]:
    text = (Path(__file__).parent / f"{provider}.json").read_text("utf-8")
    file: dict[str, Any] = json.loads(text)
    return file


def _values(event: str) -> dict[str, str | int]:
    return {
        "event": event,
        "id": secrets.token_hex(12),
        "uuid": str(uuid4()),
        "number": secrets.randbelow(9 * 10**9) + 10**9,
        "now": int(time.time()),
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _filled(template: Any, values: Mapping[str, str | int]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    if not isinstance(template, str):
        return template
    whole = _TOKEN.fullmatch(template)
    if whole:
        return values[whole[1]]
    return _TOKEN.sub(lambda found: str(values[found[1]]), template)
