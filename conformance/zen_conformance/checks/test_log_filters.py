"""The log's filters, each alone and with all others, and its moments to the very timestamp."""

import pytest

from zen_conformance.check import requirement
from zen_conformance.failures import NotOffered
from zen_conformance.listings import must_end_with_rows
from zen_conformance.log_era import Era, Filters, an_era, edges_of, fits
from zen_conformance.moments import moment
from zen_conformance.resources import near_ids
from zen_conformance.standing import standing_attempt
from zen_conformance.tenant import Tenant


def _must_leave_what_fits(era: Era, *judged: str) -> None:
    """Fail when an entry departs from a judged filter, or one of the era that fits is left out."""
    sets = [one for one in era.walks if one & set(judged)]
    if not sets:
        raise NotOffered
    for filters in sets:
        _must_leave_what_fits_all(era, filters, judged)


def _must_leave_what_fits_all(era: Era, filters: Filters, judged: tuple[str, ...]) -> None:
    pages, query = list(era.walks[filters]), era.query(filters)
    for name in set(judged) & filters:
        for page in pages:
            for row in era.view(query).rows(page):
                words = f"{name}={query[name]} shows an entry with {row.get(name)!r}"
                if name in ("since", "until"):
                    words = f"{name}={query[name]} shows an entry of {row.get('timestamp')}"
                page.must(fits(row, {name: query[name]}), words)
    by_moment = not {"since", "until"}.isdisjoint(judged)
    left = era.left(query, pages, to_the_moment=by_moment)
    pages[-1].must(not left, f"filtered by {' and '.join(query)} {len(left)} entries are left out")


@requirement("LOG-007", scenario=an_era)
def test_level_leaves_what_has_it(told: Era) -> None:
    _must_leave_what_fits(told, "level")


@requirement("LOG-007", scenario=an_era)
@pytest.mark.parametrize("limit", [2, 90])
@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_each_level_leaves_what_has_it(told: Era, level: str, limit: int) -> None:
    window = {"since": told.times[0], "until": told.values["until"]}
    _must_be_exactly(told, {**window, "level": level}, limit, to_the_moment=False)


@requirement("LOG-008", scenario=an_era)
@pytest.mark.parametrize("name", ["source_id", "delivery_id"])
def test_an_id_leaves_what_is_about_it(told: Era, name: str) -> None:
    _must_leave_what_fits(told, name)


@requirement("LOG-008")
@pytest.mark.parametrize("name", ["source_id", "delivery_id"])
def test_an_id_near_another_leaves_nothing_about_that(api: Tenant, name: str) -> None:
    attempt = standing_attempt(api)
    for near in near_ids(attempt.source_id if name == "source_id" else attempt.id):
        answer = api.call("listLogs", query={name: near}).expect(200)
        said = [row.get(name) for row in answer.rows("logs")]
        answer.must(not said, f"{name}={near} shows entries with {said[:1]}")


@requirement("LOG-009", scenario=an_era)
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_moment_leaves_what_is_after_or_before_it(told: Era, name: str) -> None:
    _must_leave_what_fits(told, name)


def _whole(text: str) -> str:
    return f"{moment(text)[0]}Z"


def _long(text: str) -> str:
    whole, part = moment(text)
    return f"{whole}.{part:0<9}Z"


@requirement("LOG-009", scenario=an_era)
@pytest.mark.parametrize("limit", [2, 90])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("written", [str, _whole, _long], ids=["as it is", "whole", "long"])
def test_since_takes_its_own_moment(
    told: Era, written: type[str], place: float, limit: int
) -> None:
    since = written(told.times[round(place * (len(told.times) - 1))])
    if moment(since) < moment(told.times[0]):
        since = told.times[0]
    _must_be_exactly(told, {"since": since, "until": told.values["until"]}, limit)


@requirement("LOG-009", scenario=an_era)
@pytest.mark.parametrize("limit", [2, 90])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("written", [str, _whole, _long], ids=["as it is", "whole", "long"])
def test_until_leaves_its_own_moment_out(
    told: Era, written: type[str], place: float, limit: int
) -> None:
    end = written(told.times[round(place * (len(told.times) - 1))])
    if moment(end) > moment(told.times[0]):
        _must_be_exactly(told, {"since": told.times[0], "until": end}, limit)
    else:
        page = told.view({"until": end}).page({"limit": limit})
        late = [row for row in page.rows("logs") if not fits(row, {"until": end})]
        page.must(not late, f"until={end} shows entries of that moment or after it")


def _must_be_exactly(
    era: Era, query: dict[str, str], limit: int, *, to_the_moment: bool = True
) -> None:
    """Fail unless a walk of that part of the era shows what fits and nothing else.

    Unless it is said so, entries of the very moments that it begins and ends with may be or not.
    """
    view, limit = era.view(query), era.few_pages(limit)
    pages = list(view.walk(limit))
    fitting = [one for one in era.entries if fits(one, query)]
    rows = [row for page in pages for row in view.rows(page)]
    edges = set() if to_the_moment else edges_of(query)
    wanted, shown = (
        [str(one.get("id")) for one in some if moment(one.get("timestamp")) not in edges]
        for some in (fitting, rows)
    )
    must_end_with_rows(view, pages)
    last = pages[-1]
    extra, left = set(shown) - set(wanted), set(wanted) - set(shown)
    words = " ".join(f"{name}={value}" for name, value in query.items())
    last.must(not extra, f"{words} shows {len(extra)} entries that do not fit")
    last.must(not left, f"{words} leaves out {len(left)} of {len(wanted)} entries")
    last.must(len(shown) == len(set(shown)), f"{words} shows an entry twice")
