"""The command zen-contract, as a person and as a program meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import zen_contract
from tests.contract.conftest import Plant
from zen_contract.cli import main


def run(*words: str | Path) -> Result:
    """The command in this process; its output is not a terminal."""
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def test_show_lists_every_operation_under_its_tag(boxes: Path) -> None:
    done = run("show", "--contract", boxes)
    assert done.exit_code == 0
    tag, *rows = done.output.splitlines()
    assert tag == "Boxes"
    assert [row.split()[:3] for row in rows] == [
        ["GET", "/v1/rooms/{room_id}/boxes", "listBoxes"],
        ["POST", "/v1/rooms/{room_id}/boxes", "createBox"],
        ["GET", "/v1/rooms/{room_id}/boxes/{box_id}", "getBox"],
        ["GET", "/health", "getHealth"],
    ]
    assert rows[1].split()[3:] == ["write:boxes", "idempotent", "WIRED_SANDBOX"]
    assert rows[3].split()[3:] == ["-", "-", "SANDBOX_ONLY"]


def test_show_tells_all_of_one_operation(boxes: Path) -> None:
    done = run("show", "createBox", "--contract", boxes)
    assert done.exit_code == 0
    for told in [
        "POST /v1/rooms/{room_id}/boxes",
        "createBox: Make a box",
        "Makes a box in a room.",
        "Scope        write:boxes",
        "Status       WIRED_SANDBOX",
        "Idempotency  takes Idempotency-Key",
        "  room_id (path, required) string matching ^[a-z][a-z0-9_]{0,31}$  The room.",
        "  application/json",
        "  name (required) string 0 to 40",
        "  colour (optional) string one of red, blue or null",
        "  lid.tight (optional) boolean",
        "  201  The new box.  [X-Request-Id, Location]",
        "  401  unauthorized  [X-Request-Id, WWW-Authenticate]",
        "  429  rate-limit-exceeded  [X-Request-Id, Retry-After]",
    ]:
        assert told in done.output.splitlines()


@pytest.mark.parametrize("path", ["/v1/rooms/{room_id}/boxes/{box_id}", "/v1/rooms/r1/boxes/b1"])
def test_show_takes_a_method_with_a_template_or_a_real_path(boxes: Path, path: str) -> None:
    done = run("show", "get", path, "--contract", boxes)
    assert "getBox: Get a box" in done.output


def test_show_prefers_the_path_that_is_written_so(plant: Plant) -> None:
    file = plant("  /health:", "  /v1/rooms/{room_id}/boxes/newest:")
    done = run("show", "GET", "/v1/rooms/{room_id}/boxes/newest", "--contract", file)
    assert "getHealth" in done.output


def test_show_speaks_json(boxes: Path) -> None:
    everything = json.loads(run("show", "--json", "--contract", boxes).output)
    assert everything["version"] == "1.2.3"
    assert [one["operation_id"] for one in everything["operations"]][:2] == [
        "listBoxes",
        "createBox",
    ]
    one = json.loads(run("show", "createBox", "--json", "--contract", boxes).output)
    assert one["scope"] == "write:boxes"
    assert one["responses"]["401"] == {
        "slugs": ["unauthorized"],
        "headers": ["X-Request-Id", "WWW-Authenticate"],
    }
    assert one["definition"]["parameters"][0]["schema"]["type"] == "string"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["getBoks"], "Error: There is no operation 'getBoks'; did you mean getBox"),
        (["nothing-like-it"], "see `zen-contract show`."),
        (["PUT", "/v1/rooms/r/boxes"], "There is no operation 'PUT /v1/rooms/r/boxes'"),
        (["GET", "/health", "now"], "Give one operationId, or a method and a path."),
    ],
)
def test_an_unknown_operation_is_one_sentence_and_exit_2(
    boxes: Path, words: list[str], sentence: str
) -> None:
    done = run("show", *words, "--contract", boxes)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_an_unknown_contract_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    for source in ["zen-nothing.v1", str(tmp_path / "none.yaml")]:
        done = run("show", "--contract", source)
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1


def test_lint_says_in_one_line_that_a_contract_is_clean(boxes: Path) -> None:
    done = run("lint", boxes, "--no-redocly")
    assert done.exit_code == 0
    (line,) = done.output.splitlines()
    assert "boxes.v1.yaml is clean: 4 operations, 10 examples, 31 rules" in line
    assert "Redocly" not in line


def test_lint_names_file_line_rule_and_reason_and_exits_1(plant: Plant, boxes: Path) -> None:
    file = plant("description: Open to everybody.", "description: ''")
    done = run("lint", boxes, file, "--no-redocly")
    assert done.exit_code == 1
    clean, finding = done.output.splitlines()
    assert "is clean" in clean
    line = file.read_text(encoding="utf-8").splitlines().index("      operationId: getHealth")
    assert finding == f"{file}:{line}: operation-description: GET /health has no description."


def test_lint_speaks_json(plant: Plant, boxes: Path) -> None:
    file = plant("description: Open to everybody.", "description: ''")
    done = run("lint", boxes, file, "--no-redocly", "--json")
    assert done.exit_code == 1
    clean, defective = json.loads(done.output)["files"]
    assert (clean["clean"], clean["findings"], clean["operations"]) == (True, [], 4)
    assert defective["file"] == str(file)
    assert [one["rule"] for one in defective["findings"]] == ["operation-description"]


def test_lint_of_a_missing_file_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    done = run("lint", tmp_path / "none.yaml")
    assert done.exit_code == 2
    assert "none.yaml cannot be read: No such file or directory." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_lint_without_its_libraries_says_what_to_install(tmp_path: Path, boxes: Path) -> None:
    (tmp_path / "openapi_spec_validator.py").write_text(
        "raise ModuleNotFoundError(name='openapi_spec_validator')", encoding="utf-8"
    )
    done = _started(["lint", str(boxes)], path=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: Linting needs openapi_spec_validator; run `pip install 'zen-back[lint]'`.\n"
    )


def test_the_command_runs_as_a_module_and_prints_no_colour_into_a_pipe(boxes: Path) -> None:
    done = _started(["show", "--contract", str(boxes)])
    assert done.returncode == 0
    assert "createBox" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_the_version_is_the_packages(boxes: Path) -> None:
    assert zen_contract.__version__ in run("--version").output


def _started(words: list[str], path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    root = Path(zen_contract.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "zen_contract.cli", *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, filter(None, (path, root))))},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
