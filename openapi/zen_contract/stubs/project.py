"""The files of a made server: those made anew by each run, and those that are the implementer's."""

import importlib.resources
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from zen_contract.contract import Contract
from zen_contract.stubs.keys import TENANTS, development_keys
from zen_contract.stubs.models import models_module
from zen_contract.stubs.table import Entry, schemas, table

PACKAGE = "zen_back_server"
GENERATED = f"{PACKAGE}/generated"
HANDLERS = f"{PACKAGE}/handlers/"
TABLE = f"{GENERATED}/operations.json"
PORT = 3000


@dataclass(frozen=True)
class Project:
    """Texts by path, relative to the project's folder."""

    generated: dict[str, str]
    written: dict[str, str]


def project(contract: Contract) -> Project:
    """The project for a contract; the same contract makes the same texts."""
    entries = table(contract)
    by_resource: dict[str, list[Entry]] = {}
    for entry in entries:
        by_resource.setdefault(entry.resource, []).append(entry)
    known = {
        "package": PACKAGE,
        "port": PORT,
        "contract": contract.path.stem,
        "version": contract.version,
        "resources": dict(sorted(by_resource.items())),
        "annotations": _annotations(entries),
        "tenants": TENANTS,
        "keys": list(development_keys(entries)),
    }
    return Project(_generated(contract, entries, known), _written(known))


def _generated(
    contract: Contract, entries: tuple[Entry, ...], known: dict[str, Any]
) -> dict[str, str]:
    files = dict(_runtime())
    files["__init__.py"] = _render("generated_init.py.j2", known)
    files["contract.json"] = _json(contract.document)
    files["models.py"] = models_module(schemas(entries))
    files["resources.py"] = _render("resources.py.j2", known)
    files["wiring.py"] = _render("wiring.py.j2", known)
    files["py.typed"] = ""
    # The last one that is written: a run that was cut short is told as news again.
    files["operations.json"] = _json(
        {
            "contract": {"name": contract.path.stem, "version": contract.version},
            "operations": [entry.row() for entry in entries],
        }
    )
    return {f"{GENERATED}/{name}": text for name, text in files.items()}


def _written(known: dict[str, Any]) -> dict[str, str]:
    files = {
        "pyproject.toml": "pyproject.toml.j2",
        "README.md": "README.md.j2",
        "target.toml": "target.toml.j2",
        "keys.toml": "keys.toml.j2",
        f"{PACKAGE}/__init__.py": "package_init.py.j2",
        f"{PACKAGE}/__main__.py": "main.py.j2",
        f"{PACKAGE}/keys.py": "keys.py.j2",
        f"{HANDLERS}__init__.py": "handlers_init.py.j2",
    }
    texts = {path: _render(template, known) for path, template in files.items()}
    for resource, entries in known["resources"].items():
        own = {"resource": resource, "entries": entries, "annotations": _annotations(entries)}
        text = _render("handler.py.j2", {**known, **own})
        texts[f"{HANDLERS}{resource}.py"] = text
    return texts


def _runtime() -> Iterable[tuple[str, str]]:
    for file in importlib.resources.files("zen_contract.stubs.runtime").iterdir():
        if file.name.endswith(".py") and file.name != "__init__.py":
            yield file.name, file.read_text(encoding="utf-8")


def _annotations(entries: Iterable[Entry]) -> str:
    """All types that signatures name, to see what has to be imported."""
    types = [entry.returns for entry in entries]
    types += [argument.annotation for entry in entries for argument in entry.arguments]
    return " ".join(types)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _class_name(resource: str) -> str:
    return "".join(word.capitalize() for word in resource.split("_"))


def _tags(entries: Iterable[Entry]) -> str:
    """What the customer calls the resource."""
    return ", ".join(dict.fromkeys(tag for one in entries for tag in one.operation.tags[:1]))


def _render(template: str, known: dict[str, Any]) -> str:
    return _TEMPLATES.get_template(template).render(known)


# Python, TOML and Markdown are made here, which HTML's escapes would spoil.
_TEMPLATES = Environment(  # noqa: S701
    loader=PackageLoader("zen_contract.stubs"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters |= {"class_name": _class_name, "tags": _tags, "toml": json.dumps}
