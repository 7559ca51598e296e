"""A made server in its folder: what a run would write there, and the writing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zen_contract.stubs.changes import Changes, changes
from zen_contract.stubs.project import GENERATED, HANDLERS, TABLE, Project

_NOT_SOURCE = ("__pycache__",)


class ForeignFolder(Exception):
    """The folder is not one of ours; the message is one sentence."""


@dataclass(frozen=True)
class Plan:
    """What is to be written so that a folder is up to date."""

    folder: Path
    first: bool  # nothing was made here before
    changes: Changes
    written: dict[str, str]  # the implementer's files that have to be made, once
    generated: dict[str, str]  # files made anew that are not there, or are different
    stale: tuple[str, ...]  # files that an earlier run made, and this one does not
    operations: int

    @property
    def up_to_date(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.written or self.generated or self.stale)

    def carry_out(self) -> None:
        """Writes; files that are the implementer's are made where they are missing, and no more."""
        for path, text in (self.written | self.generated).items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        for path in self.stale:
            (self.folder / path).unlink()


def plan(folder: Path, project: Project) -> Plan:
    """What would bring the project into that folder; ForeignFolder when it holds something else."""
    table = folder / TABLE
    first = is_first(folder)
    return Plan(
        folder=folder,
        first=first,
        changes=changes(_operations(table), json.loads(project.generated[TABLE])["operations"]),
        written={
            path: text
            for path, text in project.written.items()
            if (first or path.startswith(HANDLERS)) and not (folder / path).exists()
        },
        generated={
            path: text for path, text in project.generated.items() if _text(folder / path) != text
        },
        stale=tuple(sorted(_present(folder) - project.generated.keys())),
        operations=len(json.loads(project.generated[TABLE])["operations"]),
    )


def is_first(folder: Path) -> bool:
    """Whether nothing was made there before; ForeignFolder when it holds something else."""
    if (folder / TABLE).is_file():
        return False
    # A new repository has hidden files and nothing else.
    if folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
        raise ForeignFolder(
            f"{folder} is not empty and holds no server that `zen-contract stubs` made; "
            "name an empty folder."
        )
    return True


def _operations(table: Path) -> list[Any]:
    text = _text(table)
    if text is None:
        return []
    try:
        rows = json.loads(text)["operations"]
    except (ValueError, KeyError, TypeError) as error:
        raise ForeignFolder(
            f"{table} cannot be understood ({error}); take it back from your repository, or remove "
            "it and make the server anew in another folder."
        ) from error
    return list(rows)


def _present(folder: Path) -> set[str]:
    return set(_files(folder / GENERATED, folder))


def _files(place: Path, folder: Path) -> Iterator[str]:
    if place.is_dir():
        for file in place.rglob("*"):
            if file.is_file() and not set(_NOT_SOURCE).intersection(file.parts):
                yield file.relative_to(folder).as_posix()


def _text(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
