"""Servers for tests: `sandbox` is a test's own, `shared` serves many, in tenants of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.command_line import ADMIN_TOKEN
from tests.server.harness import Api, Sandbox
from zen_sandbox.settings import Settings
from zen_sandbox.testing import ZenSandbox, new_tenant


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One delivering server for a module's commands, which know its admin token."""
    settings = Settings(admin_token=ADMIN_TOKEN, validate_responses=True)
    path = tmp_path_factory.mktemp("server") / "sandbox.db"
    with Sandbox(path, settings, deliver=True) as running:
        yield running


@pytest.fixture
def tenant(server: Sandbox) -> Iterator[ZenSandbox]:
    """A tenant of this test's own, of that server."""
    with new_tenant(server.base_url, ADMIN_TOKEN, 10) as made:
        yield made
