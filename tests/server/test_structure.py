"""The house rules that a machine can keep: who imports whom, and one test command in two places."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "zen_contract": ROOT / "openapi" / "zen_contract",
    "zen_sandbox": ROOT / "server" / "zen_sandbox",
    "zen_conformance": ROOT / "conformance" / "zen_conformance",
}
MAY_IMPORT = {
    "zen_contract": set[str](),
    "zen_sandbox": {"zen_contract"},
    "zen_conformance": {"zen_contract"},
}
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b",
    re.DOTALL,
)


def modules(package: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules of a package, parsed."""
    for path in sorted(PACKAGES[package].rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(tree: ast.Module) -> Iterator[str]:
    """The top names of everything that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_one_way(package: str) -> None:
    found = list(modules(package))
    assert found
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    for path, tree in found:
        assert not forbidden & set(imported(tree)), path


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_names_another_as_text_to_import_it(package: str) -> None:
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    for path, tree in modules(package):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
                assert not any(name in ast.unparse(node) for name in forbidden), path


def test_sql_lives_in_the_store_and_nowhere_else() -> None:
    for path, tree in modules("zen_sandbox"):
        if "store" in path.relative_to(PACKAGES["zen_sandbox"]).parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                is_probe = node.value == "SELECT 1 FROM meta LIMIT 1"
                assert is_probe or not SQL.search(node.value), f"{path}:{node.lineno}"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_alone_knows(package: str) -> None:
    for path, tree in modules(package):
        assert ast.get_docstring(tree), path
        assert path.stem not in ("utils", "helpers", "common", "misc"), path


def test_a_build_machine_runs_the_test_command_of_the_readme() -> None:
    [command] = [
        line
        for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        if "tox" in line and not line.startswith("#")
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```[a-z]*\n(.*?)```", readme, re.DOTALL)
    lines = [line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines()]
    assert command.removesuffix("</dev/null").strip() in lines
