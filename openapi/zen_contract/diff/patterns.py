"""Whether one regular expression takes more, less or other texts than another.

Decided where the two differ only in how often something repeats and in what a class of characters
holds, which is how a pattern of a contract mostly moves. Of any other two it is not known, so the
answer is that some text is newly taken and another no longer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

_TOKEN = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|\[(?:\\.|[^\]\\])*\]|\{\d*(?:,\d*)?\}|.", re.DOTALL)
_RANGE = re.compile(r"(\\u[0-9a-fA-F]{4}|\\.|.)(?:-(\\u[0-9a-fA-F]{4}|\\.|[^\]]))?", re.DOTALL)
_REPEATS = {"?": (0, 1), "*": (0, inf), "+": (1, inf)}


@dataclass(frozen=True)
class Relation:
    """What the new pattern does to texts that the old one took or refused."""

    narrower: bool
    wider: bool


_OTHER = Relation(narrower=True, wider=True)


def relation(old: str, new: str) -> Relation:
    """How the new pattern differs; both False when they are the same."""
    if old == new:
        return Relation(narrower=False, wider=False)
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    if "(?" in old + new or len(before) != len(after):
        return _OTHER
    narrower = wider = False
    for one, other in zip(before, after, strict=True):
        step = _of_tokens(one, other)
        narrower, wider = narrower or step.narrower, wider or step.wider
    return Relation(narrower, wider)


def _of_tokens(old: str, new: str) -> Relation:
    if old == new:
        return Relation(narrower=False, wider=False)
    times, new_times = _repeats(old), _repeats(new)
    if times and new_times:
        (low, high), (new_low, new_high) = times, new_times
        return Relation(
            narrower=new_low > low or new_high < high, wider=new_low < low or new_high > high
        )
    taken, new_taken = _characters(old), _characters(new)
    if taken is None or new_taken is None:
        return _OTHER
    return Relation(narrower=bool(taken - new_taken), wider=bool(new_taken - taken))


def _repeats(token: str) -> tuple[float, float] | None:
    if token in _REPEATS:
        return _REPEATS[token]
    if not (token.startswith("{") and len(token) > 1):
        return None
    low, comma, high = token[1:-1].partition(",")
    least = int(low or 0)
    return least, (int(high) if high else inf) if comma else least


def _characters(token: str) -> frozenset[int] | None:
    """The code points of a class that lists characters and ranges; None for anything else."""
    if not (token.startswith("[") and len(token) > 1) or token.startswith("[^"):
        return None
    found = list(_ranges(token[1:-1]))
    if any(one is None for one in found):
        return None
    return frozenset(point for one in found if one for point in one)


def _ranges(inside: str) -> Iterator[range | None]:
    for match in _RANGE.finditer(inside):
        first, last = _point(match[1]), _point(match[2] or match[1])
        yield None if first is None or last is None else range(first, last + 1)


def _point(text: str) -> int | None:
    """A character as it is written in a class; None for `\\d` and its like."""
    if text.startswith("\\u"):
        return int(text[2:], 16)
    if text.startswith("\\"):
        return None if text[1].isalnum() else ord(text[1])
    return ord(text)
