"""What a contract change means to handlers: which operations are new, changed in what, or gone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_WORDS = {
    "method": "method",
    "path": "path",
    "scope": "scope",
    "resource": "resource",
    "parameters": "parameters",
    "body": "body",
    "success": "status of a success",
}


@dataclass(frozen=True)
class Changes:
    """Operations by operationId; `changed` says what differs."""

    new: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    gone: Mapping[str, str]  # where the handler is, or was

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def changes(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> Changes:
    """The difference between two tables of operations."""
    old = {row["operation_id"]: row for row in before}
    now = {row["operation_id"]: row for row in after}
    both = [name for name in now if name in old]
    differing = {name: tuple(_differences(old[name], now[name])) for name in both}
    return Changes(
        new=tuple(name for name in now if name not in old),
        changed={name: what for name, what in differing.items() if what},
        gone={
            name: f"handlers/{row['resource']}.py, {row['function']}"
            for name, row in old.items()
            if name not in now
        },
    )


def _differences(old: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[str]:
    yield from (word for key, word in _WORDS.items() if old.get(key) != now.get(key))
    before, after = old.get("answers", {}), now.get("answers", {})
    for status in sorted({*before, *after}):
        if status not in before:
            yield f"answer {status} (new)"
        elif status not in after:
            yield f"answer {status} (gone)"
        elif before[status] != after[status]:
            yield f"answer {status}"
