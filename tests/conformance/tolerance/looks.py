"""Odd servers whose answers look otherwise: ids, times, headers, spelling."""

import hashlib
import itertools
import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.pieces import LISTS
from tests.conformance.tolerance.odd import odd
from zen_sandbox import clock, identifiers, wire
from zen_sandbox.cursor import Cursors
from zen_sandbox.problems import (
    ValidationFailed,
)


def _documents(server: Faulty, change: Any) -> None:
    """Every JSON answer is another document: `change(document)` makes it."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.body and "json" in (answer.header("content-type") or ""):
            answer.document = change(answer.document)


@odd("The sandbox as it is.")
def as_it_is(server: Faulty) -> None:
    """Nothing is odd: what fails here is not about oddness."""


@odd("Every object in every answer has members that the contract does not name.")
def more_members(server: Faulty) -> None:
    def grown(value: Any) -> Any:
        if isinstance(value, list):
            return [grown(one) for one in value]
        if isinstance(value, dict):
            more = {"x_tenant_region": "eu-1", "x_links": {"self": None}, "x_tags": []}
            return {**{name: grown(one) for name, one in value.items()}, **more}
        return value

    _documents(server, grown)


@odd("Every answer has headers that proxies and frameworks add.")
def more_headers(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.headers += [
            ("server", "nginx/1.27"),
            ("via", "1.1 edge"),
            ("cache-control", "no-store"),
            ("etag", f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'),
            ("vary", "Authorization"),
            ("vary", "Accept-Encoding"),
            ("x-ratelimit-remaining", "99"),
            ("strict-transport-security", "max-age=63072000"),
        ]


@odd("Ids are 64 characters long and say nothing of their kind or time.")
def long_ids(server: Faulty) -> None:
    _ids(server, lambda: f"{uuid.uuid4().hex}{uuid.uuid4().hex}")


@odd("Ids are UUIDs with their hyphens.")
def uuids(server: Faulty) -> None:
    _ids(server, lambda: str(uuid.uuid4()))


@odd("Ids are numbers that descend.")
def numbers_for_ids(server: Faulty) -> None:
    numbers = itertools.count(10**9, -1)
    _ids(server, lambda: str(next(numbers)))


def _ids(server: Faulty, make: Any) -> None:
    @server.around(identifiers.Identifiers, "new")
    def new(original: Any, self: Any, prefix: str, ms: int | None = None) -> str:
        made: str = make() if prefix not in ("key",) else original(self, prefix, ms)
        return made


@odd("Request ids are UUIDs, and 128 characters long on the log.")
def other_request_ids(server: Faulty) -> None:
    @server.around(identifiers.RequestIds, "new")
    def new(original: Any, self: Any) -> str:
        return f"{uuid.uuid4()}.{'a' * 91}"


@odd("Location is an absolute URL.")
def absolute_locations(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        location = answer.header("location")
        if location is not None:
            answer.set_header("location", f"http://{asked.header('host')}{location}")


@odd("JSON is indented, its members are in reverse order, and all but ASCII is escaped.")
def other_spelling(server: Faulty) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, list):
            return [turned(one) for one in value]
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return value

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.body and "json" in (answer.header("content-type") or ""):
            answer.body = (json.dumps(turned(answer.document), indent=3) + "\n").encode()


@odd("Content types have a charset.")
def charsets(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        named = answer.header("content-type")
        if named is not None:
            answer.set_header("content-type", f"{named.title()};charset=UTF-8")


@odd("Timestamps always have six digits of a second.")
def fractions(server: Faulty) -> None:
    _timestamps(server, lambda moment: f"{moment}{_MICROSECONDS}Z")

    @server.requests("listLogs")
    def rewrite(asked: Asked) -> None:
        given = parse_qsl(asked.query, keep_blank_values=True)
        asked.query = urlencode(
            [(name, _kept(value) if name in ("since", "until") else value) for name, value in given]
        )


_MICROSECONDS = 417


def _kept(bound: str) -> str:
    """A bound of what is shown as one of what is kept, which is shorter by those microseconds."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.](\d{1,9}))?Z", bound)
    if found is None:
        return bound
    shorter = int(f"{found[2] or '':0<9}") - _MICROSECONDS * 1000
    more = timedelta(milliseconds=-(-shorter // 10**6))
    try:
        kept = datetime.fromisoformat(found[1]) + more
    except (ValueError, OverflowError):
        return bound
    return f"{kept.isoformat('T', 'milliseconds')}Z"


@odd("Timestamps are whole seconds, so that many are equal.")
def whole_seconds(server: Faulty) -> None:
    _timestamps(server, lambda moment: f"{moment[:19]}Z")
    server.replace(clock, "moment", lambda original: lambda ms: original(ms // 1000 * 1000))


def _timestamps(server: Faulty, show: Any) -> None:
    server.replace(wire, "timestamp", lambda original: show)


@odd("Every connection is closed after its answer.")
def connections_close(server: Faulty) -> None:
    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.set_header("connection", "close")


@odd("Cursors are 400 characters long.")
def long_cursors(server: Faulty) -> None:
    def filled(cursor: str) -> str:
        filling = hashlib.sha512(cursor.encode()).hexdigest() * 3
        return f"{cursor}.{filling}"[:400]

    @server.around(Cursors, "seal")
    def seal(original: Any, self: Any, seq: int, identity: str) -> str:
        return filled(original(self, seq, identity))

    @server.around(Cursors, "open")
    def opened(original: Any, self: Any, cursor: str, identity: str) -> Any:
        inner = cursor.partition(".")[0]
        if filled(inner) != cursor:
            raise ValidationFailed.of("cursor", "is not a cursor of this list")
        return original(self, inner, identity)


@odd("Ids are numbers from 1, so that one of each kind has the same.")
def numbers_per_kind(server: Faulty) -> None:
    counts: dict[str, Any] = {}

    @server.around(identifiers.Identifiers, "new")
    def new(original: Any, self: Any, prefix: str, ms: int | None = None) -> str:
        if prefix == "key":
            made: str = original(self, prefix, ms)
            return made
        return str(next(counts.setdefault(prefix, itertools.count(1))))


@odd("Cursors are signed tokens of three parts, and another one each time.")
def cursors_never_alike(server: Faulty) -> None:
    def signature(text: str) -> str:
        return hashlib.sha256(f"zc {text}".encode()).hexdigest()

    @server.around(Cursors, "seal")
    def seal(original: Any, self: Any, seq: int, identity: str) -> str:
        inner = original(self, seq, identity).rstrip("=")
        text = f"eyJhbGciOiJIUzI1NiJ9.{uuid.uuid4().hex}-{inner}"
        return f"{text}.{signature(text)}"

    @server.around(Cursors, "open")
    def opened(original: Any, self: Any, cursor: str, identity: str) -> Any:
        text, _, said = cursor.rpartition(".")
        inner = text.rpartition(".")[2][33:]
        if said != signature(text):
            raise ValidationFailed.of("cursor", "is not a cursor of this list")
        return original(self, inner, identity)


@odd("What is read alone has more members than in a list, one of them new each time.")
def more_members_alone(server: Faulty) -> None:
    numbers = itertools.count(1)

    @server.answers("getDestination", "getDeliveryFlow", "getIngester", "getDelivery")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 200:
            document = {**answer.document, "reads": next(numbers), "notes": []}
            if "config" in document:
                document["config"] = {**document["config"], "inherited": []}
            answer.document = document


@odd("Rows of lists have a rank, which is new each time.")
def ranked_rows(server: Faulty) -> None:
    numbers = itertools.count(1)

    @server.answers(*LISTS)
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 200:
            document = answer.document
            for row in document[LISTS[str(asked.operation_id)]]:
                row["rank"] = next(numbers)
            answer.document = document
