"""A walk that several checks judge: its pages are asked for once, as far as anybody looks."""

from collections.abc import Iterator

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotRun


class Walk:
    """The pages of a walk, kept; who comes later sees the same pages, and how it ended."""

    def __init__(self, pages: Iterator[Answer]) -> None:
        self._pages = pages
        self._kept: list[Answer] = []
        self._trouble: ConformanceFailure | NotRun | None = None

    def __iter__(self) -> Iterator[Answer]:
        at = 0
        while at < len(self._kept) or self._goes_on():
            yield self._kept[at]
            at += 1

    def _goes_on(self) -> bool:
        if self._trouble is not None:
            raise self._trouble
        try:
            page = next(self._pages, None)
        except (ConformanceFailure, NotRun) as trouble:
            self._trouble = trouble
            raise
        if page is not None:
            self._kept.append(page)
        return page is not None
