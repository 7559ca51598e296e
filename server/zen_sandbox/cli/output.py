"""How commands print: the value alone, columns, or JSON on one line."""

import json
from collections.abc import Mapping, Sequence

import click


def print_json(document: object) -> None:
    """One line."""
    click.echo(json.dumps(document, ensure_ascii=False))


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """The rows in columns as wide as their widest cell, under the members' names."""
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    lines = [[column.upper() for column in columns], *cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def print_gone(members: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    """That something has ended."""
    if as_json:
        print_json(members)
    else:
        click.echo(sentence)


def remark(text: str) -> None:
    """Something for people, on standard error: what `$(…)` captures is the value alone."""
    click.echo(text, err=True)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "-" if value in (None, "") else str(value)
