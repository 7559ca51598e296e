"""What the lists show of one history: all that is there, once, as it was last written."""

from typing import Any

from zen_conformance.answer import shows
from zen_conformance.failures import ConformanceFailure
from zen_conformance.generated.world import Kind
from zen_conformance.moments import Moment, moment
from zen_conformance.pages import LONG_PAGE
from zen_conformance.tenant import Tenant


def listed(
    api: Tenant, kind: Kind, run: str, known: dict[str, dict[str, Any]], began: Moment
) -> None:
    """Walk the list; it must show exactly the history's resources, by their names' common part.

    Lists are newest first, so the walk ends before the second in which the history began.
    """
    seen: dict[str, dict[str, Any]] = {}
    last = None
    for page in api.pages(f"list{kind.name}s", {"limit": LONG_PAGE}):
        last = page
        for row in page.rows(kind.member):
            if f" {run} " in str(row.get("name")):
                seen[str(row.get("id"))] = row
        rows = page.rows(kind.member)
        if rows and moment(rows[-1].get("created_at"))[0] < began[0]:
            break
    missing, surplus = known.keys() - seen.keys(), seen.keys() - known.keys()
    changed = [
        f"{name} of {resource_id} is {seen[resource_id].get(name)!r} instead of {value!r}"
        for resource_id, expected in known.items()
        if resource_id in seen
        for name, value in expected.items()
        if not shows(seen[resource_id].get(name), value)
    ]
    for requirement, words in (
        (kind.reads, f"the list lacks {sorted(missing)}" if missing else ""),
        (kind.gone, f"the list shows {sorted(surplus)}, which are gone" if surplus else ""),
        (kind.reads, changed[0] if changed else ""),
    ):
        if words:
            exchange = last.exchange if last is not None else None
            raise ConformanceFailure(words, exchange=exchange, requirement=requirement)
