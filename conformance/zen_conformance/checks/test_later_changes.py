"""What a change does to the timestamps, more than a second after the last one.

Each kind of change has a resource of its own; they wait that second together.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.checks.signing_secrets import secret
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.moments import moment
from zen_conformance.resources import (
    ENDPOINT,
    FLOW,
    TARGET,
    Resource,
    a_recipe_flow,
    recipe_rows,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

_MORE_THAN_A_SECOND = 1.25  # what the contract speaks of, and some for a clock that runs slow


@dataclass(frozen=True)
class Change:
    """One change of one resource: before it, its answer, GET after it, and what came next."""

    members: Mapping[str, Any]
    before: Mapping[str, Any]
    answer: Answer
    read: Answer
    row: Mapping[str, Any] | None
    next_answer: Answer
    recipe_row: Mapping[str, Any] | None = None

    @property
    def what(self) -> str:
        """The members that were changed."""
        return " and ".join(self.members)

    @property
    def took_effect(self) -> bool:
        """Whether it can be seen that something has changed; of a secret it cannot."""
        return any(
            name == "secret" or self.read.get(name) != self.before.get(name)
            for name in self.members
        )


def target_changes() -> list[dict[str, Any]]:
    """Every kind of change that PATCH makes."""
    return [
        {"name": a_name("later")},
        {"url": "https://later.example.com/"},
        {"type": "later"},
        {"secret": secret(48)},
        {"secret": None},
        {"status": "disabled"},
        {"name": a_name("later"), "url": "https://later.example.com/", "type": "later"},
    ]


def flow_changes(api: Tenant) -> list[dict[str, Any]]:
    """Every kind of change that PUT of a flow makes."""
    policy = {"max_attempts": 5, "backoff_seconds": 50}
    return [
        {"name": a_name("later")},
        {"source_id": api.a_source_id()},
        {"destination_id": api.a_destination()["id"]},
        {"config": {"retry_policy": policy | {"max_attempts": 6}}},
        {"config": {"retry_policy": policy | {"backoff_seconds": 60}}},
        {"config": {}},
    ]


def endpoint_changes() -> list[dict[str, Any]]:
    """Every kind of change that PUT of an endpoint makes."""
    return [{"name": a_name("later")}, {"type": "github"}, {"name": a_name("x"), "type": "twilio"}]


def changed_later(
    suite: Suite,
    resource: Resource,
    make: Callable[[dict[str, Any]], dict[str, Any]],
    changes: list[dict[str, Any]],
) -> list[Change]:
    """Each change made to a new resource of its own, more than a second after that was made."""
    api = suite.primary
    made = [make(change) for change in changes]
    time.sleep(_MORE_THAN_A_SECOND)
    told = []
    for before, members in zip(made, changes, strict=True):
        answer = resource.change(api, before, **members)
        read = resource.read(api, before["id"])
        row = resource.row(api, before["id"])
        recipe = resource is FLOW and api.entry.clusters
        in_recipe = recipe_rows(api, [before["id"]]).get(before["id"]) if recipe else None
        after = resource.change(api, before, name=a_name("next"))
        told.append(Change(members, before, answer, read, row, after, in_recipe))
    return told


def targets_change(suite: Suite) -> list[Change]:
    """Targets, by PATCH."""
    api = suite.primary

    def make(change: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = api.a_destination(
            **({"secret": secret(32)} if "secret" in change else {"type": "before"})
        )
        return document

    return changed_later(suite, TARGET, make, target_changes())


def flows_change(suite: Suite) -> list[Change]:
    """Flows, by PUT, one of them made by recipe."""
    api = suite.primary
    policy = {"max_attempts": 5, "backoff_seconds": 50}

    def make(change: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = api.a_flow(config={"retry_policy": policy})
        return document

    return changed_later(suite, FLOW, make, flow_changes(api))


def recipes_change(suite: Suite) -> list[Change]:
    """A flow made by recipe, by PUT."""
    api = suite.primary
    if not api.entry.clusters:
        raise NotOffered

    def make(change: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = FLOW.read(api, a_recipe_flow(api)["id"]).document
        return document

    return changed_later(suite, FLOW, make, [{"name": a_name("later")}])


def endpoints_change(suite: Suite) -> list[Change]:
    """Endpoints, by PUT."""
    api = suite.primary

    def make(change: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = ENDPOINT.read(api, ENDPOINT.made(api)["id"]).document
        return document

    return changed_later(suite, ENDPOINT, make, endpoint_changes())


def moves_updated_at(told: list[Change]) -> None:
    """`updated_at` is later after the change, everywhere, and no earlier after the next one."""
    for one in told:
        if not one.took_effect:
            raise NotRun(f"a change of {one.what} changed nothing")
        before = moment(one.before["updated_at"])
        for shown in (one.answer.expect(200), one.read.expect(200)):
            said = shown["updated_at"]
            shown.must(
                moment(said) > before,
                f"a change of {one.what} left updated_at at {said!r}"
                f" though it was {one.before['updated_at']!r} more than a second before",
            )
        row = (one.row or {}).get("updated_at")
        one.read.must(
            moment(row) == moment(one.read["updated_at"]),
            f"the list shows updated_at as {row!r} instead of {one.read['updated_at']!r}",
        )
        said = one.next_answer.expect(200)["updated_at"]
        moved_back = moment(said) < moment(one.answer["updated_at"])
        one.next_answer.must(not moved_back, f"updated_at moved back to {said!r}")


def keeps(told: list[Change], *members: str) -> None:
    """Those members are after the change what they were before it, everywhere."""
    for one in told:
        for shown in (one.answer.expect(200), one.read.expect(200), one.next_answer.expect(200)):
            for member in members:
                said, was = shown[member], one.before[member]
                kept = same(member, said, was)
                shown.must(kept, f"a change of {one.what} made {member} {said!r} from {was!r}")
        said = (one.row or {}).get("created_at")
        kept = same("created_at", said, one.before["created_at"])
        one.read.must(kept, f"after a change of {one.what} the list shows created_at {said!r}")


def same(member: str, said: Any, was: Any) -> bool:
    """Whether a member has kept its value, a timestamp in whatever words."""
    return bool(moment(said) == moment(was)) if member.endswith("_at") else said == was


@requirement("DEST-017", scenario=targets_change)
def test_a_later_change_of_a_target_moves_updated_at(told: list[Change]) -> None:
    moves_updated_at(told)


@requirement("DEST-018", scenario=targets_change)
def test_a_change_of_a_target_keeps_id_and_created_at(told: list[Change]) -> None:
    keeps(told, "id", "created_at")


@requirement("FLOW-012", scenario=flows_change)
def test_a_later_change_of_a_flow_moves_updated_at(told: list[Change]) -> None:
    moves_updated_at(told)


@requirement("FLOW-012", scenario=recipes_change)
def test_a_later_change_of_a_recipes_flow_moves_updated_at(told: list[Change]) -> None:
    moves_updated_at(told)


@requirement("FLOW-011", scenario=flows_change)
def test_a_change_of_a_flow_keeps_id_and_created_at(told: list[Change]) -> None:
    keeps(told, "id", "created_at")


@requirement("FLOW-011", scenario=recipes_change)
def test_a_change_of_a_recipes_flow_keeps_id_and_created_at(told: list[Change]) -> None:
    keeps(told, "id", "created_at")


@requirement("RECIPE-004", scenario=flows_change)
def test_the_recipe_shows_when_a_flow_was_changed(told: list[Change]) -> None:
    for one in told:
        if one.recipe_row is None:
            raise NotOffered
        for camel, snake in (("createdAt", "created_at"), ("updatedAt", "updated_at")):
            said, wanted = one.recipe_row.get(camel), one.read[snake]
            # To the second: one view may show fractions that the other leaves out.
            fits = moment(said)[0] == moment(wanted)[0]
            one.read.must(fits, f"the recipe shows {camel} as {said!r} instead of {wanted!r}")


@requirement("ING-008", scenario=endpoints_change)
def test_a_later_change_of_an_endpoint_moves_updated_at(told: list[Change]) -> None:
    moves_updated_at(told)


@requirement("ING-007", scenario=endpoints_change)
def test_a_change_of_an_endpoint_keeps_id_address_and_created_at(told: list[Change]) -> None:
    keeps(told, "id", "ingest_url", "created_at")
