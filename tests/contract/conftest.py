"""A small contract, copies of it with a defect, a sandbox with the demo data, a made server."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract import made_server
from tests.contract.demo_data import Bench, Demo
from tests.server.harness import Sandbox
from zen_sandbox.settings import Settings

Plant = Callable[[str, str], Path]


@pytest.fixture
def boxes() -> Path:
    """The small contract as it is."""
    return Path(__file__).with_name("boxes.v1.yaml")


@pytest.fixture
def plant(boxes: Path, tmp_path: Path) -> Plant:
    """Writes a copy of the small contract in which one passage, found once, reads otherwise."""

    def planted(old: str, new: str) -> Path:
        text = boxes.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the contract"
        copy = tmp_path / "planted.yaml"
        copy.write_text(text.replace(old, new), encoding="utf-8")
        return copy

    return planted


@pytest.fixture
def demo_data(tmp_path: Path) -> Iterator[Demo]:
    """A sandbox with the demo data, whose every answer is held to the contract."""
    settings = Settings(validate_responses=True)
    with Sandbox(tmp_path / "demo.db", settings) as sandbox:
        yield Demo(sandbox)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A sandbox that delivers, with what the sandbox's own examples name."""
    settings = Settings(validate_responses=True)
    with Sandbox(tmp_path / "bench.db", settings, deliver=True) as sandbox:
        yield Bench(sandbox)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server that `zen-contract stubs` made; nobody writes into it."""
    folder = tmp_path_factory.mktemp("made") / "server"
    made_server.made(folder)
    return folder


@pytest.fixture
def mine(made_once: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(made_once, tmp_path / "mine"))
