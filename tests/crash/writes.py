"""A stream of writes from one client, with a record of what was asked and what was acknowledged."""

import random
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.crash.client import Answer, Client

TENANT = "tnt_crash"
TAKEN_NAME = "taken"
_V1 = f"/v1/tenants/{TENANT}"
_PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")
_KEYED = 0.8
_ASKED_AGAIN = 0.15


class Effect(NamedTuple):
    """How the database shows that a write has happened: so many rows that match."""

    sql: str
    values: tuple[str, ...]
    rows: int = 1


@dataclass
class Thing:
    """What a client made or changed, and what it was last told about it."""

    kind: str  # destinations, ingesters, event or refusal
    path: str = ""
    shown: Any = None  # the last acknowledged representation; None before there is one
    deleted: bool = False
    doubtful: "Write | None" = None


@dataclass
class Write:
    """One write, under an id that is its X-Request-Id and, when `keyed`, its Idempotency-Key."""

    id: str
    thing: Thing
    method: str
    path: str
    effect: Effect | None  # None: it is refused, and has none
    body: Mapping[str, Any] | None = None
    keyed: bool = True
    answer: Answer | None = None

    def send(self, client: Client, *, again: str = "") -> Answer | None:
        """Asks; `again` tells a repetition from the first time in the log."""
        key = self.id if self.keyed else None
        return client.ask(
            self.method, self.path, self.body, key=key, request_id=f"{self.id}{again}"
        )

    def acknowledge(self, answer: Answer) -> None:
        """Notes the answer, and what it says about the thing."""
        self.answer = answer
        self.thing.doubtful = None
        if self.method == "DELETE":
            self.thing.deleted = True
        elif self.thing.kind in ("destinations", "ingesters"):
            self.thing.shown = answer.json
            self.thing.path = f"{_V1}/{self.thing.kind}/{answer.json['id']}"


@dataclass
class Writer:
    """One client that writes until the server is gone. Things of two writers never meet."""

    name: str
    random: random.Random
    events: Iterator[str]
    writes: list[Write] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    failure: BaseException | None = None

    def write_until_killed(self, base_url: str, token: str, stop: threading.Event) -> None:
        """For a thread of its own; what goes wrong is kept in `failure`."""
        client = Client(base_url, token)
        try:
            while not stop.is_set() and self._write_once(client):
                pass
        except BaseException as error:
            self.failure = error
        finally:
            client.close()

    def _write_once(self, client: Client) -> bool:
        write = self._next()
        self.writes.append(write)
        if write.thing not in self.things:
            self.things.append(write.thing)
        write.thing.doubtful = write
        answer = write.send(client)
        if answer is None:
            return False
        expected = (409,) if write.effect is None else (200, 201, 202, 204)
        assert answer.status in expected, f"{write}: {answer}"
        assert not answer.replayed, f"{write}: {answer}"
        write.acknowledge(answer)
        if write.keyed and self.random.random() < _ASKED_AGAIN:
            return self._ask_again(client, write, answer)
        return True

    @staticmethod
    def _ask_again(client: Client, write: Write, first: Answer) -> bool:
        second = write.send(client, again="-again")
        if second is None:
            return False
        assert second.replayed, f"{write}: {second}"
        assert second.first() == first, f"{write}: {second}"
        return True

    def _next(self) -> Write:
        alive = [
            thing
            for thing in self.things
            if thing.kind in ("destinations", "ingesters") and not thing.deleted
        ]
        draw = self.random.random()
        if draw < 0.10:
            return self._refused()
        if draw < 0.25:
            event = next(self.events, None)
            if event is not None:
                return self._retry(event)
        if draw < 0.40 and alive:
            return self._delete(self.random.choice(alive))
        if draw < 0.65 and alive:
            return self._change(self.random.choice(alive))
        return self._create()

    def _id(self) -> str:
        return f"{self.name}-{len(self.writes)}"

    def _is_keyed(self) -> bool:
        return self.random.random() < _KEYED

    def _create(self) -> Write:
        id_ = self._id()
        kind = self.random.choice(("destinations", "ingesters"))
        body = {"name": id_, **_fields(kind, id_, self.random)}
        effect = Effect(f"SELECT count(*) FROM {kind} WHERE name = ?", (id_,))
        path = f"{_V1}/{kind}"
        return Write(id_, Thing(kind), "POST", path, effect, body, keyed=self._is_keyed())

    def _change(self, thing: Thing) -> Write:
        id_ = self._id()
        if thing.kind == "destinations":
            method, body = "PATCH", _fields(thing.kind, id_, self.random)
            effect = Effect("SELECT count(*) FROM destinations WHERE url = ?", (body["url"],))
        else:
            method, body = "PUT", {"name": id_, **_fields(thing.kind, id_, self.random)}
            effect = Effect("SELECT count(*) FROM ingesters WHERE name = ?", (id_,))
        return Write(id_, thing, method, thing.path, effect, body, keyed=self._is_keyed())

    def _delete(self, thing: Thing) -> Write:
        effect = Effect(f"SELECT count(*) FROM {thing.kind} WHERE id = ?", (thing.shown["id"],), 0)
        return Write(self._id(), thing, "DELETE", thing.path, effect, keyed=self._is_keyed())

    def _retry(self, event: str) -> Write:
        effect = Effect(
            "SELECT count(*) FROM deliveries WHERE event_id = ? AND attempt_number = 2", (event,)
        )
        path = f"{_V1}/events/{event}/retry"
        return Write(self._id(), Thing("event"), "POST", path, effect, keyed=self._is_keyed())

    def _refused(self) -> Write:
        body = {"name": TAKEN_NAME, "url": "https://example.com/"}
        path = f"{_V1}/destinations"
        return Write(self._id(), Thing("refusal"), "POST", path, None, body)


def _fields(kind: str, id_: str, chance: random.Random) -> dict[str, str]:
    if kind == "destinations":
        return {"url": f"https://example.com/{id_}"}
    return {"type": chance.choice(_PROVIDERS)}
