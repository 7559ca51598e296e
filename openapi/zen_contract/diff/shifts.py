"""What a schema newly takes, and what it no longer takes, one keyword at a time."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zen_contract.diff.patterns import Relation, relation
from zen_contract.diff.schema import Schema
from zen_contract.pointers import Pointer

_UPPER = {
    "maxLength": "a text of more than {} characters",
    "maximum": "a number above {}",
    "maxItems": "a list of more than {} entries",
    "maxProperties": "an object of more than {} members",
}
_LOWER = {
    "minLength": "a text of fewer than {} characters",
    "minimum": "a number below {}",
    "minItems": "a list of fewer than {} entries",
    "minProperties": "an object of fewer than {} members",
}
_FLAGS = {
    "uniqueItems": "a list with an entry that stands twice",
    "exclusiveMinimum": "the minimum itself",
    "exclusiveMaximum": "the maximum itself",
}
_WIDER_TYPES = {("integer", "number")}
_WIDER_FORMATS = {("int32", "int64"), ("float", "double"), ("uri", "uri-reference")}

Bound = int | float | None


@dataclass(frozen=True)
class Shift:
    """A keyword that moved. `narrower` and `wider` name the values that fit no longer, or now."""

    keyword: str
    pointer: Pointer
    what: str
    narrower: str = ""
    wider: str = ""
    bound: Bound = None  # where the keyword is a bound: the new one


def shifts(old: Schema, new: Schema) -> Iterator[Shift]:
    """Every keyword in which the two differ as to the values they take."""
    for compare in (_types, _nulls, _enums, _formats, _patterns, _bounds, _flags, _multiples):
        yield from compare(old, new)


def shown(value: Any) -> str:
    """A value as it would stand in JSON."""
    return json.dumps(value, ensure_ascii=False)


def enumerated(schema: Schema) -> list[Any] | None:
    """The values that every enum of the schema lists; None when none of them does."""
    lists = schema.values("enum")
    if not lists:
        return None
    return [value for value in lists[0] if all(among(value, other) for other in lists[1:])]


def among(value: Any, values: Iterable[Any]) -> bool:
    """Whether JSON's value is one of them; Python takes `true` for 1."""
    return any(value == one and isinstance(value, bool) is isinstance(one, bool) for one in values)


def _types(old: Schema, new: Schema) -> Iterator[Shift]:
    moved = _moved_word("type", old, new, _WIDER_TYPES)
    if moved:
        before, after = _said(old, "type"), _said(new, "type")
        yield Shift(
            "type",
            new.where("type", old),
            f"the type is {after or 'not said'}, was {before or 'not said'}",
            narrower=_kind(before) if moved.narrower else "",
            wider=_kind(after) if moved.wider else "",
        )


def _nulls(old: Schema, new: Schema) -> Iterator[Shift]:
    if old.takes_null and not new.takes_null and new.has("type") == old.has("type"):
        yield Shift("nullable", new.where("nullable", old), "it cannot be null", narrower="null")
    if new.takes_null and not old.takes_null and new.has("type") == old.has("type"):
        yield Shift("nullable", new.where("nullable", old), "it can be null", wider="null")


def _enums(old: Schema, new: Schema) -> Iterator[Shift]:
    before, after = enumerated(old), enumerated(new)
    where = new.where("enum", old)
    if before is None and after is not None:
        values = _listed(after)
        yield Shift("enum", where, f"only {values} fits", narrower=f"anything but {values}")
    elif before is not None and after is None:
        values = _listed(before)
        yield Shift("enum", where, "any value fits", wider=f"anything but {values}")
    elif before is not None and after is not None:
        gone = [value for value in before if not among(value, after)]
        come = [value for value in after if not among(value, before)]
        if gone or come:
            yield Shift("enum", where, _moved(gone, come), _named(gone), _named(come))


def _formats(old: Schema, new: Schema) -> Iterator[Shift]:
    moved = _moved_word("format", old, new, _WIDER_FORMATS)
    if moved:
        before, after = _said(old, "format"), _said(new, "format")
        yield Shift(
            "format",
            new.where("format", old),
            _from_to("format", before, after),
            narrower=f"a value that is no {after}" if moved.narrower else "",
            wider=f"a value that is no {before}" if moved.wider else "",
        )


def _patterns(old: Schema, new: Schema) -> Iterator[Shift]:
    before, after = set(old.values("pattern")), set(new.values("pattern"))
    gone, come = sorted(before - after), sorted(after - before)
    if not gone and not come:
        return
    narrower, wider = bool(come), bool(gone)
    if len(gone) == len(come) == 1:
        related = relation(gone[0], come[0])
        narrower, wider = related.narrower, related.wider
    yield Shift(
        "pattern",
        new.where("pattern", old),
        _from_to("pattern", _cut(gone), _cut(come)),
        narrower="a text that fitted the old pattern only" if narrower else "",
        wider="a text that fits the new pattern only" if wider else "",
    )


def _bounds(old: Schema, new: Schema) -> Iterator[Shift]:
    for subjects, tightest, sign in ((_UPPER, min, 1), (_LOWER, max, -1)):
        for keyword, subject in subjects.items():
            before = tightest(old.values(keyword), default=None)
            after = tightest(new.values(keyword), default=None)
            if before == after:
                continue
            narrower = after is not None and (before is None or (before - after) * sign > 0)
            values = subject.format(after if narrower else before)
            yield Shift(
                keyword,
                new.where(keyword, old),
                _from_to(keyword, before, after),
                narrower=values if narrower else "",
                wider="" if narrower else values,
                bound=after,
            )


def _flags(old: Schema, new: Schema) -> Iterator[Shift]:
    for keyword, subject in _FLAGS.items():
        before, after = True in old.values(keyword), True in new.values(keyword)
        if before != after:
            what = f"{keyword} is {shown(after)}, was {shown(before)}"
            narrower, wider = (subject, "") if after else ("", subject)
            yield Shift(keyword, new.where(keyword, old), what, narrower, wider)


def _multiples(old: Schema, new: Schema) -> Iterator[Shift]:
    before, after = _only(old.values("multipleOf")), _only(new.values("multipleOf"))
    if before == after:
        return
    narrowed = before is None or (after is not None and after % before == 0)
    widened = after is None or (before is not None and before % after == 0)
    yield Shift(
        "multipleOf",
        new.where("multipleOf", old),
        _from_to("multipleOf", before, after),
        narrower="" if widened else f"a number that is no multiple of {after}",
        wider="" if narrowed else f"a number that is no multiple of {before}",
    )


def _moved_word(
    keyword: str, old: Schema, new: Schema, wider: set[tuple[str, str]]
) -> Relation | None:
    """How types or formats moved, of which several hold at once; None when they did not."""
    before, after = set(old.values(keyword)), set(new.values(keyword))
    if before == after:
        return None
    pair = _said(old, keyword), _said(new, keyword)
    widened, narrowed = after < before or pair in wider, before < after or pair[::-1] in wider
    if len(after) > 1:  # nothing is of two types: what is meant cannot be told
        return Relation(narrower=True, wider=True)
    return Relation(narrower=not widened, wider=not narrowed)


def _kind(word: str) -> str:
    return f"a value of type {word}" if word else "a value of another type"


def _said(schema: Schema, keyword: str) -> str:
    return " and ".join(dict.fromkeys(schema.values(keyword)))


def _only(values: list[Any]) -> Any:
    return values[0] if values else None


def _from_to(keyword: str, before: Any, after: Any) -> str:
    if before in (None, ""):
        return f"{keyword} is {after}, there was none"
    if after in (None, ""):
        return f"{keyword} {before} is gone"
    return f"{keyword} is {after}, was {before}"


def _moved(gone: list[Any], come: list[Any]) -> str:
    said = [f"{_listed(gone)} is gone" if gone else "", f"{_listed(come)} is new" if come else ""]
    return " and ".join(filter(None, said))


def _named(values: list[Any]) -> str:
    return _listed(values) if values else ""


def _listed(values: list[Any]) -> str:
    return " or ".join(shown(value) for value in values)


def _cut(patterns: list[str]) -> str | None:
    """The patterns at a length that can be read; None when there is none."""
    told = " and ".join(patterns)
    return (f"{told[:60]}…" if len(told) > 60 else told) or None
