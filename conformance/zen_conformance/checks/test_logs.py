"""The log of writes: one entry for each that was let in, done or refused, and no secret in it."""

import base64
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, post, trace
from zen_conformance.failures import NotRun
from zen_conformance.log_book import LogBook, a_request_id, sent_as
from zen_conformance.receiver import Reply
from zen_conformance.replays import a_key
from zen_conformance.stories import PROMPTLY_SECONDS, Story
from zen_conformance.suite import Suite
from zen_conformance.tenant import NOWHERE, Tenant, a_name
from zen_conformance.traffic import until
from zen_conformance.writes import CHANGES, CREATES, KINDS, WITH_BODY, Write, Writes

each_write = pytest.mark.parametrize("write", KINDS, indirect=True)
_ACTIONS = {"create": "create", "update": "update", "replace": "update", "delete": "delete"}
_MISSING = "zc_missing"
_TOKEN_LENGTH = 15  # a shorter one may stand in an entry by chance


def action_of(operation_id: str) -> str:
    """The action that the operation is in the log."""
    return next((to for word, to in _ACTIONS.items() if operation_id.startswith(word)), "retry")


@pytest.fixture
def log(api: Tenant) -> LogBook:
    """The primary tenant's log."""
    return LogBook(api)


@requirement("LOG-001")
@pytest.mark.parametrize("key", [False, True], ids=["without a key", "with a key"])
@each_write
def test_a_write_makes_one_entry(write: Write, log: LogBook, key: bool) -> None:
    request_id = a_request_id()
    answer = write.send(a_key() if key else None, **sent_as(request_id))
    answer.precondition(200, 201, 202, 204)
    action = action_of(write.operation_id)
    log.must_hold_one(answer, action=action, level="info", result="success")


@requirement("LOG-001")
@each_write
def test_a_write_by_a_credential_of_one_scope_makes_one_entry(
    write: Write, log: LogBook, suite: Suite
) -> None:
    scope = str(contract.operation(write.operation_id).scope)
    by = write.api.using(suite.credential(scopes=frozenset({scope})))
    answer = write.send(None, by=by, **sent_as(a_request_id()))
    action = action_of(write.operation_id)
    log.must_hold_one(answer, action=action, level="info", result="success")


@requirement("LOG-010")
@pytest.mark.parametrize(
    "write", [one for one in KINDS if not one.startswith("retry")], indirect=True
)
def test_a_resource_id_is_that_of_what_was_written(write: Write, log: LogBook) -> None:
    answer = write.send(None, **sent_as(a_request_id()))
    entry = log.must_hold_one(answer)
    created = write.operation_id in CREATES
    written = answer["id"] if created else next(iter(write.ids.values()))
    said = entry.get("resource_id", written)
    answer.must(said == written, f"a log entry about {written} has resource_id {said!r}")


@requirement("LOG-002")
@each_write
def test_a_write_to_another_tenants_path_is_in_ones_own_log(
    write: Write, log: LogBook, suite: Suite
) -> None:
    intruder = suite.other.using(suite.primary.credential)
    answer = write.send(None, by=intruder, **sent_as(a_request_id()))
    answer.precondition(403)
    action = action_of(write.operation_id)
    log.must_hold_one(answer, action=action, level="warn", result="authorization_denied")
    theirs = LogBook(suite.other).newest(1)
    request_id = answer.header("X-Request-Id")
    found = [one for one in theirs if one.get("request_id") == request_id]
    answer.must(not found, "a write to another tenant's path is in that tenant's log")


@requirement("LOG-003")
@each_write
def test_a_write_without_its_scope_is_in_the_log(write: Write, log: LogBook, suite: Suite) -> None:
    by = write.api.using(suite.credential(scopes=frozenset()))
    answer = write.send(None, by=by, **sent_as(a_request_id())).precondition(403)
    _must_be_told(log, write, answer, "authorization_denied")


_INVALID: dict[str, Callable[[Any], bytes]] = {
    "an unknown field": lambda body: json.dumps({**body, "zc_unknown": 1}).encode(),
    "no JSON": lambda body: b"{",
}


@requirement("LOG-003")
@pytest.mark.parametrize("invalid", _INVALID)
@pytest.mark.parametrize("write", WITH_BODY, indirect=True)
def test_an_invalid_write_is_in_the_log(write: Write, log: LogBook, invalid: str) -> None:
    body = _INVALID[invalid]({} if write.body is ... else write.body)
    answer = write.send(None, body=body, **sent_as(a_request_id())).precondition(400)
    _must_be_told(log, write, answer, "validation_error")


@requirement("LOG-003")
@pytest.mark.parametrize("field", ["source_id", "destination_id"])
@pytest.mark.parametrize("write", ["createDeliveryFlow", "replaceDeliveryFlow"], indirect=True)
def test_a_write_with_an_unknown_reference_is_in_the_log(
    write: Write, log: LogBook, field: str
) -> None:
    body = {**write.body, field: _MISSING}
    answer = write.send(None, json=body, **sent_as(a_request_id())).precondition(400)
    _must_be_told(log, write, answer, "validation_error")


@requirement("LOG-003")
@pytest.mark.parametrize(
    "write",
    [one for one in KINDS if one not in CREATES or one == "createClusterDeliveryFlow"],
    indirect=True,
)
def test_a_write_to_something_missing_is_in_the_log(write: Write, log: LogBook) -> None:
    changed: dict[str, Any] = {"ids": dict.fromkeys(write.ids, _MISSING)}
    if write.operation_id == "retryBatch":
        changed = {"json": {"delivery_ids": [_MISSING]}}
    answer = write.send(None, **changed, **sent_as(a_request_id())).precondition(404)
    _must_be_told(log, write, answer, "not_found")


@requirement("LOG-003")
@pytest.mark.parametrize("write", [*CREATES, *CHANGES], indirect=True)
def test_a_write_of_a_taken_name_is_in_the_log(write: Write, writes: Writes, log: LogBook) -> None:
    holder = writes.fresh(write.operation_id)
    holder.send(None, json={**holder.body, "name": write.body["name"]})
    answer = write.send(None, **sent_as(a_request_id())).precondition(409)
    _must_be_told(log, write, answer, "conflict")


@requirement("LOG-003")
@pytest.mark.parametrize(
    ("write", "used"),
    [("deleteDestination", "destination_id"), ("deleteIngester", "source_id")],
    indirect=["write"],
)
def test_a_delete_of_what_is_in_use_is_in_the_log(
    write: Write, writes: Writes, log: LogBook, used: str
) -> None:
    ends = {"source_id": writes.source_id, "destination_id": writes.destination_id}
    write.api.a_flow(**{**ends, used: next(iter(write.ids.values()))})
    answer = write.send(None, **sent_as(a_request_id())).precondition(409)
    _must_be_told(log, write, answer, "conflict")


@requirement("LOG-003")
def test_a_retry_of_what_did_not_fail_is_in_the_log(writes: Writes, log: LogBook) -> None:
    write = writes.fresh("retryEvent")
    unmatched = post(write.api, write.api.an_ingester())
    answer = write.send(None, ids={"event_id": unmatched}, **sent_as(a_request_id()))
    _must_be_told(log, write, answer.precondition(409), "conflict")


@requirement("LOG-003")
@each_write
def test_a_write_under_a_key_of_another_is_in_the_log(
    write: Write, writes: Writes, log: LogBook
) -> None:
    key = a_key()
    write.send(key)
    other = writes.fresh(write.operation_id)
    answer = other.send(key, **sent_as(a_request_id()))
    _must_be_told(log, other, answer.expect_problem(409, "idempotency-conflict"), "conflict")


def _must_be_told(log: LogBook, write: Write, answer: Answer, result: str) -> None:
    action = action_of(write.operation_id)
    log.must_hold_one(answer, action=action, level="warn", result=result)


@requirement("LOG-004")
@pytest.mark.parametrize("own", [True, False], ids=["the client's", "the server's"])
@pytest.mark.parametrize("refused", [False, True], ids=["done", "refused"])
@each_write
def test_an_entry_has_the_request_id_of_its_write(
    write: Write, log: LogBook, suite: Suite, own: bool, refused: bool
) -> None:
    by = write.api.using(suite.credential(scopes=frozenset())) if refused else write.api
    answer = write.send(None, by=by, **(sent_as(a_request_id()) if own else {}))
    request_id = answer.header("X-Request-Id")
    if request_id is None:
        raise NotRun(f"{answer.asked}: the answer has no X-Request-Id")
    found = log.where(lambda entry: entry.get("request_id") == request_id)
    answer.must(found, f"no log entry has the request_id {request_id!r} of {answer.asked}")


@requirement("LOG-006")
def test_no_secret_is_in_the_log(api: Tenant, log: LogBook, suite: Suite) -> None:
    nobody = api.using(suite.credential(scopes=frozenset()))
    target = api.a_destination(secret={"value": _a_secret()})
    ids = {"destination_id": str(target["id"])}
    secrets = [_a_secret() for _ in range(7)]
    patched, taken, invalid, denied, malformed, bare, listed = secrets
    api.call("updateDestination", ids=ids, json={"secret": {"value": patched}}).expect(200)
    for by, body in (
        (api, {"name": target["name"], "secret": {"value": taken}}),
        (api, {"secret": {"value": invalid}, "zc_unknown": 1}),
        (nobody, {"secret": {"value": denied}}),
        (api, {"secret": {"value": f"{malformed}!"}}),
        (api, {"secret": bare}),
        (api, {"secret": {"value": [listed]}}),
    ):
        by.call("createDestination", json={"name": a_name("target"), "url": NOWHERE, **body})
        by.call("updateDestination", ids=ids, json=body)
    last = api.call("deleteDestination", ids=ids, **sent_as(a_request_id()))
    log.of(last)  # once this one is there, those before it are
    hidden = [one.removeprefix("whsec_") for one in secrets]
    hidden += [one.token for one in suite.target.credentials if len(one.token) > _TOKEN_LENGTH]
    for entry in log.newest():
        text = json.dumps(entry, ensure_ascii=False)
        found = [one for one in hidden if one in text]
        last.must(not found, f"the log entry {entry.get('id')} holds a secret or a token")


def _a_secret() -> str:
    """A secret whose text nothing else holds; no character of it is escaped in JSON."""
    return "whsec_" + base64.b64encode(uuid.uuid4().hex.encode()).decode()


@requirement("LOG-005")
@pytest.mark.parametrize("attempts", [1, 2])
def test_each_failed_attempt_makes_one_entry(writes: Writes, log: LogBook, attempts: int) -> None:
    event_id = writes.failing.event()
    if attempts == 2:
        writes.api.call("retryEvent", event_id=event_id).expect(202)
        writes.failing.failed(event_id, attempts=2)
    for row in trace(writes.api, event_id):
        _must_tell_of(log, str(row.get("id")), "error")


@requirement("LOG-005")
@pytest.mark.parametrize("status", [200, 204, 302, 404, 500])
def test_each_answered_attempt_makes_one_entry(suite: Suite, log: LogBook, status: int) -> None:
    story = Story.of(suite, Reply(status))
    for row in story.settled(story.post()):
        # How it ends is another requirement's; the log has to say the same.
        level = "info" if row.get("status") == "delivered" else "error"
        _must_tell_of(log, str(row.get("id")), level)


@requirement("LOG-005")
def test_a_queued_attempt_makes_no_entry_yet(suite: Suite, log: LogBook) -> None:
    failing = FailingFlow.of(suite.primary, max_attempts=2, backoff_seconds=3600)
    event_id = post(failing.api, failing.ingester)
    rows: list[dict[str, Any]] = []

    def both() -> bool:
        rows[:] = trace(failing.api, event_id)
        return len(rows) == 2

    if not until(both, seconds=PROMPTLY_SECONDS):
        raise NotRun(f"the retry of {event_id} was not queued in time")
    done, queued = rows
    _must_tell_of(log, str(done.get("id")), "error")
    answer = log.api.call("getDelivery", delivery_id=str(queued.get("id")))
    said = [
        entry
        for entry in log.newest()
        if entry.get("action") == "deliver" and entry.get("delivery_id") == queued.get("id")
    ]
    answer.must(not said, "an attempt that was not made yet has a deliver entry")


def _must_tell_of(log: LogBook, delivery_id: str, level: str) -> None:
    answer = log.api.call("getDelivery", delivery_id=delivery_id)
    entries = log.where(
        lambda entry: entry.get("action") == "deliver" and entry.get("delivery_id") == delivery_id
    )
    count = len(entries)
    answer.must(count == 1, f"the attempt {delivery_id} has {count} deliver entries, not one")
    said = entries[0].get("level")
    answer.must(said == level, f"a deliver entry has level {said!r} instead of {level!r}")
