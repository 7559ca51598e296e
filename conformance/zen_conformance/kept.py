"""Answers that several checks judge: they are asked for once, as far as anybody looks."""

from collections.abc import Iterator

from zen_conformance.answer import Answer


class Kept:
    """Answers that come one after the other; who looks later sees the same, and how they ended."""

    def __init__(self, answers: Iterator[Answer]) -> None:
        self._answers = answers
        self._kept: list[Answer] = []
        self._trouble: Exception | None = None

    def __iter__(self) -> Iterator[Answer]:
        at = 0
        while at < len(self._kept) or self._goes_on():
            yield self._kept[at]
            at += 1

    def _goes_on(self) -> bool:
        if self._trouble is not None:
            raise self._trouble
        try:
            answer = next(self._answers, None)
        except Exception as trouble:  # an iterator that raised would seem to have ended
            self._trouble = trouble
            raise
        if answer is not None:
            self._kept.append(answer)
        return answer is not None
