"""Servers for tests: `sandbox` is a test's own, `shared` serves many, in tenants of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.harness import Api, Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A server of this test's own, with a fresh database."""
    with Sandbox(tmp_path / "sandbox.db") as running:
        yield running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One server for many tests; each takes tenants of its own (`api`, `other`)."""
    with Sandbox(tmp_path_factory.mktemp("shared") / "sandbox.db") as running:
        yield running


@pytest.fixture(scope="session")
def delivering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One server like `shared`, which makes the attempts that are queued."""
    path = tmp_path_factory.mktemp("delivering") / "sandbox.db"
    with Sandbox(path, deliver=True) as running:
        yield running


@pytest.fixture
def api(shared: Sandbox) -> Api:
    """A client with every scope in a tenant of this test's own."""
    return shared.api(tenant=shared.new_tenant())


@pytest.fixture
def other(shared: Sandbox) -> Api:
    """A client like `api`, in another tenant."""
    return shared.api(tenant=shared.new_tenant())
