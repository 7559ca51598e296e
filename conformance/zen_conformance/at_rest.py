"""Walks of lists whose every row is known for the moment, at the limits where an edge is."""

from dataclasses import dataclass, field

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.listings import LISTINGS, Stock, View
from zen_conformance.once import Once
from zen_conformance.pages import LONG_PAGE
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

QUIET_SECONDS = 20.0  # others write while the stories of a run begin, and then few of them
_ENOUGH_PAGES = 40


@dataclass(frozen=True)
class Whole:
    """A list whose every row is known for the moment."""

    view: View
    count: int
    walks: dict[int, list[Answer]] = field(default_factory=dict)  # by limit, to the last row

    @property
    def limits(self) -> list[int]:
        """The limits at which an edge is: the rows' number, one off, and what divides it."""
        count = self.count
        divisors = [one for one in range(2, LONG_PAGE + 1) if count % one == 0]
        short = [one for one in divisors if count // one <= _ENOUGH_PAGES]
        wanted = {count - 1, count, count + 1, -(-count // 2), *short[:2], *divisors[-2:]}
        return sorted(one for one in wanted if 2 <= one <= LONG_PAGE)


def quietly(view: View) -> Whole:
    """Walks of a list while nobody else changes it; not run when that does not come about."""
    known: list[Whole] = []

    def walked() -> bool:
        before = _all(view)
        whole, failure = Whole(view, len(before)), None
        try:
            for limit in whole.limits:
                whole.walks[limit] = _to_the_last_row(whole, limit)
        except ConformanceFailure as error:
            failure = error
        if _all(view) != before:
            return False
        if failure is not None:
            raise failure
        known.append(whole)
        return True

    if not until(walked, seconds=QUIET_SECONDS, every=0.25):
        raise NotRun("others changed the list all the time")
    return known[0]


def _to_the_last_row(whole: Whole, limit: int) -> list[Answer]:
    pages, left = [], whole.count
    for page in whole.view.walk(limit):
        pages.append(page)
        left -= len(whole.view.rows(page))
        if left <= 0:
            break
    return pages


def _all(view: View) -> list[str]:
    return [str(row.get("id")) for page in view.walk(LONG_PAGE) for row in view.rows(page)]


class Quiet:
    """Lists that few others write to: of the other tenant, or filtered to rows of ours."""

    def __init__(self, stock: Stock, other: Tenant) -> None:
        self._stock = stock
        self._other = other
        self._once = Once()

    def whole(self, name: str) -> Whole:
        """The list of that name, walked once for all checks."""
        whole: Whole = self._once(name, lambda: quietly(self._view(name)))
        return whole

    def _view(self, name: str) -> View:
        if name in ("deliveries", "logs"):
            return self._stock.view(name)
        view = View(self._other, LISTINGS[name])
        count = len(_all(view))
        # Some rows, and a number that has divisors.
        for _ in range(max(6 - count, -count % 6)):
            self._stock.make(name, self._other)
        return view
