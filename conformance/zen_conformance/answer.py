"""An answer as checks read it: every look that a broken server could spoil fails the check instead.

A check never meets a KeyError: `answer["config", "retry_policy"]` on a body without that member is
a `ConformanceFailure` that says which member is missing.
"""

import json
from typing import Any

from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.http.exchange import Exchange, NotJson, Received
from zen_conformance.problem_kinds import HELD_TO, PROBLEM_BASE, is_another

_SHOWN = 300


class Answer:
    """One exchange, with what a check may ask of its answer."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def received(self) -> Received:
        """The answer; the check fails when none came."""
        if self.exchange.received is None:
            raise self.failure(f"{self.asked} got no answer: {self.exchange.trouble}")
        return self.exchange.received

    @property
    def asked(self) -> str:
        """The request in short: method and path."""
        return f"{self.exchange.sent.method} {self.exchange.sent.path[:120]}"

    @property
    def status(self) -> int:
        """The status code."""
        return self.received.status

    @property
    def body(self) -> bytes:
        """The raw body."""
        return self.received.body

    def header(self, name: str) -> str | None:
        """A header's value, None without it."""
        return self.received.headers.get(name)

    @property
    def document(self) -> Any:
        """The body as JSON."""
        try:
            return self.received.document
        except NotJson as error:
            raise self.failure(f"{self.asked}: {error}") from error

    def __getitem__(self, path: str | tuple[str | int, ...]) -> Any:
        """The member at that path of names and list positions."""
        steps = path if isinstance(path, tuple) else (path,)
        value = self.document
        for step in steps:
            fits = isinstance(value, list) if isinstance(step, int) else isinstance(value, dict)
            if not fits or (step not in value if isinstance(step, str) else step >= len(value)):
                where = ".".join(map(str, steps))
                raise self.failure(f"{self.asked}: the answer has no member {where}")
            value = value[step]
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """A member of the top object, or the default without it."""
        document = self.document
        return document.get(name, default) if isinstance(document, dict) else default

    def rows(self, member: str) -> list[dict[str, Any]]:
        """A list of objects under that name."""
        value = self[member]
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.failure(f"{self.asked}: {member} is not a list of objects")
        return value

    def expect(self, *statuses: int, why: str = "") -> "Answer":
        """This answer, when its status is one of those; else the check fails."""
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise self.failure(
                f"{self.asked} answered {self.summary()} instead of {wanted}"
                + (f": {why}" if why else ""),
                expected=f"status {wanted}",
                got=self.summary(),
            )
        return self

    def expect_problem(
        self, status: int, slug: str | None = None, *, field: str | None = None, why: str = ""
    ) -> "Answer":
        """This answer, when it is the problem document of that status, slug and first field.

        A form of the document that fits no kind of error is not the asking check's to blame.
        """
        self.expect(status, why=why)
        try:
            if slug is not None:
                self._expect_kind(slug)
            if field is not None:
                self.expect_field(field)
        except ConformanceFailure as failure:
            failure.requirement = failure.requirement or self._held_to(slug)
            raise
        return self

    def _expect_kind(self, slug: str) -> None:
        said = self.get("type")
        if said != PROBLEM_BASE + slug:
            raise self.failure(
                f"{self.asked}: problem type {said!r} instead of {PROBLEM_BASE + slug}",
                expected=PROBLEM_BASE + slug,
                got=str(said),
            )

    def _held_to(self, slug: str | None) -> str | None:
        """The requirement that the document breaks by its form; None when it is another kind's."""
        try:
            said = self.received.document
        except NotJson:
            return "PROB-001"
        kind = said.get("type") if isinstance(said, dict) else None
        if slug is None or kind == PROBLEM_BASE + slug:
            return "PROB-014"
        return None if is_another(slug, kind) else HELD_TO.get(slug)

    def precondition(self, *statuses: int) -> "Answer":
        """This answer, when it is what the check builds on; else the check is not run."""
        try:
            return self.expect(*statuses)
        except ConformanceFailure as failure:
            raise NotRun(f"a precondition failed: {failure.message}") from failure

    def expect_field(self, field: str) -> "Answer":
        """This answer, when `detail` begins with that field's name."""
        detail = self.get("detail")
        if not (isinstance(detail, str) and detail.startswith(f"{field}:")):
            raise self.failure(
                f"{self.asked}: detail {detail!r} does not begin with '{field}:'",
                expected=f"{field}: <reason>",
                got=str(detail),
            )
        return self

    def expect_members(self, **members: Any) -> "Answer":
        """This answer, when each of those top members has that value, members it adds aside."""
        for name, value in members.items():
            if not shows(self[name], value):
                raise self.failure(
                    f"{self.asked}: {name} is {_short(self[name])} instead of {_short(value)}",
                    expected=f"{name} = {_short(value)}",
                    got=f"{name} = {_short(self[name])}",
                )
        return self

    def failure(
        self, message: str, *, expected: str | None = None, got: str | None = None
    ) -> ConformanceFailure:
        """A failure that shows this exchange."""
        return ConformanceFailure(message, expected=expected, got=got, exchange=self.exchange)

    def must(self, holds: object, message: str, **more: str | None) -> "Answer":
        """This answer, when that holds; else a failure of that message that shows this exchange."""
        if not holds:
            raise self.failure(message, **more)
        return self

    def summary(self) -> str:
        """Status, and the problem's slug and detail where there is one."""
        try:
            document = self.received.document
        except NotJson:
            return str(self.status)
        if self.status >= 400 and isinstance(document, dict):
            slug = str(document.get("type", "")).rpartition("/")[2]
            return f"{self.status} {slug} ({_short(document.get('detail'))})"
        return str(self.status)


def shows(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one; its objects may hold more members, at any depth."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and shows(found[name], value) for name, value in expected.items()
        )
    # True is 1 to Python, and not to JSON.
    return isinstance(found, bool) is isinstance(expected, bool) and bool(found == expected)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
