"""`zen-contract docs`: which folder it takes, what it says, and that it repeats itself."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import zen_contract
from zen_contract.cli import main
from zen_contract.site import folder
from zen_contract.site.cli import Progress
from zen_contract.site.folder import MARKER, FolderRefused, write

DEADLINE = 60


def run(*words: str | Path) -> Result:
    """The command in this process."""
    return CliRunner().invoke(main, ["docs", *map(str, words)], catch_exceptions=False)


def started(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own."""
    root = Path(zen_contract.__file__).parents[1]
    paths = [environment.pop("PYTHONPATH", ""), str(root)]
    return subprocess.run(
        [sys.executable, "-m", "zen_contract.cli", "docs", *words],
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=DEADLINE,
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        done = started("--out", str(tmp_path / seed), PYTHONHASHSEED=seed, TZ=f"UTC-{seed}")
        assert done.returncode == 0, done.stderr
        assert " pages and " in done.stdout
        assert f"python3 -m http.server --directory {tmp_path / seed}" in done.stdout
    first, second = tree(tmp_path / "1"), tree(tmp_path / "2")
    assert len(first) > 100
    assert first == second


def test_a_site_is_written_over_the_one_before(tmp_path: Path) -> None:
    write(tmp_path / "site", {"a.html": b"1", "old/b.html": b"1", "old/deep/c.html": b"1"})
    write(tmp_path / "site", {"a.html": b"2", "d.html": b"2"})
    found = tree(tmp_path / "site")
    assert json.loads(found.pop(MARKER)) == {"files": ["a.html", "d.html"]}
    assert found == {"a.html": b"2", "d.html": b"2"}
    assert not (tmp_path / "site" / "old").exists()


def test_what_somebody_put_into_the_site_stays(tmp_path: Path) -> None:
    write(tmp_path, {"old/a.html": b"1"})
    (tmp_path / "old" / "mine.txt").write_text("mine")
    write(tmp_path, {"b.html": b"2"})
    assert (tmp_path / "old" / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "old" / "a.html").exists()


def test_a_run_that_was_cut_short_leaves_a_folder_that_is_taken_again(tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    (tmp_path / MARKER).write_text(json.dumps({"files": ["a.html", "b.html"]}))
    with pytest.raises(FolderRefused, match=r"a\.html cannot be written: Is a directory"):
        write(tmp_path, {"b.html": b"1", "a.html": b"1", "c.html": b"1"})
    (tmp_path / "a.html").rmdir()
    write(tmp_path, {"c.html": b"2"})
    assert set(tree(tmp_path)) == {"c.html", MARKER}


@pytest.mark.parametrize("listed", ["../mine.txt", "/etc/hostname", "deep/../../mine.txt"])
def test_a_marker_never_leads_out_of_the_folder(tmp_path: Path, listed: str) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    site = tmp_path / "site"
    site.mkdir()
    (site / MARKER).write_text(json.dumps({"files": [listed]}))
    write(site, {"a.html": b"1"})
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_folder_that_holds_something_else_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = run("--out", tmp_path)
    assert done.exit_code == 2
    assert done.stderr == (
        f"Error: {tmp_path} holds files that are not a site made by this command;"
        " name an empty folder.\n"
    )
    assert tree(tmp_path) == {"mine.txt": b"mine"}


@pytest.mark.parametrize("marker", ["", "[]", '{"files": 3}', '{"files": [1]}', "\xff"])
def test_a_marker_that_is_not_one_does_not_count(tmp_path: Path, marker: str) -> None:
    (tmp_path / MARKER).write_text(marker, encoding="latin-1")
    with pytest.raises(FolderRefused, match="holds files that are not a site"):
        folder.check(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("--out", tmp_path / "file")
    assert (done.exit_code, done.stderr) == (
        2,
        f"Error: {tmp_path / 'file'} is a file; name a folder.\n",
    )


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("--out", tmp_path / "file" / "site" / "deep")
    assert done.exit_code == 2
    assert done.stderr == f"Error: {tmp_path / 'file'} is a file; name a folder.\n"


def test_the_folder_has_to_be_named() -> None:
    done = run()
    assert done.exit_code == 2
    assert "Missing option '--out'" in done.stderr


def test_without_its_libraries_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "markdown_it.py").write_text("raise ModuleNotFoundError(name='markdown_it')")
    done = started("--out", str(tmp_path / "site"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "Error: The site needs markdown_it; run `pip install 'zen-back[docs]'`.\n"
    )
    assert not (tmp_path / "site").exists()


def test_without_the_bundle_of_the_reference_it_says_what_to_install(tmp_path: Path) -> None:
    package = tmp_path / "flask_openapi3_scalar"
    package.mkdir()
    (package / "__init__.py").touch()
    done = started("--out", str(tmp_path / "site"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "flask-openapi3-scalar has no templates/" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_takes_long_is_told_and_what_does_not_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Progress(time.monotonic())("Reading the pages")
    assert capsys.readouterr().err == ""
    late = Progress(time.monotonic() - 3)
    late("Making index.html")
    late("Making downloads.html")
    assert capsys.readouterr().err == "Making index.html …\n"
