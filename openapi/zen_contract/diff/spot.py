"""In which message a value travels, which way, and under which name."""

from dataclasses import dataclass, replace
from enum import Enum, auto


class Direction(Enum):
    """Who sends the value. A narrower request breaks customers, and so does a wider answer."""

    REQUEST = auto()
    ANSWER = auto()


@dataclass(frozen=True)
class Spot:
    """A place in a message."""

    direction: Direction
    message: str  # as in a sentence: "the request body"
    path: str = ""  # "config.retry_policy", "deliveries[]"
    is_failure: bool = False  # an answer of 400 and above, which customers take whatever its type
    page_limit: int | None = None  # the highest `limit` a request may ask for, if both have one

    @property
    def is_request(self) -> bool:
        """Whether customers send it."""
        return self.direction is Direction.REQUEST

    def below(self, name: str) -> "Spot":
        """The member of that name; `[]` are the entries of a list, `*` members of any name."""
        joined = f"{self.path}{name}" if name == "[]" else f"{self.path}.{name}".lstrip(".")
        return replace(self, path=joined)

    def __str__(self) -> str:
        return f"`{self.path}` in {self.message}" if self.path else self.message
