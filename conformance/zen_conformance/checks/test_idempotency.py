"""A write sent again with its Idempotency-Key: the answer again, no second effect; the key."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, trace
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.pages import LONG_PAGE
from zen_conformance.replays import (
    a_key,
    must_be_first,
    must_be_marked,
    must_replay,
    must_take_effect,
    plain_replay,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.writes import CREATES, DELETES, KINDS, WITH_BODY, Write, Writes

each_write = pytest.mark.parametrize("write", KINDS, indirect=True)
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


@requirement("IDEM-001")
@each_write
def test_a_write_sent_again_gets_the_first_answer(write: Write) -> None:
    key = a_key()
    first = write.send(key)
    first.precondition(200, 201, 202, 204)
    must_replay(write.send(key), first)
    must_replay(write.send(key), first)


@requirement("IDEM-001")
@pytest.mark.parametrize("write", ["createDestination"], indirect=True)
def test_a_key_is_known_though_many_others_came_since(write: Write, suite: Suite) -> None:
    key = a_key()
    first = write.send(key)
    first.must(first.status < 300, f"{first.asked} answered {first.summary()}")
    for _ in range(suite.configuration.scaled(128, 512, 2048)):
        # Its 404 is remembered, and nothing is left to be deleted.
        write.api.call("deleteDestination", destination_id="zc_missing", key=a_key())
    must_replay(write.send(key), first)


@requirement("IDEM-002")
@each_write
def test_only_a_replayed_answer_says_so(write: Write) -> None:
    key = a_key()
    first = write.send(key)
    must_be_first(first)
    must_be_marked(write.send(key).precondition(first.status))
    must_be_marked(write.send(key).precondition(first.status))


@requirement("IDEM-002")
@each_write
def test_an_answer_to_a_write_without_a_key_is_no_replay(write: Write) -> None:
    must_be_first(write.send(None))


@requirement("IDEM-003")
@each_write
def test_a_write_sent_again_has_no_second_effect(write: Write) -> None:
    key = a_key()
    first = write.send(key)
    before = write.effects()
    write.send(key)
    first.must(write.effects() == before, f"{first.asked} with the same key took effect again")
    write.move_on(first)
    before = write.effects()
    write.send(key)
    after = write.effects()
    first.must(
        after == before,
        f"{first.asked} sent again later with the same key took effect again",
        expected=_text(before),
        got=_text(after),
    )


def _spaced(body: Any) -> bytes:
    return json.dumps(body, indent=3, separators=(" ,  ", " :\r\n\t")).encode()


def _reversed(body: Any) -> bytes:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return value

    return json.dumps(turned(body)).encode()


def _unescaped(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _escaped(body: Any) -> bytes:
    text = json.dumps(body).replace("/", "\\/")
    return text.replace("zc ", "\\u007ac\\u0020").encode()


@requirement("IDEM-004")
@pytest.mark.parametrize("written", [_spaced, _reversed, _unescaped, _escaped])
@pytest.mark.parametrize("write", WITH_BODY, indirect=True)
def test_a_body_equal_by_value_is_the_same(write: Write, written: Callable[[Any], bytes]) -> None:
    key = a_key()
    body = {} if write.body is ... else write.body
    first = write.send(key)
    again = write.send(key, body=written(body))
    must_be_marked(again, lambda: write.send(key))
    must_replay(again, first, lambda: (write.send(key), first))


@requirement("IDEM-004")
@each_write
def test_another_query_string_is_the_same(write: Write) -> None:
    key = a_key()
    first = write.send(key)
    for query in ({"zc_unknown": "1"}, {"zc_unknown": "2"}):
        again = write.send(key, query=query)
        must_be_marked(again, lambda: write.send(key))
        must_replay(again, first, lambda: (write.send(key), first))


@requirement("IDEM-009")
@pytest.mark.parametrize(
    "operation_id", [one.operation_id for one in contract.operations() if one.method == "GET"]
)
def test_a_key_on_a_get_is_ignored(operation_id: str, writes: Writes) -> None:
    ids = _to_read(operation_id, writes)
    key = a_key()
    writes.api.call(operation_id, ids=ids).precondition(200)
    for _ in range(2):
        must_be_first(writes.api.call(operation_id, ids=ids, key=key).expect(200))
    must_take_effect(writes.fresh("createDestination"), key, why="its key was only on a GET")
    answer = writes.api.call(operation_id, ids=ids, key=key)
    must_be_first(answer.expect(200, why="a key on a GET is ignored, also one that a write had"))
    for bad in ("k" * 256, "zc key"):
        answer = writes.api.call(operation_id, ids=ids, key=bad)
        answer.expect(200, why="a key on a GET is ignored, also one that no write could have")


def _to_read(operation_id: str, writes: Writes) -> dict[str, str]:
    """Ids of something that is there."""
    if operation_id == "listLogs" and not writes.suite.target.offers("logs"):
        raise NotOffered
    if operation_id == "getDelivery":
        return {"delivery_id": str(trace(writes.api, writes.failing.event())[0]["id"])}
    if operation_id == "getDeliveryFlow":
        return dict(writes.fresh("replaceDeliveryFlow").ids)
    if operation_id == "getIngester":
        return dict(writes.fresh("replaceIngester").ids)
    return {"destination_id": writes.destination_id}


_READINGS = {
    "createDestination": ("listDestinations", "destinations"),
    "createDeliveryFlow": ("listDeliveryFlows", "delivery_flows"),
    "createIngester": ("listIngesters", "ingesters"),
    "createClusterDeliveryFlow": ("listClusterDeliveryFlows", "items"),
}


@requirement("IDEM-009")
@pytest.mark.parametrize("write", CREATES, indirect=True)
def test_a_list_asked_again_with_its_key_shows_what_was_made(write: Write) -> None:
    listing, member = _READINGS[write.operation_id]
    key = a_key()
    query = {"limit": LONG_PAGE}
    write.api.call(listing, query=query, ids=write.ids, key=key).precondition(200)
    made = write.send(None).precondition(201)["id"]
    answer = write.api.call(listing, query=query, ids=write.ids, key=key).precondition(200)
    if made not in _ids(answer, member):
        plain = write.api.call(listing, query=query, ids=write.ids).precondition(200)
        if made not in _ids(plain, member):
            raise NotRun("the list does not show what was made among the first, key or not")
    listed = _ids(answer, member)
    answer.must(made in listed, "a list asked again with its key does not show what was made since")


def _ids(answer: Answer, member: str) -> list[Any]:
    return [row.get("id") for row in answer.rows(member)]


@requirement("IDEM-009")
@pytest.mark.parametrize(
    "write", ["updateDestination", "replaceDeliveryFlow", "replaceIngester"], indirect=True
)
def test_a_resource_read_again_with_its_key_shows_its_change(write: Write) -> None:
    reading = write.operation_id.replace("update", "get").replace("replace", "get")
    key = a_key()
    write.api.call(reading, ids=write.ids, key=key).precondition(200)
    write.send(None).precondition(200)
    plain = write.api.call(reading, ids=write.ids).precondition(200)
    again = write.api.call(reading, ids=write.ids, key=key).precondition(200)
    again.expect_members(name=plain["name"])


@requirement("IDEM-010")
@pytest.mark.parametrize("length", [1, 129, 255])
@each_write
def test_a_key_within_its_bounds_is_taken(
    write: Write, writes: Writes, length: int, chance: random.Random
) -> None:
    key = (a_key() + _VISIBLE * 3)[:length] if length > 1 else chance.choice(_VISIBLE)
    first = write.send(key)
    if length == 1 and first.status == 409:
        # There are only 94 such keys, and somebody may have had this one today.
        first.expect_problem(409, "idempotency-conflict")
        return
    first.must(first.status < 300, f"a key of {length} characters was answered {first.summary()}")
    must_be_marked(write.send(key), lambda: plain_replay(writes.fresh(write.operation_id)))


_BAD_KEYS = {
    "empty": "",
    "256 characters": "k" * 256,
    "an inner space": "zc key",
    "an inner tab": "zc\tkey",
    "Latin-1": "zc-schl\u00fcssel",
    "UTF-8": "zc-schl\u00fcssel".encode().decode("latin-1"),
    "a control character": "zc\x7fkey",
}


@requirement("IDEM-010")
@each_write
def test_a_key_outside_its_bounds_is_refused(write: Write) -> None:
    for bad, key in _BAD_KEYS.items():
        write.send(key).expect_problem(400, why=f"its Idempotency-Key is bad: {bad}")


@requirement("IDEM-018")
@each_write
def test_a_key_in_other_letter_case_is_another_key(write: Write, writes: Writes) -> None:
    key = a_key()
    write.send(key).precondition(200, 201, 202, 204)
    other = writes.fresh(write.operation_id)
    must_take_effect(other, key.upper(), why="its key differs from a known one in letter case")


@requirement("IDEM-018")
@each_write
def test_keys_that_differ_in_their_last_character_differ(write: Write, writes: Writes) -> None:
    key = (a_key() + "k" * 255)[:254]
    write.send(f"{key}1").precondition(200, 201, 202, 204)
    other = writes.fresh(write.operation_id)
    must_take_effect(other, f"{key}2", why="its key differs from a known one at its end")


@requirement("IDEM-019")
@pytest.mark.parametrize("write", [*CREATES, *DELETES], indirect=True)
def test_a_write_sent_twice_without_a_key_is_done_twice(write: Write) -> None:
    first = write.send(None)
    first.precondition(200, 201, 202, 204)
    again = write.send(None)
    must_be_first(again)
    if write.operation_id in CREATES and again.status < 300:
        again.must(again["id"] != first["id"], "an equal create without a key made nothing anew")
    again.precondition(409 if write.operation_id in CREATES else 404)


@requirement("IDEM-019")
def test_a_retry_sent_twice_without_a_key_is_done_twice(api: Tenant, failing: FailingFlow) -> None:
    event_id = failing.event()
    for attempts in (2, 3):
        must_be_first(api.call("retryEvent", event_id=event_id).precondition(202))
        failing.failed(event_id, attempts=attempts)


def _text(effects: Any) -> str:
    return json.dumps(effects, ensure_ascii=False)[:500]


@requirement("IDEM-002")
@pytest.mark.parametrize("write", CREATES, indirect=True)
def test_a_replayed_conflict_says_so(write: Write) -> None:
    write.send(None)
    _must_say_so_again(write, 409)


@requirement("IDEM-002")
@pytest.mark.parametrize("write", DELETES, indirect=True)
def test_a_replayed_404_says_so(write: Write) -> None:
    write.send(None)
    _must_say_so_again(write, 404)


def _must_say_so_again(write: Write, status: int) -> None:
    key = a_key()
    first, again = (write.send(key).precondition(status) for _ in range(2))
    must_be_first(first)
    if first.get("instance") != again.get("instance"):
        raise NotRun(f"a {status} is no replay of the one before")
    must_be_marked(again)
