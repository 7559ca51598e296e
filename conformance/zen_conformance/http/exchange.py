"""What went over the wire, as immutable values."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


class NotJson(ValueError):
    """The body is not JSON; the message says why."""


@dataclass(frozen=True)
class Headers:
    """Header lines in order, looked up in any case."""

    lines: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The value, several joined as HTTP joins them; None when there is none."""
        found = self.all(name)
        return ", ".join(found) if found else None

    def all(self, name: str) -> list[str]:
        """Every value sent under that name."""
        return self._values.get(name.lower(), [])

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        for key, value in self.lines:
            values.setdefault(key.lower(), []).append(value)
        return values

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.all(name))


_LARGEST_BODY = 1024 * 1024  # that the contract lets a request have


@dataclass(frozen=True)
class Sent:
    """A request as it was sent; `url` is whole, `path` is what stood in the request line."""

    method: str
    url: str
    path: str
    headers: Headers
    body: bytes = b""
    chunked: bool = False

    @property
    def is_too_large(self) -> bool:
        """Whether the body is over the contract's mebibyte: a server may end it unread."""
        return len(self.body) > _LARGEST_BODY


@dataclass(frozen=True)
class Received:
    """An answer as it came."""

    status: int
    headers: Headers
    body: bytes
    seconds: float

    @cached_property
    def media_type(self) -> str:
        """`application/json` and the like, lower case, without parameters; empty when unsaid."""
        return (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()

    @cached_property
    def document(self) -> Any:
        """The body as JSON, else NotJson."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise NotJson(f"the body is not JSON in UTF-8 ({error})") from error


@dataclass(frozen=True)
class Exchange:
    """One request, its answer, and which operation of the contract was asked (None: no such path).

    `received` is None when no whole answer came; `trouble` then says what happened.
    """

    sent: Sent
    received: Received | None
    trouble: str | None = None
    operation_id: str | None = None
    credential: str = field(default="", repr=False)  # how the report names it, never the token


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
