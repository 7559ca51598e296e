"""What changed from one report to the next, and which changes are for the worse."""

from dataclasses import dataclass

from zen_conformance.report.model import Report, Result

_BAD = ("failed", "warned")


@dataclass(frozen=True)
class Change:
    """One requirement whose outcome is another one now; None: the report does not know it."""

    id: str
    title: str
    before: str | None
    after: str | None
    is_regression: bool


def changes(before: Report, after: Report) -> list[Change]:
    """The changes, regressions first."""
    old = {one.id: one for one in before.requirements}
    new = {one.id: one for one in after.requirements}
    found = []
    for requirement_id in [*new, *(one for one in old if one not in new)]:
        then, now = old.get(requirement_id), new.get(requirement_id)
        if _outcome(then) != _outcome(now):
            either = now or then
            title = either.title if either else ""
            found.append(
                Change(requirement_id, title, _outcome(then), _outcome(now), _is_worse(then, now))
            )
    return sorted(found, key=lambda one: not one.is_regression)


def _outcome(one: Result | None) -> str | None:
    return one.outcome if one else None


def _is_worse(then: Result | None, now: Result | None) -> bool:
    """A new failure, a warning that became one, or a pass that a run could not repeat."""
    if now is None:
        return False
    if now.outcome in _BAD:
        return then is None or then.outcome != "failed"
    # A requirement that was left out on purpose says nothing about the server.
    lost = now.outcome == "not_run" and now.selected
    return lost and then is not None and then.outcome == "passed"
