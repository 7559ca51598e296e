"""`next_cursor` at every edge, walks while rows come and go, and cursors of others."""

import itertools
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.at_rest import Quiet
from zen_conformance.check import early, requirement
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.listings import LISTINGS, Stock, View
from zen_conformance.pages import LONG_PAGE
from zen_conformance.suite import Suite

pytestmark = early()
each_view = pytest.mark.parametrize("view", LISTINGS, indirect=True)
_ENOUGH_PAGES = 40  # of one row or two: a long walk with them says no more


@requirement("LIST-006")
@each_view
def test_a_page_that_rows_follow_has_a_next_cursor(view: View) -> None:
    for limit in filter(view.serves, (1, 2, 20, 44, LONG_PAGE, 100)):
        seen = 0
        for page in itertools.islice(view.known_walk(limit), _ENOUGH_PAGES):
            seen += len(view.ours([page]))
            left = len(view.own) - seen
            if left <= 0:
                break
            has = isinstance(page.get("next_cursor"), str) and page.get("next_cursor") != ""
            page.must(has, f"no next_cursor though {left} rows of ours follow")


@pytest.fixture(scope="module")
def quiet(stock: Stock, suite: Suite) -> Quiet:
    """Walks at rest that the checks of the last page share."""
    return Quiet(stock, suite.other)


@requirement("LIST-006")
@pytest.mark.parametrize("name", LISTINGS)
def test_a_walk_ends_only_with_the_last_row(quiet: Quiet, name: str) -> None:
    whole = quiet.whole(name)
    for pages in whole.walks.values():
        left = whole.count - sum(len(whole.view.rows(page)) for page in pages)
        pages[-1].must(left <= 0, f"no next_cursor though {left} rows follow, of {whole.count}")


@requirement("LIST-007")
@pytest.mark.parametrize("name", LISTINGS)
def test_the_page_with_the_last_row_has_no_next_cursor(quiet: Quiet, name: str) -> None:
    whole = quiet.whole(name)
    for limit, pages in whole.walks.items():
        left = whole.count - sum(len(whole.view.rows(page)) for page in pages)
        pages[-1].must(
            left > 0 or "next_cursor" not in pages[-1].document,
            f"next_cursor at the end of {whole.count} rows with the limit {limit}",
        )


@requirement("LIST-008")
@pytest.mark.parametrize("name", ["destinations", "deliveries"])
def test_a_cursor_is_good_though_many_were_given_since(stock: Stock, name: str) -> None:
    view = stock.view(name)
    cursor = view.cursor()
    for limit in range(2, stock.suite.configuration.scaled(64, 100, 100)):
        view.cursor(limit)
    answer = view.page({"cursor": cursor})
    answer.expect(200, why="other cursors were given since, and this one is still of this list")


_EMPTY = [
    ("deliveries", {"destination_id": "zc_missing"}),
    ("logs", {"source_id": "zc_missing"}),
    ("logs", {"delivery_id": "zc_missing"}),
    ("logs", {"since": "2999-01-01T00:00:00Z"}),
    ("logs", {"until": "1999-01-01T00:00:00Z"}),
]


@requirement("LIST-007")
@pytest.mark.parametrize(("name", "query"), _EMPTY)
def test_a_list_without_rows_has_no_next_cursor(
    stock: Stock, name: str, query: Mapping[str, str]
) -> None:
    view = replace(stock.view(name), query=query)
    answer = view.page()
    if view.rows(answer):
        raise NotRun("the filter leaves rows where there can be none")
    answer.must("next_cursor" not in answer.document, "next_cursor in a list without rows")


def _changed(cursor: str) -> list[str]:
    """Cursors that differ from that one, each in a way that no lenient decoding undoes."""
    swapped = [cursor[:at] + _other(cursor[at]) + cursor[at + 1 :] for at in _positions(cursor)]
    half = len(cursor) // 2
    return [
        *swapped,
        cursor[:half],
        cursor[half:],
        cursor[1:],
        cursor[:-4],
        "AAAA" + cursor,
        cursor + "AAAA",
        cursor + cursor,
        cursor[::-1],
    ]


def _positions(cursor: str) -> list[int]:
    # The last character of a piece may hold bits that decoding drops.
    safe = [
        at
        for at, one in enumerate(cursor[:-1])
        if one.isalnum() and (cursor[at + 1].isalnum() or cursor[at + 1] in "-_")
    ]
    step = max(1, len(safe) // 12)
    return safe[:-1:step]


def _other(one: str) -> str:
    for alphabet in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if one in alphabet:
            return alphabet[(alphabet.index(one) + 3) % len(alphabet)]
    raise ValueError(one)


@requirement("LIST-011")
@each_view
def test_a_cursor_that_was_changed_is_refused(view: View) -> None:
    cursor = view.cursor(2)
    for changed in _changed(cursor):
        if changed != cursor:
            _must_refuse(view.page({"cursor": changed}), "it was changed")


_NOBODYS = (
    "", "1", "20", "x", "null", "zc_missing", "eyJpZCI6MX0", "MA", "2026-07-01T10:00:00Z",
    "c" * 1024, "c" * 3000, "../..", "a b", "\u00fc", "\x00",
)  # fmt: skip


@requirement("LIST-011")
@pytest.mark.parametrize("name", LISTINGS)
def test_a_cursor_that_nobody_gave_is_refused(stock: Stock, name: str) -> None:
    for cursor in _NOBODYS:
        _must_refuse(stock.view(name).page({"cursor": cursor}), "no list gave it")


@requirement("LIST-011")
@each_view
def test_the_id_of_a_row_is_no_cursor(view: View) -> None:
    row = _newest(view)
    _must_refuse(view.page({"cursor": str(row.get("id"))}), "it is a row's id")


def _newest(view: View) -> dict[str, Any]:
    rows = view.rows(view.page({"limit": 1}))
    if not rows:
        raise NotRun("the list is empty")
    return rows[0]


def _must_refuse(answer: Answer, why: str) -> None:
    answer.expect_problem(400, "validation-error", why=f"of the cursor: {why}")
    answer.expect_field("cursor")  # which is part of what is said of cursors


def _must_refuse_foreign(view: View, cursor: str, why: str) -> None:
    """A cursor of another list is refused; NotRun where one is not that nobody gave."""
    answer = view.page({"cursor": cursor})
    try:
        _must_refuse(answer, why)
    except ConformanceFailure:
        _must_be_refused_of_nobody(view)
        raise


def _must_be_refused_of_nobody(view: View) -> None:
    try:
        _must_refuse(view.page({"cursor": "zc_missing"}), "no list gave it")
    except ConformanceFailure as failure:
        raise NotRun(f"a precondition failed: {failure.message}") from failure


@requirement("LIST-012")
@pytest.mark.parametrize("given_by", LISTINGS)
@each_view
def test_a_cursor_of_another_list_is_refused(view: View, stock: Stock, given_by: str) -> None:
    giver = stock.view(given_by)
    if giver.listing == view.listing:
        pytest.skip("not offered")
    bare = replace(view, query={})
    _must_refuse_foreign(bare, replace(giver, query={}).cursor(), f"{given_by} gave it")


def _filter_sets(stock: Stock, name: str) -> list[dict[str, str]]:
    """Sets of filters that each leave more than one row."""
    view = stock.view(name)
    if name == "logs":
        sets = [{"level": "info"}, {"since": view.query["since"]}, {"until": view.query["until"]}]
        return [{}, *sets, {**sets[0], **sets[1]}, dict(view.query)]
    row = _newest(view)
    status, target = {"status": str(row.get("status"))}, dict(view.query)
    event = {"event_id": str(row.get("event_id"))}
    pairs = [{**status, **target}, {**status, **event}, {**target, **event}]
    return [{}, status, target, event, *pairs, {**status, **target, **event}]


@requirement("LIST-013")
@pytest.mark.parametrize("name", ["deliveries", "logs"])
def test_a_cursor_of_other_filters_is_refused(stock: Stock, name: str) -> None:
    bare = replace(stock.view(name), query={})
    sets = _filter_sets(stock, name)
    for given in sets:
        cursor = replace(bare, query=given).cursor()
        replace(bare, query=given).page({"cursor": cursor}).precondition(200)
        for used in sets:
            if used != given:
                why = f"it was given with {_words(given)} and used with {_words(used)}"
                _must_refuse_foreign(replace(bare, query=used), cursor, why)


_OTHER_VALUES = [
    ("deliveries", "status", "delivered"),
    ("deliveries", "status", "pending"),
    ("deliveries", "destination_id", "zc_missing"),
    ("logs", "level", "warn"),
    ("logs", "level", "error"),
    ("logs", "source_id", "zc_missing"),
    ("logs", "delivery_id", "zc_missing"),
    ("logs", "since", "2020-02-02T00:00:00Z"),
    ("logs", "until", "2998-01-01T00:00:00Z"),
]


@requirement("LIST-013")
@pytest.mark.parametrize(("name", "filtered", "value"), _OTHER_VALUES)
def test_a_cursor_of_another_value_of_a_filter_is_refused(
    stock: Stock, name: str, filtered: str, value: str
) -> None:
    bare = replace(stock.view(name), query={})
    for given in _filter_sets(stock, name):
        if filtered in given or name == "logs":
            cursor = replace(bare, query=given).cursor()
            used = {**given, filtered: value}
            why = f"it was given with {_words(given)} and used with {_words(used)}"
            _must_refuse_foreign(replace(bare, query=used), cursor, why)


@requirement("LIST-013")
def test_a_cursor_of_another_event_is_refused(stock: Stock) -> None:
    view = stock.view("deliveries")
    events = {str(row.get("event_id")) for page in view.walk(LONG_PAGE) for row in view.rows(page)}
    if len(events) < 2:
        raise NotRun("the list does not show the attempts of two events")
    one, two, *_ = sorted(events)
    cursor = replace(view, query={"event_id": one}).cursor()
    other = replace(view, query={"event_id": two})
    _must_refuse_foreign(other, cursor, "it was given for another event")


def _words(query: Mapping[str, str]) -> str:
    return " and ".join(query) or "no filter"
