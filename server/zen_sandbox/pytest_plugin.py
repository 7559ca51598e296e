"""The pytest plugin: its options, the fixture `zen_sandbox`, and when a server is needed at all.

Every pytest run of an environment that has zen-back imports this module, so it imports nothing that
costs, and nothing that only the extra `sandbox` brings; what works is in `testing/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zen_sandbox.testing import ZenSandbox
    from zen_sandbox.testing.server import Server

_FIXTURE = "zen_sandbox"
_OWN_SERVER = pytest.StashKey["Server"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `pytest --help` says of this plugin."""
    group = parser.getgroup("zen-sandbox", "zen-sandbox (the fixture zen_sandbox)")
    group.addoption(
        "--zen-sandbox-url",
        metavar="URL",
        help="Use the sandbox that runs there; by default each worker starts one of its own.",
    )
    group.addoption(
        "--zen-sandbox-admin-token",
        metavar="TOKEN",
        help="The admin token that `zen-sandbox serve` printed; needed with --zen-sandbox-url.",
    )
    group.addoption(
        "--zen-sandbox-timeout",
        metavar="SECONDS",
        type=float,
        default=10.0,
        help="How long a wait for deliveries or requests lasts at most (default: 10).",
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the server while other things go on, when some test is going to need it."""
    config = session.config
    if config.option.collectonly or config.option.zen_sandbox_url:
        return
    if any(_FIXTURE in getattr(item, "fixturenames", ()) for item in session.items):
        _own_server(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the server, if one was started."""
    server = config.stash.get(_OWN_SERVER, None)
    if server is not None:
        server.stop()


@pytest.fixture
def zen_sandbox(pytestconfig: pytest.Config) -> Iterator[ZenSandbox]:
    """A tenant of this test's own in a running sandbox of the Zen Mesh customer API.

    tenant_id, api_key and base_url are what your own code needs; create_endpoint, create_target,
    create_flow, trigger, deliveries and wait_for_deliveries act as a customer would; receiver()
    is a ready-made target; clock moves the tenant's time; fault() brings about errors.
    """
    from zen_sandbox.testing import new_tenant

    base_url, admin_token = _place(pytestconfig)
    with new_tenant(base_url, admin_token, pytestconfig.option.zen_sandbox_timeout) as sandbox:
        yield sandbox


def _place(config: pytest.Config) -> tuple[str, str]:
    """Where the sandbox is, and its admin token."""
    url, token = config.option.zen_sandbox_url, config.option.zen_sandbox_admin_token
    if not url:
        from zen_sandbox.testing.server import CannotStart

        try:
            return _own_server(config).place()
        except CannotStart as error:
            pytest.fail(str(error), pytrace=False)
    if not token:
        raise pytest.UsageError("Give --zen-sandbox-admin-token with --zen-sandbox-url.")
    return url, token


def _own_server(config: pytest.Config) -> Server:
    from zen_sandbox.testing.server import Server

    if _OWN_SERVER not in config.stash:
        config.stash[_OWN_SERVER] = Server()
    return config.stash[_OWN_SERVER]
