"""Targets: creating, reading and deleting them, and keeping their secrets."""

import uuid
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.checks.missing import is_unknown
from zen_conformance.checks.signing_secrets import NO_SECRETS, secret
from zen_conformance.failures import must
from zen_conformance.pages import LONG_PAGE
from zen_conformance.resources import FLOW, TARGET, a_recipe_flow, unknown_ids
from zen_conformance.tenant import NOWHERE, Tenant, a_name

_SHOWN_OF_A_SECRET = 16  # characters; a hint of its last four is no leak
REFUSED_SECRETS = {
    why: NO_SECRETS[why]
    for why in (
        "23 bytes",
        "65 bytes",
        "200 bytes",
        "no prefix",
        "another prefix",
        "padding left out",
    )
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"type": "slack"},
        {"url": "http://receiver.example.com:8080/hooks/a?b=c&d"},
        {"secret": secret(32)},
        {"type": "custom_1-x", "secret": secret(33)},
    ],
    ids=["minimal", "type", "url", "secret", "everything"],
)
@requirement("DEST-001")
def test_a_target_is_made_as_given(api: Tenant, more: dict[str, Any]) -> None:
    given = {"name": a_name("target"), "url": NOWHERE, **more}
    answer = api.call(TARGET.create, json=given).expect(201)
    shown = {"status": "active", **given}
    shown.pop("secret", None)
    answer.expect_members(**shown)
    for member in ("id", "type", "created_at", "updated_at"):
        answer.must(isinstance(answer[member], str), f"{member} is {answer[member]!r}")


@requirement("DEST-001")
def test_every_target_has_an_id_of_its_own(api: Tenant) -> None:
    ids = [api.call(TARGET.create, json=TARGET.body(api)).expect(201)["id"] for _ in range(12)]
    must(len(set(map(str, ids))) == len(ids), f"twelve targets have the ids {ids!r}")


def is_kept_quiet(answer: Answer, *values: str) -> Answer:
    """The answer, when none of those secrets is in it, whole or in large part."""
    text = answer.body.decode("utf-8", "replace").replace("\\/", "/") + str(
        list(answer.received.headers)
    )
    for value in values:
        bare = value.removeprefix("whsec_")
        for part in (bare[:_SHOWN_OF_A_SECRET], bare[-_SHOWN_OF_A_SECRET:]):
            answer.must(part not in text, "the answer shows the secret")
    return answer


@requirement("DEST-008")
def test_a_secret_is_in_no_success(api: Tenant) -> None:
    first, second, third = (secret(size, 0x40 + size) for size in (24, 32, 64))
    words = [one["value"] for one in (first, second, third)]
    body = TARGET.body(api) | {"secret": first}
    key = uuid.uuid4().hex
    made = is_kept_quiet(api.call(TARGET.create, json=body, key=key).expect(201), *words)
    is_kept_quiet(api.call(TARGET.create, json=body, key=key), *words)
    one = str(made["id"])
    for change in (
        {"secret": second},
        {"name": a_name("renamed")},
        {"secret": third, "status": "disabled"},
        {"url": "https://other.example.com/", "status": "active"},
        {"secret": None},
    ):
        for media in ("application/json", "application/merge-patch+json"):
            key = uuid.uuid4().hex
            for _ in range(2):
                again = TARGET.ask(
                    api, TARGET.update, one, json=change, content_type=media, key=key
                )
                is_kept_quiet(again, *words)
            is_kept_quiet(TARGET.read(api, one), *words)


@requirement("DEST-008")
def test_a_secret_is_in_no_list(api: Tenant) -> None:
    mine = [secret(32, fill) for fill in (1, 2, 3)]
    ids = {api.a_destination(secret=one)["id"] for one in mine}
    for page in api.pages(TARGET.listing, {"limit": LONG_PAGE}):
        is_kept_quiet(page, *(one["value"] for one in mine))
        ids -= {row.get("id") for row in page.rows(TARGET.rows)}
        if not ids:
            return


@requirement("DEST-008")
def test_a_secret_is_in_no_flow_and_no_deletion(api: Tenant) -> None:
    given = secret(40, 9)
    target = api.a_destination(secret=given)
    flow = api.call(FLOW.create, json=FLOW.body(api) | {"destination_id": target["id"]})
    is_kept_quiet(flow, given["value"])
    is_kept_quiet(TARGET.remove(api, target["id"]), given["value"])
    if api.entry.clusters:
        shown = api.call("listClusterDeliveryFlows", query={"limit": LONG_PAGE}).expect(200)
        is_kept_quiet(shown, given["value"])
    FLOW.removed(api, str(flow["id"]))
    is_kept_quiet(TARGET.remove(api, target["id"]), given["value"])


@pytest.mark.parametrize("operation_id", [TARGET.create, TARGET.update])
@requirement("DEST-008")
def test_a_secret_is_in_no_problem(api: Tenant, operation_id: str) -> None:
    given, key = secret(48, 7), uuid.uuid4().hex
    taken, mine = api.a_destination(), api.a_destination()
    ids = {"destination_id": mine["id"]} if operation_id == TARGET.update else {}
    whole = {"name": a_name("target"), "url": NOWHERE, "secret": given}

    def ask(more: dict[str, Any], **how: Any) -> None:
        answer = api.call(operation_id, json=whole | more, **{"ids": ids, **how})
        is_kept_quiet(answer, given["value"])

    for wrong in (
        {"name": ""},
        {"url": "ftp://receiver.example.com"},
        {"type": "NO"},
        {"unknown": True},
        {"secret": {**given, "unknown": 1}},
        {"secret": [given]},
        {"secret": given["value"]},
        {"name": taken["name"]},
    ):
        ask(wrong)
    ask({}, content_type="text/plain")
    if operation_id == TARGET.update:
        ask({}, ids={"destination_id": unknown_ids()[0]})
    api.call(operation_id, json={"name": a_name("target"), "url": NOWHERE}, ids=ids, key=key)
    ask({}, key=key)


@pytest.mark.parametrize("operation_id", [TARGET.create, TARGET.update])
@pytest.mark.parametrize("value", REFUSED_SECRETS.values(), ids=REFUSED_SECRETS)
@requirement("DEST-008")
def test_a_refused_secret_is_not_shown_either(
    api: Tenant, operation_id: str, value: dict[str, str]
) -> None:
    ids = {} if operation_id == TARGET.create else {"destination_id": api.a_destination()["id"]}
    body = {"name": a_name("target"), "url": NOWHERE, "secret": value}
    is_kept_quiet(api.call(operation_id, json=body, ids=ids), value["value"])


@requirement("DEST-010")
def test_an_unknown_target_is_told_in_words(api: Tenant) -> None:
    is_unknown(TARGET, api, {"name": a_name("changed")}, api.a_source_id())


@pytest.mark.parametrize(
    "more",
    [{}, {"secret": secret(32), "type": "custom"}],
    ids=["minimal", "everything"],
)
@pytest.mark.parametrize("status", ["active", "disabled"])
@requirement("DEST-019")
def test_a_deleted_target_is_gone(api: Tenant, more: dict[str, Any], status: str) -> None:
    target, next_one = api.a_destination(**more), api.a_destination()
    if status != "active":
        TARGET.changed(api, target, status=status)
    one = target["id"]
    TARGET.remove(api, one).expect(204)
    for operation_id, body in ((TARGET.get, {}), (TARGET.update, {"json": {"type": "other"}})):
        TARGET.ask(api, operation_id, one, **body).expect(404, why="it is deleted")
    TARGET.remove(api, one).expect(404, why="it is deleted already")
    must(not TARGET.is_listed(api, one), "the list still shows the deleted target")
    TARGET.read(api, next_one["id"]).expect(200, why="another target was deleted")


@requirement("DEST-020")
def test_a_target_in_use_is_kept(api: Tenant) -> None:
    target = api.a_destination()
    flow = api.a_flow(destination_id=target["id"])
    is_in_use(api, target, [flow])
    for status in ("disabled", "active"):
        TARGET.changed(api, target, status=status)
        is_in_use(api, target, [flow])
    FLOW.removed(api, flow["id"])
    TARGET.remove(api, target["id"]).expect(204, why="no flow uses it any more")


@requirement("DEST-020")
def test_a_target_is_kept_until_its_last_flow_is_gone(api: Tenant) -> None:
    target, source_id = api.a_destination(), api.a_source_id()
    flows = [api.a_flow(source_id=source_id, destination_id=target["id"]) for _ in range(3)]
    while flows:
        is_in_use(api, target, flows)
        FLOW.removed(api, flows.pop()["id"])
    TARGET.remove(api, target["id"]).expect(204, why="no flow uses it any more")


@requirement("DEST-020")
def test_a_target_that_a_flow_was_moved_to_is_in_use(api: Tenant) -> None:
    first, second = api.a_destination(), api.a_destination()
    flow = api.a_flow(destination_id=first["id"])
    FLOW.changed(api, flow, destination_id=second["id"])
    is_in_use(api, second, [flow])
    TARGET.remove(api, first["id"]).expect(204, why="its flow was moved to another target")
    FLOW.removed(api, flow["id"])
    TARGET.remove(api, second["id"]).expect(204, why="no flow uses it any more")


@requirement("DEST-020")
def test_a_target_of_a_recipes_flow_is_in_use(api: Tenant) -> None:
    target = api.a_destination(type="slack")
    flow = a_recipe_flow(api, target={"id": target["id"], "type": "slack"})
    is_in_use(api, target, [flow])
    FLOW.removed(api, flow["id"])
    TARGET.remove(api, target["id"]).expect(204, why="no flow uses it any more")


def is_in_use(api: Tenant, target: dict[str, Any], flows: list[dict[str, Any]]) -> None:
    """DELETE is a conflict that names one of the flows, and nothing has changed by it."""
    answer = TARGET.remove(api, target["id"])
    answer.expect_problem(409, "conflict", why="a flow uses it")
    detail = str(answer.get("detail"))
    named = any(flow["id"] in detail or flow["name"] in detail for flow in flows)
    answer.must(named, f"detail {detail!r} names no flow that uses the target")
    TARGET.read(api, target["id"]).expect(200, why="its deletion was refused")
    for flow in flows:
        kept = FLOW.read(api, flow["id"]).expect(200, why="its target's deletion was refused")
        kept.expect_members(destination_id=target["id"])
