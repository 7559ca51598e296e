"""Flows at the tenant level: creating, reading, replacing and deleting them."""

from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.checks.missing import is_unknown
from zen_conformance.failures import must
from zen_conformance.resources import (
    ENDPOINT,
    FLOW,
    TARGET,
    a_recipe_flow,
    must_be_read,
    unknown_ids,
    writer,
)
from zen_conformance.tenant import Tenant, a_name

both_writes = pytest.mark.parametrize("operation_id", [FLOW.create, FLOW.update])
LARGE = {"max_attempts": 8, "backoff_seconds": 800}


def config(**policy: Any) -> dict[str, Any]:
    """A flow's `config` of that retry policy."""
    return {"retry_policy": policy}


def shows(answer: Answer, wanted: dict[str, Any]) -> Answer:
    """The answer, when it shows those members; of `config` only what is asked about."""
    wanted = dict(wanted)
    for name, value in wanted.pop("config", config())["retry_policy"].items():
        said = answer["config", "retry_policy", name]
        fits = said == value and not isinstance(said, bool)
        answer.must(fits, f"{name} is {said!r} instead of {value!r}")
    return answer.expect_members(**wanted)


def is_shown_everywhere(api: Tenant, written: Answer, wanted: dict[str, Any]) -> None:
    """The write's own answer, GET and the list show that."""
    one = str(shows(written.expect(200, 201), wanted)["id"])
    shows(FLOW.read(api, one).expect(200), wanted)
    row = FLOW.row(api, one)
    if row is None:
        raise written.failure(f"the list does not show {one}")
    policy = (row.get("config") or {}).get("retry_policy") or {}
    for member, value in wanted.items():
        pairs = value["retry_policy"].items() if member == "config" else [(member, value)]
        for name, said in pairs:
            shown = (policy if member == "config" else row).get(name)
            must(shown == said, f"the list shows {name} as {shown!r} instead of {said!r}")


@pytest.mark.parametrize(
    "more", [{}, {"config": config(max_attempts=5, backoff_seconds=60)}], ids=["minimal", "full"]
)
@requirement("FLOW-001")
def test_a_flow_is_made_as_given(api: Tenant, more: dict[str, Any]) -> None:
    body = FLOW.body(api) | more
    answer = api.call(FLOW.create, json=body).expect(201)
    shows(answer, {"status": "active", **body})
    for member in ("id", "created_at", "updated_at"):
        answer.must(isinstance(answer[member], str), f"{member} is {answer[member]!r}")


@requirement("FLOW-001")
def test_every_flow_has_an_id_of_its_own(api: Tenant) -> None:
    write = writer(api, FLOW.create)  # all of one endpoint and one target
    ids = [str(write().expect(201)["id"]) for _ in range(12)]
    must(len(set(ids)) == len(ids), f"twelve flows have the ids {ids!r}")


@requirement("FLOW-001")
def test_a_flow_to_a_disabled_target_is_made(api: Tenant) -> None:
    body = FLOW.body(api)
    TARGET.changed(api, {"id": body["destination_id"]}, status="disabled")
    shows(api.call(FLOW.create, json=body).expect(201, why="the target exists"), body)


PARTS = {
    "no config": ({}, 3, 10),
    "an empty config": ({"config": {}}, 3, 10),
    "an empty policy": ({"config": config()}, 3, 10),
    "attempts alone": ({"config": config(max_attempts=7)}, 7, 10),
    "backoff alone": ({"config": config(backoff_seconds=77)}, 3, 77),
    "few attempts alone": ({"config": config(max_attempts=2)}, 2, 10),
    "little backoff alone": ({"config": config(backoff_seconds=2)}, 3, 2),
    "both": ({"config": config(max_attempts=4, backoff_seconds=44)}, 4, 44),
}
Part = tuple[dict[str, Any], int, int]
each_part = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)


@each_part
@requirement("FLOW-002")
def test_what_a_policy_leaves_out_is_filled_in(api: Tenant, part: Part) -> None:
    more, attempts, seconds = part
    whole = config(max_attempts=attempts, backoff_seconds=seconds)
    is_shown_everywhere(api, writer(api, FLOW.create)(**more), {"config": whole})


@each_part
@requirement("FLOW-010")
def test_what_a_replacement_leaves_out_is_the_default_again(api: Tenant, part: Part) -> None:
    more, attempts, seconds = part
    whole = config(max_attempts=attempts, backoff_seconds=seconds)
    for before in ({"config": {"retry_policy": LARGE}}, {"config": config(max_attempts=2)}):
        flow = api.a_flow(**before)
        body = {name: flow[name] for name in ("name", "source_id", "destination_id")}
        for again in (more, before):
            replaced = FLOW.ask(api, FLOW.update, flow["id"], json=body | again)
            shows(replaced.expect(200), {"config": whole} if again is more else before)
        replaced = FLOW.ask(api, FLOW.update, flow["id"], json=body | more)
        is_shown_everywhere(api, replaced, {"config": whole, "name": flow["name"]})


@each_part
@requirement("FLOW-010")
def test_what_a_replacement_leaves_out_of_a_recipes_flow_is_the_default_too(
    api: Tenant, part: Part
) -> None:
    more, attempts, seconds = part
    flow = FLOW.read(api, a_recipe_flow(api)["id"]).expect(200).document
    flow = FLOW.changed(api, flow, config={"retry_policy": LARGE})
    body = {name: flow[name] for name in ("name", "source_id", "destination_id")}
    replaced = FLOW.ask(api, FLOW.update, flow["id"], json=body | more).expect(200)
    whole = config(max_attempts=attempts, backoff_seconds=seconds)
    is_shown_everywhere(api, replaced, {"config": whole})


BOUNDS = {"max_attempts": (1, 2, 9, 10), "backoff_seconds": (1, 2, 59, 3599, 3600)}
BEYOND = {"max_attempts": (0, 11, 12, 100), "backoff_seconds": (0, 3601, 3602, 86400)}
NO_INTEGERS: tuple[Any, ...] = (
    -1,
    -10,
    2**31,
    2**63,
    2**64 + 3,
    1.5,
    2.999,
    "3",
    "",
    True,
    False,
    None,
    [3],
    {},
)


def is_kept_within_bounds(api: Tenant, operation_id: str, member: str) -> None:
    """Each value from end to end is taken and returned."""
    write = writer(api, operation_id)
    other = "max_attempts" if member == "backoff_seconds" else "backoff_seconds"
    for value in BOUNDS[member]:
        for more in ({}, {other: 5}):
            wanted = {"config": {"retry_policy": {member: value} | more}}
            answer = shows(write(**wanted).expect(200, 201, why=f"{member} {value}"), wanted)
            shows(FLOW.read(api, str(answer["id"])).expect(200), wanted)


def is_refused_beyond(api: Tenant, operation_id: str, member: str, note: Any) -> None:
    """Each other value is answered 400, whatever the other member says."""
    write = writer(api, operation_id)
    other = "max_attempts" if member == "backoff_seconds" else "backoff_seconds"
    for value in (*BEYOND[member], *NO_INTEGERS):
        for more in ({}, {other: 5}):
            answer = write(config={"retry_policy": {member: value} | more})
            answer.expect(400, why=f"{member} is {value!r}")
            detail = str(answer.get("detail"))
            fits = detail.startswith(f"config.retry_policy.{member}:")
            note("PROB-014", None if fits else f"{detail!r} is not about {member}", answer)


@both_writes
@requirement("FLOW-003")
def test_1_to_10_attempts_are_kept(api: Tenant, operation_id: str) -> None:
    is_kept_within_bounds(api, operation_id, "max_attempts")


@both_writes
@requirement("FLOW-003")
def test_another_number_of_attempts_is_refused(api: Tenant, operation_id: str, note: Any) -> None:
    is_refused_beyond(api, operation_id, "max_attempts", note)


@both_writes
@requirement("FLOW-004")
def test_1_to_3600_seconds_of_backoff_are_kept(api: Tenant, operation_id: str) -> None:
    is_kept_within_bounds(api, operation_id, "backoff_seconds")


@both_writes
@requirement("FLOW-004")
def test_another_backoff_is_refused(api: Tenant, operation_id: str, note: Any) -> None:
    is_refused_beyond(api, operation_id, "backoff_seconds", note)


@both_writes
@requirement("BODY-011")
def test_a_policy_of_another_type_is_refused(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    wrongs: tuple[Any, ...] = (None, [], [{}], "", "policy", 3, True)
    for wrong in wrongs:
        write(config=wrong).expect(400, why=f"config is {wrong!r}")
        write(config={"retry_policy": wrong}).expect(400, why=f"retry_policy is {wrong!r}")


@both_writes
@requirement("FLOW-005")
def test_an_unknown_source_is_told_in_words(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    wrong = [*unknown_ids()]
    if api.makes_ingesters:
        gone = api.an_ingester()["id"]
        ENDPOINT.removed(api, gone)
        wrong.append(gone)
        wrong += ENDPOINT.absent(api, api.a_destination()["id"])
    for one in wrong:
        answer = write(source_id=one)
        answer.expect(400, why=f"there is no endpoint {one}")
        answer.expect_members(detail="source_id: endpoint not found")


@both_writes
@requirement("FLOW-006")
def test_an_unknown_target_is_told_in_words(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    gone = api.a_destination()["id"]
    TARGET.removed(api, gone)
    beside = TARGET.absent(api, api.a_source_id())
    for one in (*unknown_ids(), gone, *beside):
        answer = write(destination_id=one)
        answer.expect(400, why=f"there is no target {one}")
        answer.expect_members(detail="destination_id: target not found")


@requirement("FLOW-007")
def test_reading_and_listing_show_the_last_write(api: Tenant) -> None:
    body = FLOW.body(api) | {"config": {"retry_policy": LARGE}}
    written = api.call(FLOW.create, json=body).precondition(201)
    one = str(written["id"])
    for change in ({}, *replacements(api)):
        body |= change
        if change:
            written = FLOW.ask(api, FLOW.update, one, json=body).precondition(200)
        read = must_be_read(FLOW.read(api, one), written, body)
        FLOW.shows_row(api, one, read)


def replacements(api: Tenant) -> list[dict[str, Any]]:
    """Changes of a flow, of one member each and of all."""
    return [
        {"name": a_name("changed")},
        {"source_id": api.a_source_id()},
        {"destination_id": api.a_destination(type="slack")["id"]},
        {"config": config(max_attempts=8, backoff_seconds=10)},
        {"config": config(max_attempts=8, backoff_seconds=88)},
        {
            "name": a_name("changed"),
            "source_id": api.a_source_id(),
            "destination_id": api.a_destination()["id"],
            "config": config(max_attempts=2, backoff_seconds=2),
        },
    ]


@requirement("FLOW-008")
def test_an_unknown_flow_is_told_in_words(api: Tenant) -> None:
    body = FLOW.body(api)
    is_unknown(FLOW, api, body, body["source_id"], body["destination_id"])


@pytest.mark.parametrize("by_recipe", [False, True], ids=["flow", "recipe"])
@requirement("FLOW-009")
def test_a_replacement_sets_what_it_says(api: Tenant, by_recipe: bool) -> None:
    one = (a_recipe_flow(api) if by_recipe else api.a_flow())["id"]
    flow = FLOW.read(api, one).expect(200).document
    for change in replacements(api):
        body = FLOW.written(flow) | change
        answer = FLOW.ask(api, FLOW.update, one, json=body).expect(200)
        shows(answer, body | {"id": one, "status": "active"})
        flow = shows(FLOW.read(api, one).expect(200), body | {"status": "active"}).document


@pytest.mark.parametrize("by_recipe", [False, True], ids=["flow", "recipe"])
@requirement("FLOW-013")
def test_a_deleted_flow_is_gone(api: Tenant, by_recipe: bool) -> None:
    made = a_recipe_flow(api) if by_recipe else api.a_flow()
    one, next_one, body = made["id"], api.a_flow(), FLOW.body(api)
    FLOW.remove(api, one).expect(204)
    FLOW.read(api, one).expect(404, why="it is deleted")
    FLOW.ask(api, FLOW.update, one, json=body).expect(404, why="it is deleted")
    FLOW.remove(api, one).expect(404, why="it is deleted already")
    FLOW.read(api, one).expect(404, why="a PUT makes nothing")
    must(not FLOW.is_listed(api, one), "the list still shows the deleted flow")
    FLOW.read(api, next_one["id"]).expect(200, why="another flow was deleted")


@requirement("FLOW-013")
def test_what_a_deleted_flow_joined_stays(api: Tenant) -> None:
    flow = api.a_flow()
    FLOW.remove(api, flow["id"]).expect(204)
    TARGET.read(api, flow["destination_id"]).expect(200, why="only its flow was deleted")
    if api.makes_ingesters:
        ENDPOINT.read(api, flow["source_id"]).expect(200, why="only its flow was deleted")
