"""A key sent again with something different, by somebody else, or by many at once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotOffered
from zen_conformance.replays import (
    REPLAYED,
    a_key,
    must_be_marked,
    must_replay,
    must_take_effect,
    sent_twice,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until
from zen_conformance.writes import CHANGES, CREATES, KINDS, Write, Writes

each_write = pytest.mark.parametrize("write", KINDS, indirect=True)


def must_conflict(answer: Answer, why: str) -> None:
    """Fail unless it is the 409 of a key that was used for something else."""
    answer.expect_problem(409, "idempotency-conflict", why=why)


@requirement("IDEM-005")
@pytest.mark.parametrize("write", [*CREATES, *CHANGES, "retryBatch"], indirect=True)
def test_another_body_is_a_conflict(write: Write, writes: Writes) -> None:
    key = a_key()
    first = write.send(key)
    first.precondition(200, 201, 202, 204)
    for differs, body in write.others.items():
        answer = write.send(key, json=body)
        must_conflict(answer, f"the key is known with a body that differs in {differs}")
    must_replay(write.send(key), first, lambda: sent_twice(writes.fresh(write.operation_id)))


_MARKS = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~\\"


@requirement("PROB-011")
@pytest.mark.parametrize("write", ["updateDestination", "createDeliveryFlow"], indirect=True)
@pytest.mark.parametrize("length", [64, 65, 128, 255])
def test_a_conflict_shows_the_whole_key(write: Write, length: int) -> None:
    key = (a_key() + _MARKS * 8)[:length]
    write.send(key)
    answer = write.send(key, json=write.others["name"])
    answer.expect_problem(409, "idempotency-conflict").expect_members(idempotency_key=key)


@requirement("IDEM-005")
@pytest.mark.parametrize("write", [*CREATES, *CHANGES, "retryBatch"], indirect=True)
def test_a_conflict_changes_nothing(write: Write) -> None:
    key = a_key()
    write.send(key)
    before = write.effects()
    for body in write.others.values():
        answer = write.send(key, json=body)
        answer.must(write.effects() == before, "a request with a known key took effect")


@requirement("IDEM-006")
@each_write
def test_another_operation_is_a_conflict(
    write: Write, writes: Writes, victims: Mapping[str, Write]
) -> None:
    key = a_key()
    first = write.send(key)
    first.precondition(200, 201, 202, 204)
    for victim in victims.values():
        if victim.operation_id != write.operation_id:
            must_conflict(victim.send(key), f"its key is known from {write.operation_id}")
    must_replay(write.send(key), first, lambda: sent_twice(writes.fresh(write.operation_id)))


@pytest.fixture(scope="session")
def victims(writes: Writes) -> dict[str, Write]:
    """A write of every kind offered, none of which is ever to take effect."""
    found = {}
    for operation_id in KINDS:
        try:
            found[operation_id] = writes.fresh(operation_id)
        except NotOffered:
            continue
    return found


@requirement("IDEM-006")
@pytest.mark.parametrize(
    "write",
    [one for one in KINDS if not one.startswith("create") and one != "retryBatch"],
    indirect=True,
)
def test_another_id_in_the_path_is_a_conflict(write: Write, writes: Writes) -> None:
    key = a_key()
    first = write.send(key)
    elsewhere = writes.fresh(write.operation_id)
    untouched = elsewhere.effects()
    answer = elsewhere.send(key, json=write.body)
    must_conflict(answer, "its key is known with another id in the path")
    answer.must(elsewhere.effects() == untouched, "a request with a known key took effect")
    must_replay(write.send(key), first, lambda: sent_twice(writes.fresh(write.operation_id)))


_PAIRS = [
    ("updateDestination", "deleteDestination"),
    ("replaceDeliveryFlow", "deleteDeliveryFlow"),
    ("replaceIngester", "deleteIngester"),
]


@requirement("IDEM-006")
@pytest.mark.parametrize(("changing", "deleting"), _PAIRS)
def test_a_delete_at_the_path_of_a_change_is_a_conflict(
    changing: str, deleting: str, writes: Writes
) -> None:
    change = writes.fresh(changing)
    key = a_key()
    first = change.send(key)
    answer = change.api.call(deleting, ids=change.ids, key=key)
    must_conflict(answer, f"its key is known from {changing} at the same path")
    change.effects()  # reads it: it is there
    must_replay(change.send(key), first, lambda: sent_twice(writes.fresh(changing)))


@requirement("IDEM-006")
@pytest.mark.parametrize(("changing", "deleting"), _PAIRS)
def test_a_change_at_the_path_of_a_delete_is_a_conflict(
    changing: str, deleting: str, writes: Writes
) -> None:
    change = writes.fresh(changing)
    key = a_key()
    first = change.api.call(deleting, ids=change.ids, key=key).precondition(204)
    must_conflict(change.send(key), f"its key is known from {deleting} at the same path")
    again = change.api.call(deleting, ids=change.ids, key=key)
    must_replay(again, first, lambda: sent_twice(writes.fresh(deleting)))


@requirement("IDEM-007")
@each_write
def test_another_tenants_request_takes_effect(
    write: Write, writes: Writes, other_writes: Writes
) -> None:
    key = a_key()
    first = write.send(key)
    theirs = other_writes.fresh(write.operation_id)
    must_take_effect(theirs, key, why="only another tenant used its key")
    must_be_marked(theirs.send(key), lambda: write.send(key))
    must_replay(write.send(key), first, lambda: sent_twice(writes.fresh(write.operation_id)))


@requirement("IDEM-007")
@pytest.mark.parametrize("operation_id", ["createDestination", "createIngester"])
def test_another_tenants_equal_request_takes_effect(
    operation_id: str, writes: Writes, other: Tenant
) -> None:
    write = writes.fresh(operation_id)
    key = a_key()
    first = write.send(key).precondition(201)
    why = "only another tenant sent the same with that key"
    theirs = must_take_effect(write, key, by=other, why=why)
    theirs.must(theirs["id"] != first["id"], "another tenant's answer was given out")


@requirement("IDEM-008")
@pytest.mark.parametrize("narrow_first", [False, True])
@each_write
def test_another_credential_of_the_tenant_gets_the_replay(
    write: Write, suite: Suite, narrow_first: bool
) -> None:
    scope = contract.operation(write.operation_id).scope
    narrow = write.api.using(suite.credential(scopes=frozenset({str(scope)})))
    views = [narrow, write.api] if narrow_first else [write.api, narrow]
    token = suite.target.credential("primary", kind="jwt")
    if token is not None and scope in token.scopes:
        views.append(write.api.using(token))
    key = a_key()
    first = write.send(key, by=views[0])
    first.precondition(200, 201, 202, 204)
    for view in views[1:]:
        again = write.send(key, by=view)
        must_be_marked(again, lambda: write.send(key, by=views[0]))
        must_replay(again, first, lambda: (write.send(key, by=views[0]), first))


@requirement("IDEM-015")
@each_write
def test_duplicates_sent_at_once_take_effect_once(
    write: Write, writes: Writes, suite: Suite
) -> None:
    for number in range(suite.configuration.scaled(2, 5, 20)):
        _race(suite, writes, write if number == 0 else writes.fresh(write.operation_id))


def _race(suite: Suite, writes: Writes, write: Write) -> None:
    key = a_key()
    before = write.effects()
    answers = _at_once(suite, write, key, 4 + 4 * (write.operation_id in CREATES))
    done = [one for one in answers if one.status < 300]
    for answer in answers:
        if answer.status >= 300:
            must_conflict(answer, "the same request with the same key is under way")
    first = [one for one in done if one.header(REPLAYED) is None]
    answers[0].must(first, "of requests with one key sent at once none took effect")
    later = _settled(write, key)
    if later.header(REPLAYED) is not None:  # where no replay has it, that is another's to tell
        first[0].must(len(first) == 1, f"{len(first)} of them have an answer that is no replay")
    for answer in (*done, later):
        must_replay(answer, first[0], lambda: sent_twice(writes.fresh(write.operation_id)))
    _must_be_one_effect(write, before, first[0])


def _at_once(suite: Suite, write: Write, key: str, threads: int) -> list[Answer]:
    recording, start = suite.traffic.recording, Barrier(threads)

    def send(_: int) -> Answer:
        suite.traffic.record(recording)
        try:
            write.api.call("listDestinations", query={"limit": 1})  # the connection is open now
            start.wait(timeout=60)
            return write.send(key)
        finally:
            suite.client.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(send, range(threads)))


def _settled(write: Write, key: str) -> Answer:
    """The answer once no duplicate is under way."""
    last: list[Answer] = []

    def over() -> bool:
        last[:] = [write.send(key)]
        return last[0].status != 409

    until(over, seconds=6)
    return last[0]


def _must_be_one_effect(write: Write, before: object, first: Answer) -> None:
    after = write.effects()
    if write.operation_id in CREATES:
        wanted: object = [first["id"]]
        first.must(after == wanted, f"there are {len(list(after))} resources of one create")
    elif write.operation_id.startswith("retry"):
        queued = [one for one in after if one not in list(before)]  # type: ignore[call-overload]
        chains = 2 if write.operation_id == "retryBatch" else 1
        first.must(len(queued) == chains, f"{len(queued)} attempts were queued, not {chains}")
