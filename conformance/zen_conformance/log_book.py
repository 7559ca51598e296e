"""The log as checks read it: newest entries first, found by the request that made them."""

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.listings import LISTINGS, LOG_SECONDS, View
from zen_conformance.pages import LONG_PAGE
from zen_conformance.tenant import Tenant, a_name

_PAGES = 5  # of the newest entries
_PAGES_SEARCHED = 40

Entry = dict[str, Any]


def a_request_id() -> str:
    """A request id that nothing else has."""
    return f"zc-{uuid.uuid4().hex}"


def sent_as(request_id: str) -> dict[str, Any]:
    """What a call is given so that it is known by that request id."""
    return {"headers": {"X-Request-Id": request_id}}


@dataclass(frozen=True)
class LogBook:
    """The log of one tenant."""

    api: Tenant

    def of(self, answer: Answer) -> list[Entry]:
        """The entries of the request that got that answer; waits for one to appear.

        It is known by the id in the answer or by the one it was sent with.
        """
        sent = answer.exchange.sent.headers.all("X-Request-Id")
        ids = {answer.header("X-Request-Id"), *sent} - {None}
        return self.where(lambda entry: entry.get("request_id") in ids)

    def where(self, fits: Callable[[Entry], bool], *, seconds: float = LOG_SECONDS) -> list[Entry]:
        """The newest entries that fit; waits for one to appear."""
        found: list[Entry] = []

        def there() -> bool:
            found.clear()
            # Whole seconds tie, and other checks write meanwhile: an entry may be far down at once.
            for rows in self._pages(_PAGES_SEARCHED):
                fitting = [entry for entry in rows if fits(entry)]
                if found and not fitting:
                    break
                found.extend(fitting)
            return bool(found)

        self.api.traffic.patience.until("log entries", there, seconds=seconds)
        return found

    def newest(self, pages: int = _PAGES) -> list[Entry]:
        """The entries of the first pages."""
        return [row for rows in self._pages(pages) for row in rows]

    def _pages(self, count: int) -> Iterator[list[Entry]]:
        view = View(self.api, LISTINGS["logs"])
        try:
            for page in itertools.islice(view.walk(LONG_PAGE), count):
                yield view.rows(page)
        except ConformanceFailure as failure:
            raise NotRun(f"the log cannot be read: {failure.message}") from failure

    def must_hold_one(self, answer: Answer, **members: str) -> Entry:
        """Fail unless the request made one entry, and that has those members."""
        entries = self.of(answer)
        if not entries:
            self._must_be_known_by_their_requests(answer)
        words = f"{answer.asked}, answered {answer.summary()},"
        answer.must(len(entries) == 1, f"{words} has {len(entries)} log entries instead of one")
        for name, value in members.items():
            said = entries[0].get(name)
            answer.must(
                said == value,
                f"{words} has a log entry with {name} {said!r} instead of {value!r}",
                expected=f"{name} = {value}",
                got=_text(entries[0]),
            )
        return entries[0]

    def _must_be_known_by_their_requests(self, answer: Answer) -> None:
        """NotRun when another such request has an entry that does not name it."""
        target = str(self.api.a_destination()["id"])
        name = a_name("logged") if answer.status < 400 else ""
        own = answer.exchange.sent.headers.all("X-Request-Id")
        more = sent_as(a_request_id()) if own else {}
        probe = self.api.call(
            "updateDestination", destination_id=target, json={"name": name}, **more
        )
        if not self.of(probe) and any(
            (one.get("resource_id"), one.get("action")) == (target, "update")
            for one in self.newest()
        ):
            raise NotRun("log entries do not have the request_id of their writes")


def _text(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in entry.items())
