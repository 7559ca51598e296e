"""`zen-contract stubs`: what it makes, what it leaves alone, and what it says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.made_server import (
    changed_contract,
    made,
    stubs,
    texts,
    three_changes,
)
from zen_contract.contract import load
from zen_contract.stubs.runtime import problems

WRITTEN = "zen_back_server/handlers/destinations.py"
GENERATED = "zen_back_server/generated"


def test_the_same_contract_makes_the_same_bytes_and_is_told_what_to_do_next(
    tmp_path: Path, made_once: Path
) -> None:
    done = made(tmp_path / "mine")
    assert texts(tmp_path / "mine") == texts(made_once)
    count = len(load().operations)
    assert done.output.startswith(f"{tmp_path}/mine: a server for {count} operations; each is answ")
    assert "zen-conformance run --target" in done.output


def test_every_operation_has_a_typed_method_of_its_own(mine: Path) -> None:
    written = "".join(
        file.read_text() for file in (mine / "zen_back_server" / "handlers").glob("*.py")
    )
    for operation in load().operations:
        assert f"        {operation.method} {operation.path}\n" in written
    assert written.count("async def ") == written.count("raise NotImplementedError")
    assert written.count("async def ") == len(load().operations)
    assert "        body: models.DestinationPatch,\n    ) -> models.Destination:" in written


def test_a_second_run_finds_everything_up_to_date(mine: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in mine.rglob("*")}
    assert made(mine).output == f"{mine} is up to date: {len(load().operations)} operations.\n"
    assert stubs("--out", mine, "--check").exit_code == 0
    assert {file: file.stat().st_mtime_ns for file in mine.rglob("*")} == before


def test_a_run_after_a_change_says_what_is_new_changed_and_gone(tmp_path: Path, mine: Path) -> None:
    changed = changed_contract(tmp_path / "next.yaml", three_changes)
    done = made(mine, "--contract", changed)
    assert done.output.splitlines()[:3] == [
        "new      pauseDestination: answered 501 until you write it",
        "changed  listDestinations: parameters",
        "gone     listLogs: its code is left in handlers/logs.py, list_logs",
    ]


def test_a_run_after_a_change_leaves_what_was_written_as_it_was(tmp_path: Path, mine: Path) -> None:
    (mine / WRITTEN).write_text("mine = True\n")
    (mine / "README.md").unlink()
    before = texts(mine)
    made(mine, "--contract", changed_contract(tmp_path / "n.yaml", three_changes))
    after = texts(mine)
    for name, text in before.items():
        assert name.startswith(GENERATED) or after[name] == text, name
    assert "README.md" not in after
    assert b"pauseDestination" in after[f"{GENERATED}/operations.json"]


def change_scope(document: dict[str, Any]) -> None:
    post = document["paths"]["/v1/tenants/{tenant_id}/destinations"]["post"]
    post["security"] = [{"bearer": ["admin:destinations"]}]


def change_statuses(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/tenants/{tenant_id}/destinations"]["post"]["responses"]
    responses["410"] = responses.pop("409")


def change_body(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["DestinationCreate"]["required"].append("type")


def change_answer(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Destination"]["properties"]["note"] = {"type": "string"}


def change_words(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Destination"]["description"] = "Other words."
    document["paths"]["/v1/tenants/{tenant_id}/destinations"]["post"]["description"] = "Others."


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (change_scope, ["scope"]),
        (change_statuses, ["answer 409 (gone)", "answer 410 (new)"]),
        (change_body, ["body"]),
        (change_answer, ["answer 201"]),
        (change_words, None),
    ],
)
def test_what_changed_of_an_operation_is_told_to_programs(
    tmp_path: Path, mine: Path, change: Any, what: list[str] | None
) -> None:
    changed = changed_contract(tmp_path / "next.yaml", change)
    told = json.loads(made(mine, "--contract", changed, "--json").output)
    assert told["operations"]["changed"].get("createDestination") == what
    assert f"{GENERATED}/contract.json" in told["files"]["generated"]
    assert told["operations"]["new"] == []
    assert told["operations"]["gone"] == {}


def test_a_new_resource_gets_a_file_and_no_other_is_touched(mine: Path) -> None:
    (mine / "zen_back_server" / "handlers" / "logs.py").unlink()
    assert stubs("--out", mine, "--check").exit_code == 1
    told = json.loads(made(mine, "--json").output)
    assert told["files"] == {
        "generated": [],
        "written": ["zen_back_server/handlers/logs.py"],
        "removed": [],
    }


def test_check_writes_nothing_and_fails_when_it_is_out_of_date(mine: Path) -> None:
    (mine / GENERATED / "models.py").write_text("")
    (mine / GENERATED / "old.py").write_text("")
    before = texts(mine)
    done = stubs("--out", mine, "--check")
    assert done.exit_code == 1
    assert "2 files under generated/ are out of date" in done.output
    assert texts(mine) == before
    made(mine)
    assert stubs("--out", mine, "--check").exit_code == 0
    assert not (mine / GENERATED / "old.py").exists()


def test_check_of_a_folder_without_a_server_is_refused(tmp_path: Path) -> None:
    done = stubs("--out", tmp_path / "nothing", "--check")
    assert done.exit_code == 2
    assert "make it without --check" in done.output
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_holds_something_else_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    done = stubs("--out", tmp_path)
    assert done.exit_code == 2
    assert done.output.count("\n") == 1
    assert "name an empty folder" in done.output
    assert list(texts(tmp_path)) == ["letter.txt"]


def test_a_new_repository_counts_as_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    made(tmp_path)


def test_a_table_that_cannot_be_read_is_one_sentence(mine: Path) -> None:
    (mine / GENERATED / "operations.json").write_text("{")
    done = stubs("--out", mine)
    assert done.exit_code == 2
    assert "take it back from your repository" in done.output


def test_a_contract_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = stubs("--out", tmp_path, "--contract", "nothing.yaml")
    assert done.exit_code == 2
    assert done.output == "Error: nothing.yaml cannot be read: No such file or directory.\n"


@pytest.mark.parametrize("absent", ["jinja2", "datamodel_code_generator"])
def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path, absent: str) -> None:
    program = (
        f"import sys; sys.modules['{absent}'] = None\n"
        f"from zen_contract.cli import main; main(['stubs', '--out', {str(tmp_path / 's')!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"Error: Making stubs needs {absent}; run `pip install 'zen-back[stubs]'`.\n"
    )


def test_the_problems_are_those_of_the_contract() -> None:
    # 501 is not the contract's: an operation that is not written is not offered by it.
    made_ones = {
        (one.status, one.type, one.title)
        for one in problems.Problem.__subclasses__()
        if one is not problems.NotImplementedYet
    }
    schemas = load().resolved()["components"]["schemas"].values()
    members = [one["allOf"][1]["properties"] for one in schemas if "allOf" in one]
    assert made_ones == {
        (one["status"]["enum"][0], one["type"]["enum"][0], one["title"]["enum"][0])
        for one in members
    }
