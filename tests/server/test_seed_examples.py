"""Every curl, Python and JavaScript example of the documentation, run against the demo sandbox."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.harness import EVERY_SCOPE, Sandbox
from tests.server.seed_pages import Example, Rows, load
from tests.server.seed_runners import (
    RUNNERS,
    Access,
    Outcome,
    Runner,
    run_with_curl,
    run_with_requests,
)
from zen_sandbox import demo

EXAMPLES = load()
CASES = [
    pytest.param(example, runner, id=f"{example}-{runner.__name__}")
    for example in EXAMPLES.values()
    for runner in RUNNERS[example.language]
]


@pytest.fixture
def demo_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A server with fresh demo data."""
    with Sandbox(tmp_path / "demo.db") as running:
        with running.store.database.writing():
            demo.fill(running.store, token="zpk_of_the_demo")
        yield running


@pytest.mark.parametrize(("example", "runner"), CASES)
def test_an_example_of_the_documentation_answers_as_its_page_says(
    example: Example, runner: Runner, demo_sandbox: Sandbox, tmp_path: Path
) -> None:
    if runner is run_with_curl and not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("there is no curl here, or no bash; the same request is sent without them")
    for name in example.after:
        check(
            EXAMPLES[name], run_with_requests(EXAMPLES[name], demo_access(demo_sandbox), tmp_path)
        )
    check(example, runner(example, access_for(example, demo_sandbox), tmp_path))


def access_for(example: Example, sandbox: Sandbox) -> Access:
    """The demo key, or the key and tenant that bring about what the example shows."""
    if example.in_empty_tenant:
        return Access(sandbox.base_url, "tnt_a", sandbox.new_key(tenant="tnt_a"))
    if example.without_scope is not None:
        scopes = [scope for scope in EVERY_SCOPE if scope != example.without_scope]
        assert len(scopes) < len(EVERY_SCOPE)
        token = sandbox.new_key(scopes, tenant=demo.TENANT_ID)
        return Access(sandbox.base_url, demo.TENANT_ID, token)
    return demo_access(sandbox)


def demo_access(sandbox: Sandbox) -> Access:
    """What the sandbox's banner would show."""
    return Access(sandbox.base_url, demo.TENANT_ID, "zpk_of_the_demo")


def check(example: Example, outcome: Outcome) -> None:
    """Holds what came out against what the page says."""
    if example.raises is not None:
        assert example.raises in outcome.failure
        return
    assert not outcome.failure
    if outcome.status is not None:
        assert outcome.status == example.status
    if example.expects is not None:
        assert not list(differences(example.expects, outcome.value, example.made))
    assert set(example.fields) <= outcome.value.keys()
    if example.rows is not None:
        check_rows(example.rows, outcome.value[example.rows.member], example.made)


def check_rows(said: Rows, rows: list[dict[str, Any]], made: frozenset[str]) -> None:
    """The rows of a list."""
    assert len(rows) == said.count
    for row in rows:
        assert not list(differences(said.each, row, made))
    seen = {name for row in rows for name in row}
    assert set(said.fields) <= seen
    if said.first is not None:
        assert not list(differences(said.first, rows[0], made))


def differences(said: Any, got: Any, made: frozenset[str], at: str = "") -> Iterator[str]:
    """Where an answer is not what the page prints; members beyond it do not matter."""
    if isinstance(said, dict) and isinstance(got, dict):
        for name, value in said.items():
            where = f"{at}.{name}"
            if name not in got:
                yield f"{where} is missing"
            elif name in made:
                if type(got[name]) is not type(value) or not got[name]:
                    yield f"{where} is {got[name]!r}"
            else:
                yield from differences(value, got[name], made, where)
    elif isinstance(said, list) and isinstance(got, list) and len(said) == len(got):
        for number, (one, other) in enumerate(zip(said, got, strict=True)):
            yield from differences(one, other, made, f"{at}[{number}]")
    elif said != got or type(said) is not type(got):
        yield f"{at} is {got!r} and not {said!r}"
