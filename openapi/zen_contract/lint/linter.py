"""The order in which a contract file is looked at. Start reading here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from zen_contract import pointers, strict_yaml, walk
from zen_contract.lint import (
    examples,
    extension_rules,
    link_rules,
    operation_rules,
    parameter_rules,
    redocly,
    response_rules,
    schema_rules,
    structure,
)
from zen_contract.lint.report import Defect, Finding, Report, in_order
from zen_contract.pointers import Place, Pointer

Rule = Callable[[Place], Iterator[Defect]]

RULES: dict[str, Rule] = {
    **operation_rules.RULES,
    **parameter_rules.RULES,
    **schema_rules.RULES,
    **response_rules.RULES,
    **examples.RULES,
    **link_rules.RULES,
    **extension_rules.RULES,
}


def lint(file: Path, *, with_redocly: bool = True) -> Report:
    """Everything that is wrong with the contract in that file.

    A file that cannot be read as YAML has that one finding, and one that is not valid OpenAPI is
    not held against our own rules, which take its structure for granted. OSError when the file
    cannot be read; NodeToolsError or RedoclyFailed when Redocly cannot be run.
    """
    try:
        text = file.read_bytes()
        document, lines = strict_yaml.read(text), strict_yaml.lines(text)
    except strict_yaml.StrictYamlError as error:
        return Report(file, (Finding(error.line, "yaml", error.message),))
    if not isinstance(document, dict):
        return Report(file, (Finding(1, "yaml", "The file is not an OpenAPI document."),))
    found = list(_own_findings(document, lines))
    if with_redocly:
        found.extend(redocly.findings(file))
    if found:
        return Report(file, in_order(found))
    root = pointers.root(document)
    return Report(
        file,
        operations=sum(1 for _ in walk.operations(root)),
        examples=len({check.example.pointer for check in examples.checks(root)}),
        rules=len(RULES),
        tools=(structure.tool(), redocly.tool()) if with_redocly else (structure.tool(),),
    )


def _own_findings(
    document: Mapping[str, object], lines: Mapping[Pointer, int]
) -> Iterator[Finding]:
    broken = structure.reference_defects(document)
    yield from _findings("ref", broken, lines)
    if broken:
        return
    invalid = list(structure.shape_defects(document))
    if not invalid:
        place = pointers.root(document)
        found = [one for name, rule in RULES.items() for one in _findings(name, rule(place), lines)]
        yield from found
        # Told last: what it finds, one of our rules has mostly named with its line.
        invalid = [] if found else list(structure.meaning_defects(document))
    yield from _findings(structure.TOOL, invalid, lines)


def _findings(
    rule: str, defects: Iterable[Defect], lines: Mapping[Pointer, int]
) -> Iterator[Finding]:
    for defect in defects:
        yield Finding(pointers.line_of(defect.pointer, lines), rule, defect.message)
