"""The command zen-contract diff: its exit codes, its sentences, and the canary that it can fail."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import zen_contract
from zen_contract import released
from zen_contract.cli import main

Propose = Callable[..., Path]

LONGER_BATCH = ("Most rows to return, 1 to 100.", "At most so many rows.")
PROVIDER = (" enum: [stripe, github,", " enum: [gitlab, stripe, github,")
NO_TARGET = ("  /v1/logs:", "  /v1/journal:")
MAJOR = ("  version: 1.0.0", "  version: 2.0.0")


@pytest.fixture
def propose(tmp_path: Path) -> Propose:
    """Writes the first release of the public contract with passages of it changed."""

    def written(*passages: tuple[str, str]) -> Path:
        text = released.load(released.Version(1, 0, 0), "zen-back.v1").text.decode()
        for old, new in passages:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        file = tmp_path / "proposal.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def run(*words: str | Path) -> Result:
    """The command in this process; its output is not a terminal."""
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def test_a_breaking_change_is_told_in_a_sentence_and_fails(propose: Propose) -> None:
    done = run("diff", "1.0.0", propose(NO_TARGET))
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == (
        "1 change breaks customers: take it back, or make the version 2.0.0 or later; it is 1.0.0."
    )
    assert "  GET /v1/logs (listLogs) is gone; it is GET /v1/journal now.\n" in done.output
    assert "    Requests to it are answered 404 or 405.\n" in done.output


def test_a_breaking_change_under_a_new_major_version_passes(propose: Propose) -> None:
    done = run("diff", "1.0.0", propose(NO_TARGET, MAJOR))
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == (
        "1 change breaks customers, and version 2.0.0 says so, after 1.0.0."
    )


def test_a_compatible_change_passes_and_says_which_version_it_needs(propose: Propose) -> None:
    done = run("diff", "1.0.0", propose(PROVIDER))
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == (
        "Nothing breaks; its release needs version 1.1.0 or later, and it says 1.0.0."
    )
    assert "Breaking" not in done.output


def test_a_change_is_told_with_its_line_pointer_and_operations(propose: Propose) -> None:
    file = propose(PROVIDER)
    line = next(
        number
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if "[gitlab" in text
    )
    assert run("diff", "1.0.0", file).output.splitlines()[3:7] == [
        '  `type` in the request body: "gitlab" is new.',
        '    A request with "gitlab" is accepted now; nobody has to send one.',
        "    createIngester, replaceIngester",
        f"    {file}:{line} #/components/schemas/IngesterInput/properties/type/enum",
    ]


def test_diff_speaks_json(propose: Propose) -> None:
    done = run("diff", "1.0.0", propose(LONGER_BATCH, NO_TARGET), "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["allowed"], told["next_version"]) == (False, "2.0.0")
    assert told["counts"] == {"breaking": 1, "compatible": 1, "editorial": 1}
    assert [one["kind"] for one in told["changes"]] == ["breaking", "compatible", "editorial"]
    assert told["changes"][2]["pointer"] == "#/components/parameters/Limit/description"
    assert len(told["changes"][2]["operations"]) == 5
    assert told["new"]["version"] == "1.0.0"


def test_a_release_compared_with_itself_has_not_changed() -> None:
    done = run("diff", "1.0.0", "1.0.0")
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "Nothing has changed."


def test_only_another_layout_is_told_as_one_editorial_change(propose: Propose) -> None:
    done = run("diff", "1.0.0", propose(("openapi: 3.0.3\n", "openapi: 3.0.3\n\n")))
    assert done.exit_code == 0
    assert "0 breaking, 0 compatible, 1 editorial" in done.output
    assert "The contract is laid out differently." in done.output


def test_the_sandbox_contract_is_compared_by_its_name() -> None:
    done = run("diff", "1.0.0", "--contract", "zen-sandbox.v1")
    assert done.exit_code == 0
    assert done.output.startswith("zen-sandbox.v1.yaml 1.0.0 -> zen-sandbox.v1.yaml")


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        (("  version: 1.0.0", "  version: soon"), "write info.version as MAJOR.MINOR.PATCH."),
        (("parameters/LogLevel'", "parameters/Level'"), "points at nothing."),
        (("paths:\n", "pathes:\n"), "is not an OpenAPI document: it has no 'paths'."),
        (("paths:\n", "paths: [\n"), "cannot be read"),
    ],
    ids=["version", "reference", "paths", "yaml"],
)
def test_a_file_that_is_no_contract_is_one_sentence_and_exit_2(
    propose: Propose, passage: tuple[str, str], sentence: str
) -> None:
    file = propose()
    text = file.read_text(encoding="utf-8")
    old, new = passage
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    done = run("diff", "1.0.0", file)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        ("9.9.9", "There is no release 9.9.9 of zen-back.v1; there are: 1.0.0."),
        ("no-such-file.yaml", "no-such-file.yaml cannot be read: No such file or directory."),
    ],
)
def test_something_unknown_to_compare_with_is_one_sentence_and_exit_2(
    old: str, sentence: str
) -> None:
    done = run("diff", old)
    assert done.exit_code == 2
    assert done.stderr == f"Error: {sentence}\n"


def test_colour_is_for_terminals_only(propose: Propose) -> None:
    file = propose(NO_TARGET)
    assert "\x1b" not in run("diff", "1.0.0", file).output
    assert "\x1b[31m" in _on_a_terminal("diff", "1.0.0", str(file))
    assert "\x1b" not in _on_a_terminal("diff", "1.0.0", str(file), NO_COLOR="1")


def test_comparing_needs_none_of_the_extras() -> None:
    program = (
        "import sys, zen_contract.diff.report;"
        "print([one for one in ('jsonschema', 'openapi_spec_validator', 'connexion')"
        " if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=_env(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def _on_a_terminal(*words: str, **more: str) -> str:
    screen, inside = pty.openpty()
    env = {key: value for key, value in _env().items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "zen_contract.cli", *words], stdout=inside, env={**env, **more}
    )
    os.close(inside)
    shown = b""
    while True:
        try:
            read = os.read(screen, 4096)
        except OSError:  # how Linux says that nobody has the terminal any more
            read = b""
        if not read:
            break
        shown += read
    os.close(screen)
    assert process.wait(timeout=30) == 1
    return shown.decode()


def _env() -> dict[str, str]:
    root = Path(zen_contract.__file__).parents[1]
    return {**os.environ, "PYTHONPATH": str(root)}
