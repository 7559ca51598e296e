"""A page of the documentation that is walked by copy and paste: its steps, and what it shows.

What a step is, a reader sees too: a label like **Terminal 2** says where, a block of `sh` is pasted
there, a block of `text` or `json` is what comes next there, `Save this as` a file names the block
of a program, and **Ctrl-C** is pressed. Before the first label is what a reader installs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

INSTALLS = 0
"""The terminal of what comes before the first label."""

_PIECES = re.compile(
    r"^```(?P<language>\w+)\n(?P<block>.*?)^```$"
    r"|\*\*Terminals? (?P<where>[0-9][^*]*)\*\*"
    r"|Save this as `(?P<file>[^`]+)`"
    r"|(?P<interrupt>\*\*Ctrl-C\*\*)",
    re.MULTILINE | re.DOTALL,
)
_MADE = re.compile(
    r"(?P<id>\b(?:ing|dest|flow|dlv|evt|ev|key|log|req|flt)_[0-9a-f]{16,}\b)"
    r'|(?P<cursor>(?<="next_cursor": ")[^"]+)'
    r"|(?P<time>\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)"
    r"|(?P<rest>^…\n)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Step:
    """Something that a reader does or sees in terminals."""

    terminals: tuple[int, ...]


@dataclass(frozen=True)
class Paste(Step):
    """Commands."""

    text: str


@dataclass(frozen=True)
class Look(Step):
    """What is shown next."""

    text: str


@dataclass(frozen=True)
class Interrupt(Step):
    """Ctrl-C."""


@dataclass(frozen=True)
class Save(Step):
    """A file."""

    name: str
    text: str


def steps(page: str) -> Iterator[Step]:
    """The steps of a page in order."""
    where: tuple[int, ...] = (INSTALLS,)
    file = ""
    for piece in _PIECES.finditer(page):
        block = piece["block"]
        if piece["where"]:
            where = tuple(int(number) for number in re.findall(r"\d", piece["where"]))
        elif piece["interrupt"]:
            yield Interrupt(where)
        elif piece["file"]:
            file = piece["file"]
        elif piece["language"] == "sh":
            yield Paste(where, block)
        elif piece["language"] in ("text", "json"):
            yield Look(where, block)
        else:
            assert file, f"the page does not say what this is saved as:\n{block}"
            yield Save(where, file, block)
            file = ""


@dataclass
class Transcript:
    """Tells what the page prints from what a run prints: ids, times, cursors differ, but in step.

    The value that the page prints in two places has to be the same in both in a run, too.
    """

    known: dict[str, str] = field(default_factory=dict)
    _met: list[str] = field(default_factory=list)

    def pattern(self, shown: str) -> re.Pattern[str]:
        """What a run may show where the page shows this; groups are the values it makes."""
        self._met = []
        parts, end = [], 0
        for made in _MADE.finditer(shown):
            parts += [re.escape(shown[end : made.start()]), self._part(made)]
            end = made.end()
        return re.compile("".join([*parts, re.escape(shown[end:])]), re.DOTALL)

    def learn(self, found: re.Match[str]) -> None:
        """Keeps the values of a match of the last pattern."""
        self.known |= dict(zip(self._met, found.groups(), strict=True))

    def _part(self, made: re.Match[str]) -> str:
        text = made[0]
        if made["rest"]:
            return r".*?"
        if text in self.known:
            return re.escape(self.known[text])
        if text in self._met:
            return rf"(?:\{self._met.index(text) + 1})"
        self._met.append(text)
        if made["cursor"]:
            return r'([^"]+)'
        if made["time"]:
            return r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"
        return rf"({text.partition('_')[0]}_[0-9a-f]+)"


def with_ports(page: str, ports: dict[int, int]) -> str:
    """The page with other ports; ids and the like that contain their digits stay."""
    numbers = "|".join(map(str, ports))
    return re.sub(rf"\b(?:{numbers})\b", lambda found: str(ports[int(found[0])]), page)
