"""Which checks hold a server to a requirement, as pytest collects them."""

import contextlib
import os
from pathlib import Path

import pytest

from zen_conformance import check
from zen_conformance.judge.finding import RULES
from zen_conformance.run import CHECKS, collecting


class _Listener:
    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = list(session.items)


def checks_of(requirement_id: str) -> list[str]:
    """Each check as file, line and name, parametrized ones once; then the rule on all answers."""
    listener = _Listener()
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        collecting([listener])
    found = {
        f"{_file(item)}:{(item.reportinfo()[1] or 0) + 1} {item.name.partition('[')[0]}": None
        for item in listener.items
        if check.of(item) == requirement_id
    }
    rule = RULES.get(requirement_id)
    if rule is not None:
        code = rule.__code__
        where = f"judge/{Path(code.co_filename).name}:{code.co_firstlineno}"
        found[f"{where} {rule.__name__} (every answer of a run)"] = None
    return list(found)


def _file(item: pytest.Item) -> str:
    return f"checks/{item.path.relative_to(CHECKS)}"
