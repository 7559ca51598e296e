"""Pages of every list: how many rows, which parameters, and walks at rest."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.at_rest import QUIET_SECONDS
from zen_conformance.check import early, requirement
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.listings import LISTINGS, MADE, View
from zen_conformance.moments import moment
from zen_conformance.pages import LONG_PAGE
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

pytestmark = early()
each_view = pytest.mark.parametrize("view", LISTINGS, indirect=True)
_LIMITS = (1, 2, 3, 19, 20, 21, 40, 50, 99, 100)


def a_view(api: Tenant, suite: Suite, name: str) -> View:
    """A list as it is, without rows of ours."""
    if name == "logs" and not suite.target.offers("logs"):
        raise NotOffered
    if name == "ingesters" and not suite.target.offers("ingesters"):
        raise NotOffered
    return View(api, LISTINGS[name])


@requirement("LIST-001")
@each_view
def test_a_page_has_as_many_rows_as_limit_says(view: View) -> None:
    for limit in _LIMITS:
        first = _must_have(view, limit, more=len(view.own) > limit)
        cursor = first.get("next_cursor")
        if cursor is not None:
            _must_have(view, limit, cursor, more=len(view.own) > 2 * limit)


@requirement("LIST-002")
@each_view
def test_a_page_has_20_rows_without_limit(view: View) -> None:
    first = _must_have(view, None, more=True)
    _must_have(view, None, first["next_cursor"], more=len(view.own) > 40)
    _must_have(view, None, view.cursor(3), more=len(view.own) > 23)


def _must_have(view: View, limit: int | None, cursor: str | None = None, *, more: bool) -> Answer:
    """The page, unless it has more rows than that, or fewer as pages have that more rows follow."""
    answer = _page(view, limit, cursor)
    count, wanted = len(view.rows(answer)), limit or _DEFAULT
    answer.must(count <= wanted, f"a page of at most {wanted} rows has {count}")
    if more and count < wanted:
        only_here = _some_is_full(_elsewhere(view, limit)) and (
            limit is None or _some_is_full(_with_other_limits(view, limit, cursor))
        )
        answer.must(only_here, f"a page of {wanted} rows has {count} though there are more")
    return answer


_DEFAULT = 20
_TRIES = 10
_Page = tuple[View, int | None, str | None]


def _elsewhere(view: View, limit: int | None) -> Iterator[_Page]:
    """Pages of that limit at other places, that more rows follow."""
    left = len(view.own) - (limit or _DEFAULT)
    return ((view, limit, view.cursor(rows)) for rows in range(1, min(_TRIES, left)))


def _with_other_limits(view: View, limit: int, cursor: str | None) -> Iterator[_Page]:
    """Pages of fewer rows at that place, or of some more where it can hardly be fewer."""
    step = -1 if limit > _TRIES else 1
    return ((view, limit + step * number, cursor) for number in range(1, _TRIES))


def _some_is_full(pages: Iterable[_Page]) -> bool:
    """Whether one has as many rows as it may have: a server may leave some pages short, not all."""
    return any(
        len(view.rows(_page(view, limit, cursor))) == (limit or _DEFAULT)
        for view, limit, cursor in pages
    )


def _page(view: View, limit: int | None, cursor: str | None) -> Answer:
    query: dict[str, object] = {} if limit is None else {"limit": limit}
    answer = view.page({**query, **({} if cursor is None else {"cursor": cursor})})
    if answer.exchange.received is None:
        raise NotRun(f"{answer.asked} got no answer")
    return answer


_BAD_LIMITS = (
    "0", "101", "-1", "-20", "1000", "", "1.5", "1_0", " 5", "5 ", "5x", "x", "0x10", "1e1", "5,6",
    "\uff15", "\u0665", "99999999999999999999", "2147483648", "4294967297", "null", "true", "[5]",
)  # fmt: skip


@requirement("LIST-003")
@pytest.mark.parametrize("name", LISTINGS)
def test_a_limit_out_of_bounds_is_refused(api: Tenant, suite: Suite, name: str) -> None:
    view = a_view(api, suite, name)
    for limit in _BAD_LIMITS:
        _must_refuse(view.page({"limit": limit}), "limit", limit)


@requirement("LIST-003")
@each_view
def test_a_limit_out_of_bounds_is_refused_on_a_later_page(view: View) -> None:
    for limit in ("0", "101", ""):
        _must_refuse(view.page({"limit": limit, "cursor": view.cursor()}), "limit", limit)


def _must_refuse(answer: Answer, parameter: str, value: str) -> None:
    why = f"{parameter} is {value!r}"
    answer.expect_problem(400, "validation-error", field=parameter, why=why)


@requirement("LIST-004")
@pytest.mark.parametrize("name", LISTINGS)
def test_a_limit_given_twice_is_refused(api: Tenant, suite: Suite, name: str) -> None:
    for values in (("5", "5"), ("5", "6"), ("6", "5")):
        answer = a_view(api, suite, name).page([("limit", value) for value in values])
        answer.expect_problem(400, "validation-error", why="limit is given twice")


@requirement("LIST-004")
@each_view
def test_a_cursor_given_twice_is_refused(view: View) -> None:
    cursor = view.cursor()
    answer = view.page([("cursor", cursor), ("cursor", cursor)])
    answer.expect_problem(400, "validation-error", why="cursor is given twice")


_FILTERS = [(name, one) for name, listing in LISTINGS.items() for one in listing.filters]
_GOOD = {"status": "failed", "level": "info", "since": "2026-07-01T10:00:00Z"}


@requirement("LIST-004")
@pytest.mark.parametrize(("name", "parameter"), _FILTERS)
def test_a_filter_given_twice_is_refused(
    api: Tenant, suite: Suite, name: str, parameter: str
) -> None:
    value = _GOOD.get("since" if parameter == "until" else parameter, "zc_missing")
    answer = a_view(api, suite, name).page([(parameter, value), (parameter, value)])
    answer.expect_problem(400, "validation-error", why=f"{parameter} is given twice")


@requirement("LIST-004")
@pytest.mark.parametrize(("name", "parameter"), _FILTERS)
def test_a_filter_without_a_fitting_value_is_refused(
    api: Tenant, suite: Suite, name: str, parameter: str
) -> None:
    view = a_view(api, suite, name)
    for value in ("", *view.listing.filters[parameter]):
        _must_refuse(view.page({parameter: value}), parameter, value)


@requirement("LIST-005")
@pytest.mark.parametrize(
    "unknown", [[("zc_unknown", "1")], [("zc_unknown", "")], [("offset", "7"), ("page", "3")],
                [("zc_unknown", "1"), ("zc_unknown", "2")]],
)  # fmt: skip
@each_view
def test_an_unknown_parameter_is_ignored(view: View, unknown: list[tuple[str, str]]) -> None:
    def judged() -> bool:
        wanted = _ids(view, view.page({"limit": 10}))
        asked = view.page([("limit", "10"), *unknown])
        shown = _ids(view, asked)
        alike = bool(shown) == bool(wanted) and _begin_alike(wanted, shown)
        # Between two pages that differ others may have changed the list.
        if not alike and not _begin_alike(wanted, _ids(view, view.page({"limit": 10}))):
            return False
        asked.must(alike, "an unknown query parameter changed the rows")
        return True

    if not until(judged, seconds=QUIET_SECONDS):
        raise NotRun("others changed the list all the time")


@requirement("LIST-005")
@each_view
def test_an_unknown_parameter_is_no_part_of_the_cursor(view: View) -> None:
    answer = view.page({"cursor": view.cursor(), "zc_unknown": "1"})
    answer.expect(200, why="an unknown query parameter is ignored")


def _ids(view: View, answer: Answer) -> list[Any]:
    return [row.get("id") for row in view.rows(answer)]


def _begin_alike(one: list[Any], two: list[Any]) -> bool:
    """Whether two pages have the same rows, as far as both have any: either may be short."""
    shorter = min(len(one), len(two))
    return one[:shorter] == two[:shorter]


_ENOUGH_PAGES = 40  # of one row
_WHOLE = (100,)  # one walk is looked at to its end
_PAGES_AFTER = 3  # the last row of ours in the others: one shown again would come soon


@requirement("LIST-008")
@pytest.mark.parametrize(
    "limits", [_WHOLE, (20,), (7,), (3, 1, 10, 2, 50), (100, 1, 99, 2)], ids=str
)
@each_view
def test_a_walk_shows_every_row_once(view: View, limits: tuple[int, ...]) -> None:
    _must_serve(view, limits)
    seen: list[str] = []
    pages_after = 0
    for page in view.known_walk(*limits):
        seen += view.ours([page])
        pages_after += len(set(seen)) == len(view.own)
        if limits != _WHOLE and pages_after > _PAGES_AFTER:
            break
    missing = len(view.own) - len(set(seen))
    page.must(not missing, f"a walk with the limits {limits} leaves out {missing} rows")
    twice = len(seen) - len(set(seen))
    page.must(not twice, f"a walk with the limits {limits} shows {twice} rows twice")


@requirement("LIST-008")
@pytest.mark.parametrize("limits", [(1,), (13,), (2, 9, 4)], ids=str)
@each_view
def test_a_walk_has_one_order_at_any_limit(view: View, limits: tuple[int, ...]) -> None:
    _must_serve(view, limits)
    wanted = view.in_order(view.known_walk(LONG_PAGE))
    seen: list[str] = []
    for number, page in enumerate(view.walk(*limits, after=view.before_ours()), 1):
        seen += view.ours([page])
        page.must(seen == wanted[: len(seen)], f"with the limits {limits} the order is another")
        enough = limits == (1,) and number >= _ENOUGH_PAGES and len(seen) > 1
        if enough or len(seen) >= len(wanted):
            return


def _must_serve(view: View, limits: tuple[int, ...]) -> None:
    """There are pages of those limits, a precondition."""
    refused = [one for one in limits if not view.serves(one)]
    if refused:
        raise NotRun(f"there is no page with the limit {refused[0]}")


@requirement("LIST-008")
@each_view
def test_a_page_asked_for_again_is_the_same(view: View) -> None:
    cursor = view.cursor(5)
    first = view.ours([view.page({"limit": 9, "cursor": cursor})])
    again = view.page({"limit": 9, "cursor": cursor})
    again.must(_begin_alike(first, view.ours([again])), "one cursor led to different rows")


@requirement("LIST-010")
@pytest.mark.parametrize("limit", [2, 20, 90])
@pytest.mark.parametrize("view", [*MADE, "logs"], indirect=True)
def test_rows_come_newest_first(view: View, limit: int) -> None:
    member = str(view.listing.time)
    before = None
    for number, page in enumerate(view.known_walk(limit)):
        for row in view.rows(page):
            at = row.get(member)
            ordered = before is None or moment(at) <= moment(before)
            page.must(ordered, f"a row of {at} comes after one of {before}")
            before = at
        if number * limit > len(view.own):
            return
