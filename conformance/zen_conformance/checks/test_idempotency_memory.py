"""Which answers a key remembers, and for how long after the cause is gone."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failing import FailingFlow, post, trace
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.replays import (
    a_key,
    must_be_first,
    must_be_marked,
    must_replay,
    must_take_effect,
    plain_replay,
    sent_twice,
)
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential
from zen_conformance.tenant import Tenant, a_name
from zen_conformance.traffic import until
from zen_conformance.writes import (
    CHANGES,
    CREATES,
    KINDS,
    RETRIES,
    WITH_BODY,
    Write,
    Writes,
    delete_made,
)

each_write = pytest.mark.parametrize("write", KINDS, indirect=True)


@requirement("IDEM-011")
@pytest.mark.parametrize("write", [*CREATES, *CHANGES, *RETRIES], indirect=True)
def test_a_success_is_replayed_after_a_change(write: Write, writes: Writes) -> None:
    key = a_key()
    first = write.send(key)
    first.precondition(200, 201, 202)
    write.move_on(first)
    again = write.send(key)
    must_be_marked(again, lambda: plain_replay(writes.fresh(write.operation_id)))
    must_replay(again, first, lambda: sent_twice(writes.fresh(write.operation_id)))


@requirement("IDEM-011")
@pytest.mark.parametrize("write", [*CREATES, *CHANGES], indirect=True)
def test_a_success_is_replayed_after_a_deletion(write: Write, writes: Writes) -> None:
    key = a_key()
    first = write.send(key)
    first.precondition(200, 201, 202)
    created_by = write.operation_id.replace("update", "create").replace("replace", "create")
    delete_made(write.api, created_by, str(first["id"])).precondition(204)
    again = write.send(key)
    must_be_marked(again, lambda: plain_replay(writes.fresh(write.operation_id)))
    must_replay(again, first, lambda: sent_twice(writes.fresh(write.operation_id)))


def must_be_stored(first: Answer, again: Answer) -> None:
    """Fail unless the second answer is the first, a refusal, with its `instance`."""
    must_be_first(first)
    must_replay(again, first)
    if first.get("instance") is not None:  # that it is there is another requirement's
        again.expect_members(instance=first["instance"])


def _to_nothing(write: Write) -> dict[str, Any]:
    """Changes of the call that make it about something that does not exist."""
    if write.operation_id == "createClusterDeliveryFlow":
        return {"json": {**write.body, "source": "zc_missing"}}
    if write.operation_id == "retryBatch":
        return {"json": {"delivery_ids": ["zc_missing"]}}
    return {"ids": dict.fromkeys(write.ids, "zc_missing")}


@requirement("IDEM-012")
@pytest.mark.parametrize(
    "write",
    [one for one in KINDS if one not in CREATES or one == "createClusterDeliveryFlow"],
    indirect=True,
)
def test_a_404_is_replayed(write: Write) -> None:
    key, changed = a_key(), _to_nothing(write)
    first = write.send(key, **changed).precondition(404)
    must_be_stored(first, write.send(key, **changed))


@requirement("IDEM-012")
@pytest.mark.parametrize(
    "write", ["deleteDestination", "deleteDeliveryFlow", "deleteIngester"], indirect=True
)
def test_the_404_of_a_second_delete_is_replayed(write: Write) -> None:
    write.send(None).precondition(204)
    key = a_key()
    must_be_stored(write.send(key).precondition(404), write.send(key))


@requirement("IDEM-012")
@pytest.mark.parametrize("write", CREATES, indirect=True)
def test_a_409_of_a_create_is_replayed_though_the_name_is_free(write: Write) -> None:
    holder = write.send(None)
    key = a_key()
    first = write.send(key).precondition(409)
    delete_made(write.api, write.operation_id, str(holder["id"])).precondition(204)
    must_be_stored(first, write.send(key))
    must_be_first(write.send(a_key()).precondition(200, 201, 204))  # its cause is gone


@requirement("IDEM-012")
@pytest.mark.parametrize("write", CHANGES, indirect=True)
def test_a_409_of_a_change_is_replayed_though_the_name_is_free(
    write: Write, writes: Writes
) -> None:
    holder = writes.fresh(write.operation_id)
    holder.send(None, json={**holder.body, "name": write.body["name"]})
    key = a_key()
    first = write.send(key).precondition(409)
    holder.send(None, json={**holder.body, "name": a_name("renamed")}).precondition(200)
    must_be_stored(first, write.send(key))
    must_be_first(write.send(a_key()).precondition(200, 201, 204))  # its cause is gone


@requirement("IDEM-012")
@pytest.mark.parametrize("operation_id", ["deleteDestination", "deleteIngester"])
def test_a_409_of_a_delete_is_replayed_though_no_flow_uses_it_now(
    operation_id: str, api: Tenant, writes: Writes
) -> None:
    write = writes.fresh(operation_id)
    flow = {"source_id": writes.source_id, "destination_id": writes.destination_id}
    used = {"deleteDestination": "destination_id", "deleteIngester": "source_id"}[operation_id]
    made = api.a_flow(**{**flow, used: next(iter(write.ids.values()))})
    key = a_key()
    first = write.send(key).precondition(409)
    api.call("deleteDeliveryFlow", flow_id=made["id"]).precondition(204)
    must_be_stored(first, write.send(key))
    must_be_first(write.send(a_key()).precondition(200, 201, 204))  # its cause is gone


def a_retry_refused_while_another_is_queued(suite: Suite) -> list[tuple[Answer, Answer]]:
    """Each retry with its refusal, and with its answer when the attempt queued then has failed."""
    if not suite.target.offers("retry"):
        raise NotOffered
    for backoff in (1, 4, 10):  # on a busy machine the automatic retry may be over too soon
        told = _refused_while_queued(suite.primary, backoff)
        if told:
            return told
    raise NotRun("the automatic retry was over before a manual one could be refused")


def _refused_while_queued(api: Tenant, backoff_seconds: int) -> list[tuple[Answer, Answer]]:
    """The same by a flow of that backoff; nothing when the attempt queued was over too soon."""
    failing = FailingFlow.of(api, max_attempts=2, backoff_seconds=backoff_seconds)
    event_id = post(api, failing.ingester)
    if not until(lambda: len(trace(api, event_id)) == 2, seconds=PROMPTLY_SECONDS):
        raise NotRun(f"no second attempt of {event_id} was queued in time")
    first = trace(api, event_id)[0]
    sent: list[Callable[[], Answer]] = [
        partial(api.call, "retryEvent", event_id=event_id, key=a_key()),
        partial(api.call, "retryBatch", json={"delivery_ids": [first["id"]]}, key=a_key()),
    ]
    refused = [send() for send in sent]
    if any(row.get("status") == "failed" for row in trace(api, event_id)[1:]):
        return []
    failing.failed(event_id, attempts=2)
    return [(one, send()) for one, send in zip(refused, sent, strict=True)]


@requirement("IDEM-012", scenario=a_retry_refused_while_another_is_queued)
@pytest.mark.parametrize("number", [0, 1], ids=RETRIES)
def test_a_409_of_a_retry_is_replayed_though_it_could_be_made(
    told: list[tuple[Answer, Answer]], number: int
) -> None:
    refused, again = told[number]
    must_be_stored(refused.precondition(409), again)


def _must_be_refused_anew(status: int, send: Callable[[], Answer]) -> None:
    """Fail unless what is refused with a key is refused again, and not by a replay."""
    must_be_first(send().precondition(status))
    must_be_first(send().expect(status, why=f"a {status} leaves its key free"))


_INVALID: dict[str, Callable[[Any], bytes]] = {
    "an unknown field": lambda body: json.dumps({**body, "zc_unknown": 1}).encode(),
    "no JSON": lambda body: b"{",
    "a list": lambda body: b"[]",
}


@requirement("IDEM-013")
@pytest.mark.parametrize("invalid", _INVALID)
@pytest.mark.parametrize("write", WITH_BODY, indirect=True)
def test_a_400_is_not_stored(write: Write, invalid: str) -> None:
    key, body = a_key(), {} if write.body is ... else write.body
    _must_be_refused_anew(400, lambda: write.send(key, body=_INVALID[invalid](body)))
    must_take_effect(write, key, why=f"its key was only on a 400 before ({invalid})")


_UNKNOWN = "zc_missing"


@requirement("IDEM-013")
@pytest.mark.parametrize("field", ["source_id", "destination_id"])
@pytest.mark.parametrize("write", ["createDeliveryFlow", "replaceDeliveryFlow"], indirect=True)
def test_the_400_of_an_unknown_reference_is_not_stored(write: Write, field: str) -> None:
    key = a_key()
    unknown = {**write.body, field: _UNKNOWN}
    _must_be_refused_anew(400, lambda: write.send(key, json=unknown))
    must_take_effect(write, key, why=f"its key was only on a 400 for {field} before")


@requirement("IDEM-013")
def test_the_400_of_a_recipes_unknown_target_is_not_stored(writes: Writes) -> None:
    write, key = writes.fresh("createClusterDeliveryFlow"), a_key()
    unknown = {"id": _UNKNOWN, "type": "webhook"}
    write.send(key, json={**write.body, "target": unknown}).precondition(400)
    must_take_effect(write, key, why="its key was only on a 400 for target.id before")


@requirement("IDEM-013")
def test_the_400_of_a_recipes_target_type_is_looked_at_anew(writes: Writes) -> None:
    write, key = writes.fresh("createClusterDeliveryFlow"), a_key()
    target = write.api.a_destination(type="queue")
    body = {**write.body, "target": {"id": target["id"], "type": "webhook"}}
    write.send(key, json=body).precondition(400)
    changed = {"type": "webhook"}
    write.api.call("updateDestination", destination_id=target["id"], json=changed).precondition(200)
    must_take_effect(write, key, json=body, why="a 400 is not stored and its cause is gone")


@requirement("IDEM-014")
@pytest.mark.parametrize("credential", ["none", "unknown", "without scope", "other tenant's"])
@each_write
def test_a_refused_credential_leaves_the_key_free(
    write: Write, suite: Suite, credential: str
) -> None:
    by, status = _refused(suite, write.api, credential)
    key = a_key()
    _must_be_refused_anew(status, lambda: write.send(key, by=by))
    must_take_effect(write, key, why=f"its key was only on a {status} before")


@requirement("IDEM-014")
@each_write
def test_a_403_for_another_tenants_path_leaves_ones_own_key_free(
    write: Write, other_writes: Writes, suite: Suite
) -> None:
    key = a_key()
    theirs = suite.credential(tenant="other")
    write.send(key, by=write.api.using(theirs)).precondition(403)
    own = other_writes.fresh(write.operation_id)
    must_take_effect(own, key, why="its key was only on a 403 in another tenant's path before")


def _refused(suite: Suite, api: Tenant, credential: str) -> tuple[Tenant, int]:
    if credential == "none":
        return api.using(None), 401
    if credential == "unknown":
        unknown = Credential("primary", "api_key", "zpk_zc_nobody", frozenset(), "malformed")
        return api.using(unknown), 401
    if credential == "without scope":
        return api.using(suite.credential(scopes=frozenset())), 403
    return api.using(suite.credential(tenant="other")), 403


@requirement("IDEM-014")
@pytest.mark.parametrize("write", WITH_BODY, indirect=True)
def test_a_415_leaves_the_key_free(write: Write) -> None:
    key, body = a_key(), {} if write.body is ... else write.body
    text = json.dumps(body).encode()
    write.send(key, body=text, content_type="text/plain").precondition(415)
    must_take_effect(write, key, why="its key was only on a 415 before")


@requirement("IDEM-014")
@pytest.mark.parametrize("write", WITH_BODY, indirect=True)
def test_a_413_leaves_the_key_free(write: Write) -> None:
    key = a_key()
    refused = write.send(key, body=b'{"name":"' + b"n" * (1024 * 1024) + b'"}')
    if refused.exchange.received is not None:  # else it was cut off, which is allowed
        refused.precondition(413)
    must_take_effect(write, key, why="its key was only on a 413 before")


@requirement("ORDER-007")
def test_a_flows_201_is_replayed_though_what_it_refers_to_is_gone(api: Tenant) -> None:
    target = api.a_destination()["id"]
    body = {"name": a_name("flow"), "source_id": api.a_source_id(), "destination_id": target}
    key = a_key()
    first = api.call("createDeliveryFlow", json=body, key=key).precondition(201)
    api.call("deleteDeliveryFlow", flow_id=first["id"]).precondition(204)
    api.call("deleteDestination", destination_id=target).precondition(204)
    again = api.call("createDeliveryFlow", json=body, key=key)
    again.expect(201, why="its key is known, which is looked at before what it refers to")
