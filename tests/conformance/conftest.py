"""A sandbox for tests of the suite: a process of its own, with the target file it writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server.harness import SpawnedSandbox, spawn


@dataclass(frozen=True)
class Served:
    """A running sandbox and its target file."""

    server: SpawnedSandbox
    target: Path

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self.server.base_url


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One sandbox for many tests; none of them may change what it finds there."""
    folder = tmp_path_factory.mktemp("served")
    target = folder / "target.toml"
    with spawn(folder, "--ephemeral", "--write-target", str(target)) as server:
        yield Served(server, target)
