"""Names that are only for documentation are never looked up, let alone delivered to."""

import asyncio
import socket

import pytest

from zen_sandbox.delivery.guard import TargetGuard
from zen_sandbox.delivery.names import Names


@pytest.mark.parametrize(
    "host",
    ["example.com", "app.example.com", "APP.Example.ORG.", "x.example", "no.such.invalid"],
)
def test_a_documentation_name_has_no_address(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *name, **more: asked.append(name))
    with pytest.raises(socket.gaierror, match="only for documentation"):
        asyncio.run(Names(TargetGuard()).resolve(host))
    assert not asked


def test_a_name_that_only_ends_like_one_is_looked_up() -> None:
    found = asyncio.run(Names(TargetGuard(loopback=True)).resolve("localhost"))
    assert {one["host"] for one in found} <= {"127.0.0.1", "::1"}
    assert found
