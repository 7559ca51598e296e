"""The file of `--expect-failures`: known failures, which still run, and must still fail.

A line is a requirement's id and the reason; empty lines and lines that begin with # are left out.
"""

from pathlib import Path

from zen_conformance import requirements
from zen_conformance.selection import UnknownRequirement


def read(path: Path) -> dict[str, str]:
    """Reason by requirement id, else UnknownRequirement naming the line."""
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise UnknownRequirement(f"{path} is not text in UTF-8.") from error
    for number, line in enumerate(lines, 1):
        words = line.split(maxsplit=1)
        if words and not words[0].startswith("#"):
            fault = _fault(words, found)
            if fault:
                raise UnknownRequirement(f"{path}, line {number}: {fault}")
            found[words[0].upper()] = words[1].strip()
    return found


def _fault(words: list[str], found: dict[str, str]) -> str | None:
    known = requirements.load().get(words[0].upper())
    if known is None:
        return f"there is no requirement {words[0]!r}; see `zen-conformance list`."
    if known.untestable is not None:
        return f"{known.id} cannot be tested from outside, so it never fails; remove the line."
    if known.id in found:
        return f"{known.id} stands there twice; remove one of the lines."
    if len(words) < 2:
        return f"say after {known.id} why its failure is expected."
    return None
