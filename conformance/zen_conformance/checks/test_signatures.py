"""Signatures over the exact bytes: present with a secret, absent without, by the current one."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from zen_conformance.check import requirement
from zen_conformance.checks.signing_secrets import SECRETS, secret
from zen_conformance.failures import NotOffered
from zen_conformance.payloads import PAYLOADS
from zen_conformance.receiver import Delivered, Reply
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, changed_in_time, see, tell

_OLD, _NEW = secret(24, 3), secret(64, 9)

Signed = Mapping[object, Tale]


def signed(suite: Suite) -> Signed:
    """Events of every kind and secrets of every size, tried twice."""
    tales: dict[object, Tale] = {}
    for name, (body, content_type) in PAYLOADS.items():
        event = {"body": body, "content_type": content_type}
        tales[name] = tell(suite, *_TWICE, max_attempts=2, secret=_OLD, event=event)
    for place, one in enumerate(SECRETS):
        tales[place] = tell(suite, *_TWICE, max_attempts=2, secret=one)
    tales["later"] = tell(
        suite, *_TWICE, max_attempts=2, backoff_seconds=_APART_SECONDS, secret=_OLD
    )
    see(list(tales.values()), seconds=2 * PROMPTLY_SECONDS)
    return tales


_TWICE = (Reply(500), Reply(200))
# Timestamps are whole seconds, and a busy server sends some time after it has signed.
_APART_SECONDS = 4
_OFF_SECONDS = 2.5


@requirement("SIGN-001", scenario=signed)
def test_the_webhook_id_is_the_events(told: Signed) -> None:
    for tale in told.values():
        for number in (1, 2):
            shown = tale.arrival(number).all("webhook-id")
            tale.must(shown == [tale.event.id], f"webhook-id is {shown}, not {tale.event.id}")


@requirement("SIGN-001", scenario=signed)
def test_the_webhook_timestamp_is_the_time_of_the_attempt(told: Signed) -> None:
    for tale in told.values():
        first, second = (_timestamp(tale, tale.arrival(number)) for number in (1, 2))
        apart = tale.arrival(2).at - tale.arrival(1).at
        tale.must(
            abs((second - first) - apart) <= _OFF_SECONDS,
            f"two attempts {apart:.1f} s apart have timestamps {second - first} s apart",
        )


@requirement("SIGN-001", scenario=signed)
def test_the_webhook_timestamp_is_near_the_time_here(told: Signed) -> None:
    for tale in told.values():
        came = tale.arrival(1)
        off = _timestamp(tale, came) - came.at
        tale.must(abs(off) < 300, f"webhook-timestamp is {off:+.0f} s from the time of arrival")


@pytest.mark.parametrize("name", PAYLOADS)
@requirement("SIGN-002", scenario=signed)
def test_the_exact_bytes_are_signed(told: Signed, name: str) -> None:
    for number in (1, 2):
        _is_signed(told[name], number, _OLD["value"])


@pytest.mark.parametrize("place", range(len(SECRETS)))
@requirement("SIGN-002", scenario=signed)
def test_a_secret_of_any_size_signs(told: Signed, place: int) -> None:
    for number in (1, 2):
        _is_signed(told[place], number, SECRETS[place]["value"])


def changed(suite: Suite) -> Signed:
    """Targets whose secret is set, replaced, removed or left alone while a retry waits."""
    changes: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "never": ({}, {}),
        "set": ({}, {"secret": _NEW}),
        "replaced": ({"secret": _OLD}, {"secret": _NEW}),
        "removed": ({"secret": _OLD}, {"secret": None}),
        "renamed": ({"secret": _OLD}, {"type": "webhook"}),
        "activated": ({"secret": _OLD}, {"status": "active"}),
        "moved": ({"secret": _OLD}, {}),
    }
    tales: dict[object, Tale] = {}
    for name, (given, change) in changes.items():
        tales[name], _ = changed_in_time(
            lambda backoff, given=given: tell(  # type: ignore[misc]
                suite, *_TWICE, max_attempts=2, backoff_seconds=backoff, **given
            ),
            partial(_change, change, moves=name == "moved"),
        )
    see(list(tales.values()), seconds=2 * PROMPTLY_SECONDS)
    return tales


def _change(members: Mapping[str, Any], tale: Tale, _: int, *, moves: bool) -> None:
    moved = {"url": f"{tale.story.box.url}?moved=1"} if moves else {}
    if members or moved:
        tale.story.change_target(**members, **moved)


@requirement("SIGN-003", scenario=changed)
def test_without_a_secret_nothing_is_signed(told: Signed) -> None:
    for name, number in (("never", 1), ("never", 2), ("set", 1)):
        _is_unsigned(told[name], number)


@requirement("SIGN-003", scenario=changed)
def test_a_removed_secret_signs_no_more(told: Signed) -> None:
    _is_unsigned(told["removed"], 2)


@pytest.mark.parametrize("how", ["set", "replaced"])
@requirement("SIGN-004", scenario=changed)
def test_a_secret_set_later_signs_the_next_attempt(told: Signed, how: str) -> None:
    _is_signed(told[how], 2, _NEW["value"])


@pytest.mark.parametrize("how", ["renamed", "activated", "moved"])
@requirement("SIGN-004", scenario=changed)
def test_a_patch_without_a_secret_keeps_it(told: Signed, how: str) -> None:
    for number in (1, 2):
        _is_signed(told[how], number, _OLD["value"])


def retried_after_a_change(suite: Suite) -> tuple[Tale, Tale]:
    """A manual retry of a target that has another address and secret by then: before and after."""
    if not suite.target.offers("retry"):
        raise NotOffered
    before = tell(suite, Reply(500), secret=_OLD)
    see([before])
    story = replace(before.story, box=suite.receiver.box(Reply(200)))
    story.change_target(url=story.box.url, secret=_NEW)
    before.expected += 1
    story.api.call("retryEvent", event_id=before.event.id)
    see([before])
    return before, Tale(story, before.event)


@requirement("ATTEMPT-017", scenario=retried_after_a_change)
def test_a_manual_retry_goes_to_the_url_of_its_time(told: tuple[Tale, Tale]) -> None:
    before, after = told
    before.executed(2)
    came = len(before.story.box.arrived), len(after.story.box.arrived)
    before.must(came == (1, 1), f"the addresses of before and of now were asked {came} times")


@requirement("SIGN-004", scenario=retried_after_a_change)
def test_a_manual_retry_is_signed_with_the_secret_of_its_time(told: tuple[Tale, Tale]) -> None:
    before, after = told
    before.executed(2)
    where = after if after.story.box.arrived else before
    _is_signed(where, len(where.story.box.arrived), _NEW["value"])


def _timestamp(tale: Tale, came: Delivered) -> int:
    shown = came.all("webhook-timestamp")
    tale.must(len(shown) == 1 and shown[0].isdecimal(), f"webhook-timestamp is {shown}")
    return int(shown[0])


def _is_signed(tale: Tale, number: int, value: str) -> None:
    came = tale.arrival(number)
    key = base64.b64decode(value.removeprefix("whsec_"))
    stamp = came.header("webhook-timestamp") or ""
    content = f"{came.header('webhook-id')}.{stamp}.".encode() + came.body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    shown = came.all("webhook-signature")
    # The header is a list by spaces; signatures of other versions may stand beside ours.
    fits = len(shown) == 1 and wanted in shown[0].split(" ")
    if not fits:
        raise tale.fails(
            f"webhook-signature of attempt {number} does not fit", expected=wanted, got=str(shown)
        )


def _is_unsigned(tale: Tale, number: int) -> None:
    shown = tale.arrival(number).all("webhook-signature")
    tale.must(not shown, f"without a secret attempt {number} has webhook-signature {shown}")
