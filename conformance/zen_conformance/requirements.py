"""The closed ledger of requirements: what there is to keep, and where the contract says it.

`load()` reads `requirements.yaml` beside this module; which check holds a server to a requirement
is the checks' business.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from zen_contract import strict_yaml

Level = Literal["MUST", "SHOULD", "MAY"]
Budget = Literal["quick", "standard", "deep"]

LEVELS: tuple[Level, ...] = get_args(Level)
BUDGETS: tuple[Budget, ...] = get_args(Budget)  # the smallest first
NEEDS = ("clusters", "ingesters", "ingest", "receiver", "retry", "logs", "rate_limit")

_ID = re.compile(r"(?P<area>[A-Z]{2,10})-[0-9]{3}")
_CONTRACT = re.compile(r"zen-[a-z]+\.v[0-9]+\.yaml#/.+")
_ALWAYS = ("id", "level", "title", "contract", "source")
_SOMETIMES = ("needs", "budget", "untestable")


@dataclass(frozen=True)
class Requirement:
    """One statement that a server keeps or breaks."""

    id: str  # as `DEST-007`; never reused
    area: str  # as `DEST`
    level: Level
    title: str  # the statement, one sentence
    contract: str  # as `zen-back.v1.yaml#/components/schemas/Name`
    source: str  # as `D §3`, `S0` or `RFC 9457 §3.1`
    needs: tuple[str, ...]  # out of NEEDS; what a server must offer for this to be asked of it
    budget: Budget  # the smallest one in which it can be checked
    untestable: str | None  # why nothing outside the server can tell, else None


class Ledger(Mapping[str, Requirement]):
    """The requirements by id, in the order of the file; `areas` has each area's title."""

    def __init__(self, areas: Mapping[str, str], requirements: Mapping[str, Requirement]) -> None:
        self.areas = areas
        self._requirements = requirements

    def __getitem__(self, requirement_id: str) -> Requirement:
        return self._requirements[requirement_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._requirements)

    def __len__(self) -> int:
        return len(self._requirements)


@cache
def load() -> Ledger:
    """The ledger that this suite ships."""
    return read(files(__package__).joinpath("requirements.yaml").read_bytes())


def read(text: bytes) -> Ledger:
    """The ledger that a file's text holds; ValueError names the requirement that is at fault."""
    areas: dict[str, str] = {}
    requirements: dict[str, Requirement] = {}
    for area in strict_yaml.read(text):
        if area["area"] in areas:
            raise ValueError(f"{area['area']}: there is another area of that name.")
        areas[area["area"]] = area["title"]
        for entry in area["requirements"]:
            requirement = _requirement(area["area"], entry)
            if requirement.id in requirements:
                raise ValueError(f"{requirement.id}: there is another requirement of that id.")
            requirements[requirement.id] = requirement
    return Ledger(areas, requirements)


def _requirement(area: str, entry: Mapping[str, Any]) -> Requirement:
    fault = _fault(area, entry)
    if fault is not None:
        raise ValueError(f"{entry.get('id', f'a requirement of {area}')}: {fault}.")
    return Requirement(
        area=area,
        needs=tuple(entry.get("needs", ())),
        budget=entry.get("budget", "quick"),
        untestable=entry.get("untestable"),
        **{key: entry[key] for key in _ALWAYS},
    )


def _fault(area: str, entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, or None."""
    missing = [key for key in _ALWAYS if key not in entry]
    unknown = [key for key in entry if key not in (*_ALWAYS, *_SOMETIMES)]
    texts = (key for key in entry if key != "needs")
    empty = [key for key in texts if not isinstance(entry[key], str) or not entry[key].strip()]
    if missing or unknown or empty:
        return f"missing {missing}, unknown {unknown}, not a text {empty}"
    return next((words for holds, words in _rules(area, entry) if not holds), None)


def _rules(area: str, entry: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    identifier = _ID.fullmatch(entry["id"])
    needs = entry.get("needs", [])
    yield identifier is not None and identifier["area"] == area, f"its id is not {area}-<3 digits>"
    yield entry["level"] in LEVELS, f"its level is not one of {', '.join(LEVELS)}"
    yield entry.get("budget", "quick") in BUDGETS, f"its budget is not one of {', '.join(BUDGETS)}"
    yield (
        _CONTRACT.fullmatch(entry["contract"]) is not None,
        "its contract is not <file>#/<pointer>",
    )
    yield isinstance(needs, list) and set(needs) <= set(NEEDS), f"it needs more than {NEEDS}"
