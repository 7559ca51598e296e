"""What PATCH does to a target, member by member, and what it leaves alone."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.checks.signing_secrets import secret
from zen_conformance.crowd import Crowd
from zen_conformance.failures import NotRun
from zen_conformance.resources import TARGET, must_be_read
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

MEDIA = ("application/json", "application/merge-patch+json")
SHOWN = ("id", "name", "url", "type", "status")
each_media = pytest.mark.parametrize("media", MEDIA)


def a_change(members: tuple[str, ...], turn: int = 0) -> dict[str, Any]:
    """New values for those members."""
    values: dict[str, Any] = {
        "name": a_name("changed"),
        "url": f"https://changed.example.com:8443/hooks/{turn}?a=b",
        "type": f"changed-{turn}",
        "secret": secret(32, turn),
        "status": ("active", "disabled")[turn % 2],
    }
    return {member: values[member] for member in members}


def subsets(of: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every choice of one or more of them."""
    for size in range(1, len(of) + 1):
        yield from itertools.combinations(of, size)


def patch(api: Tenant, one: str, change: Any, media: str = MEDIA[0]) -> Answer:
    """PATCH of a target."""
    return TARGET.ask(api, TARGET.update, one, json=change, content_type=media)


def shows(answer: Answer, wanted: dict[str, Any]) -> None:
    """The answer is a target with those members."""
    answer.expect(200).expect_members(**{member: wanted[member] for member in SHOWN})


@requirement("DEST-009")
def test_reading_and_listing_show_the_last_write(api: Tenant) -> None:
    shown = TARGET.body(api) | {"type": "first"}
    written = api.call(TARGET.create, json=shown).precondition(201)
    one = str(written["id"])
    for turn, members in enumerate([(), *subsets(("name", "url", "type", "secret", "status"))]):
        change = a_change(members, turn)
        if change:
            written = patch(api, one, change).precondition(200)
        shown |= change
        shown.pop("secret", None)
        TARGET.shows_row(api, one, must_be_read(TARGET.read(api, one), written, shown))


@each_media
@requirement("DEST-011")
def test_each_member_is_set(api: Tenant, media: str) -> None:
    chosen = [*subsets(("name", "url", "type")), *_with_what_is_not_shown()]
    for turn, members in enumerate(chosen):
        target, change = api.a_destination(), a_change(members, turn)
        answer = patch(api, target["id"], change, media).expect(200)
        set_here = {name: one for name, one in change.items() if name in ("name", "url", "type")}
        answer.expect_members(**set_here)
        TARGET.read(api, target["id"]).expect(200).expect_members(**set_here)


def _with_what_is_not_shown() -> Iterator[tuple[str, ...]]:
    """A secret or a status, and what goes with it: one other member, or all."""
    for members in subsets(("name", "url", "type", "secret", "status")):
        if {"secret", "status"} & set(members) and len(members) in (1, 2, 5):
            yield members


@requirement("DEST-011")
def test_each_member_of_a_target_in_use_is_set(api: Tenant) -> None:
    target = api.a_destination()
    api.a_flow(destination_id=target["id"])
    for turn, members in enumerate(subsets(("name", "url", "type"))):
        change = a_change(members, turn)
        patch(api, target["id"], change).expect(200, why="a flow uses it").expect_members(**change)
        TARGET.read(api, target["id"]).expect(200).expect_members(**change)


@each_media
@requirement("DEST-011")
def test_what_is_there_already_is_taken_again(api: Tenant, media: str) -> None:
    target = api.a_destination(type="kept_type")
    for members in subsets(("name", "url", "type", "status")):
        shows(patch(api, target["id"], {name: target[name] for name in members}, media), target)


@each_media
@pytest.mark.parametrize("status", ["active", "disabled"])
@requirement("DEST-013")
def test_absent_members_stay(api: Tenant, suite: Suite, media: str, status: str) -> None:
    members = ("name", "url", "type", "secret", "status")
    most = suite.configuration.scaled(2, len(members), len(members))
    for turn, chosen in enumerate(one for one in subsets(members) if len(one) <= most):
        given = {"url": "https://kept.example.com:444/Hooks?x", "type": "kept_type"}
        made = api.a_destination(**given, secret=secret(24, turn))
        if status != "active":
            TARGET.changed(api, made, status=status)
        before = made | given | {"status": status}
        stays = {name: before[name] for name in SHOWN if name not in chosen}
        patched = patch(api, made["id"], a_change(chosen, turn), media)
        patched.precondition(200).expect_members(**stays)
        TARGET.read(api, made["id"]).expect(200).expect_members(**stays)


@requirement("DEST-013")
def test_absent_members_stay_when_the_secret_is_removed(api: Tenant) -> None:
    made = api.a_destination(type="kept_type", secret=secret(24))
    before = TARGET.changed(api, made, status="disabled")
    shows(patch(api, made["id"], {"secret": None}), before)
    shows(TARGET.read(api, made["id"]), before)


@requirement("DEST-013")
def test_of_updates_at_once_none_undoes_another(api: Tenant, suite: Suite) -> None:
    target = api.a_destination()
    members = ("name", "url", "type", "status")
    with Crowd(suite, len(members)) as crowd:
        for turn in range(suite.configuration.scaled(4, 8, 30)):
            changes = [a_change((member,), turn) for member in members]
            answers = crowd.at_once([partial(patch, api, target["id"], one) for one in changes])
            for answer, change in zip(answers, changes, strict=True):
                if answer.status != 200:  # it may be one that is never taken
                    patch(api, target["id"], change).precondition(200)
                _must_be_taken(answer.expect(200), change)
            wanted = {name: value for change in changes for name, value in change.items()}
            TARGET.read(api, target["id"]).expect(200).expect_members(**wanted)


def _must_be_taken(answer: Answer, change: dict[str, Any]) -> None:
    """The update says that it was made; a precondition of that others leave it alone."""
    for name, value in change.items():
        if answer.get(name) != value:
            raise NotRun(f"a precondition failed: {name} was not changed by {answer.asked}")


@each_media
@requirement("DEST-014")
def test_an_empty_update_is_refused(api: Tenant, media: str) -> None:
    target = api.a_destination(type="kept_type")
    patch(api, target["id"], {}, media).expect(400, why="a PATCH changes at least one member")


@each_media
@pytest.mark.parametrize("member", ["name", "url", "type", "status"])
@requirement("DEST-014")
def test_null_for_a_member_is_refused(api: Tenant, media: str, member: str) -> None:
    target = api.a_destination(type="kept_type", secret=secret(24))
    others = [one for one in ("name", "url", "type", "status", "secret") if one != member]
    for change in ({}, *(a_change((other,), 1) for other in others), {"secret": None}):
        answer = patch(api, target["id"], {member: None} | change, media)
        answer.expect(400, why=f"{member} cannot be null")
        kept = TARGET.read(api, target["id"]).expect(200)
        for name in SHOWN:
            if kept[name] != target[name]:
                failure = kept.failure(f"{name} changed though the update was refused")
                failure.requirement = "ORDER-011"
                raise failure


@each_media
@requirement("DEST-015")
def test_the_secret_is_removed(api: Tenant, media: str) -> None:
    for more in ({}, {"secret": secret(24)}):
        target = api.a_destination(**more)
        for change in ({"secret": None}, {"secret": None}, {"secret": None, "type": "other"}):
            answer = patch(api, target["id"], change, media)
            answer.expect(200, why="null removes the secret, if there is one")
            answer.expect_members(id=target["id"])
        patch(api, target["id"], {"secret": secret(64)}, media).expect(200, why="a new secret")


@pytest.mark.parametrize(
    "members", [("name",), ("url",), ("type",), ("secret",), ("status",), ("name", "url", "type")]
)
@requirement("DEST-016")
def test_a_merge_patch_is_taken_as_json_is(api: Tenant, members: tuple[str, ...]) -> None:
    plain, made = (api.a_destination(type="kept_type") for _ in range(2))
    change = a_change(members, 1)
    TARGET.changed(api, plain, **change)
    change |= {name: a_name("merged") for name in members if name == "name"}
    shows(patch(api, made["id"], change, MEDIA[1]), made | change)
    shows(TARGET.read(api, made["id"]), made | change)


@pytest.mark.parametrize(
    "member", ["id", "created_at", "updated_at", "tenant_id", "secret_set", "deleted"]
)
@requirement("BODY-009")
def test_a_read_only_or_unknown_member_is_refused(api: Tenant, member: str) -> None:
    target = api.a_destination()
    for value in (target.get(member, "x"), None):
        for more in ({}, {"name": a_name("changed")}):
            answer = patch(api, target["id"], {member: value} | more)
            answer.expect(400, why=f"{member} is no member of a PATCH")
