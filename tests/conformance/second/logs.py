"""What was written and delivered, told to the tenant that it belongs to."""

from __future__ import annotations

from tests.conformance.second import moments
from tests.conformance.second.answer import Answer, said
from tests.conformance.second.call import Act, Call


def listed(call: Call) -> Act:
    """GET logs of the credential's tenant"""
    page = call.asked("level", "source_id", "delivery_id", "since", "until")
    filters = dict(page.filters)
    since = moments.told(filters.pop("since", "0001-01-01T00:00:00Z"))
    until = moments.told(filters.pop("until", "9999-12-31T00:00:00Z"))

    def wanted(entry: dict[str, str]) -> bool:
        at = moments.told(entry["timestamp"])
        if at is None or since is None or until is None or not since <= at < until:
            return False
        return all(entry.get(name) == value for name, value in filters.items())

    def act() -> Answer:
        entries, last = call.tenant.logs.page(page.after, page.limit, wanted)
        return said(200, {"logs": entries, "object": "list", **page.cursor(last)})

    return act
