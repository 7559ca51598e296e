"""Tests for a network namespace without a way out; `test_delivery_guard_connects.py` runs them.

The addresses that must not be reached are put on the namespace's loopback, each with a listener
that would notice: a guard that fails is seen, and still no packet leaves the machine. Named so
that pytest does not collect it by itself, and it refuses to run anywhere else.
"""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.server.delivery_target import Reply, Target
from tests.server.delivery_world import World, settings
from tests.server.harness import Sandbox
from zen_sandbox.delivery.answer import Answer
from zen_sandbox.delivery.guard import TargetGuard
from zen_sandbox.delivery.transport import Transport

PORT = 8000
CLOSING = (("Connection", "close"),)
PUBLIC = ["93.184.216.34", "2606:2800:220:1::1"]
FORBIDDEN = [
    *("10.0.0.5", "172.16.0.5", "192.168.0.5", "100.64.0.5", "169.254.169.254", "169.254.0.5"),
    *("192.0.2.5", "198.18.0.5", "198.51.100.5", "203.0.113.5", "240.0.0.5"),
    *("fd00::5", "fe80::5", "fec0::5", "2001:db8::5", "64:ff9b::a00:5", "2002:a00:5::1"),
]
LISTENING = [one for one in FORBIDDEN if not one.startswith("fe80")]
LOOPBACK = ["127.0.0.1", "::1"]
MAPPED = ["::ffff:10.0.0.5", "::ffff:169.254.169.254", "::ffff:127.0.0.1"]

if [name for _, name in socket.if_nameindex()] != ["lo"]:
    pytest.exit("this is no network namespace of its own", returncode=3)


class Stub:
    """A resolver: names lead to what they are told to, one answer after the other."""

    def __init__(self) -> None:
        self._real: Any = socket.getaddrinfo
        self._answers: dict[str, list[list[str]]] = {}

    def name(self, name: str, *answers: list[str]) -> None:
        """Each answer is given once, the last ever after."""
        self._answers[name] = list(answers)

    def look_up(self, host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        """In the place of `socket.getaddrinfo`."""
        if host not in self._answers:
            found: list[Any] = self._real(host, port, *args, **more)
            return found
        answers = self._answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_info(one, port) for one in addresses]


def _info(address: str, port: int) -> tuple[Any, ...]:
    if ip_address(address).version == 4:
        return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
    scope = 1 if address.startswith("fe80") else 0
    return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, scope))


@pytest.fixture(scope="module")
def listeners() -> Iterator[dict[str, Target]]:
    """A target on every address but the link-local one, which loopback does not take."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with ExitStack() as stack:
        yield {one: stack.enter_context(_listener(one)) for one in usable(PUBLIC + LISTENING)}


def usable(addresses: list[str]) -> list[str]:
    """Without IPv6 where the kernel has none."""
    off = Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6")
    has_v6 = off.exists() and off.read_text().strip() == "0"
    return [one for one in addresses if has_v6 or ":" not in one]


def _listener(address: str) -> Target:
    width, more = ("128", ["nodad"]) if ":" in address else ("32", [])
    command = ["ip", "address", "add", f"{address}/{width}", "dev", "lo", *more]
    subprocess.run(command, check=True)
    return Target(address, PORT)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    made = Stub()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    return made


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, listeners: dict[str, Target]
) -> Iterator[Sandbox]:
    """A sandbox that, as if it listened on a network, allows no loopback."""
    path = tmp_path_factory.mktemp("bench") / "sandbox.db"
    with Sandbox(path, settings(loopback_targets=False), deliver=True) as running:
        yield running


def connections(listeners: dict[str, Target]) -> int:
    """How many came to any address that must not be reached."""
    return sum(one.connections for address, one in listeners.items() if address in FORBIDDEN)


def outcome(bench: Sandbox, listeners: dict[str, Target], url: str) -> dict[str, Any]:
    """The one attempt at a URL."""
    world = World(bench, next(iter(listeners.values())))
    [row] = world.executed(world.event(world.flow(url=url, attempts=1)))
    return row


@pytest.mark.parametrize("address", usable(PUBLIC))
def test_a_public_address_is_reached_by_number_and_by_name(
    bench: Sandbox, listeners: dict[str, Target], stub: Stub, address: str
) -> None:
    """Without this, that nothing else is reached would prove nothing."""
    stub.name("shop.test", [address])
    shown = f"[{address}]" if ":" in address else address
    for host in (shown, "shop.test"):
        assert outcome(bench, listeners, f"http://{host}:{PORT}/")["status"] == "delivered"
        stub.name("shop.test", [address])


@pytest.mark.parametrize("address", usable(FORBIDDEN + LOOPBACK + MAPPED))
def test_a_forbidden_address_is_not_reached_by_number_nor_by_name(
    bench: Sandbox, listeners: dict[str, Target], stub: Stub, address: str
) -> None:
    name = f"n{FORBIDDEN.index(address) if address in FORBIDDEN else 99}.test"
    stub.name(name, [address])
    shown = f"[{address}]" if ":" in address else address
    for host in (shown, name):
        row = outcome(bench, listeners, f"http://{host}:{PORT}/")
        assert row["status"] == "failed"
        assert "response_code" not in row
        assert row["error_message"].startswith("target refused: address "), row
        assert row["error_message"].endswith(" is not allowed as a target")
        assert connections(listeners) == 0


@pytest.mark.parametrize("answer", [["10.0.0.5", "93.184.216.34"], ["93.184.216.34", "10.0.0.5"]])
def test_a_name_with_both_kinds_of_addresses_leads_to_the_public_one_only(
    bench: Sandbox, listeners: dict[str, Target], stub: Stub, answer: list[str]
) -> None:
    name = f"both{answer[0]}.test"
    stub.name(name, answer)
    assert outcome(bench, listeners, f"http://{name}:{PORT}/")["status"] == "delivered"
    assert connections(listeners) == 0


def test_a_name_that_is_rebound_between_attempts_is_refused_from_then_on(
    listeners: dict[str, Target], stub: Stub
) -> None:
    stub.name("rebound.test", ["93.184.216.34"], ["169.254.169.254"])
    listeners["93.184.216.34"].answer("/", Reply(500, CLOSING, then="close"))
    first, second, third = posted(f"http://rebound.test:{PORT}/", times=3)
    assert first.status == 500
    for later in (second, third):
        assert later.error == "target refused: address 169.254.169.254 is not allowed as a target"
    assert connections(listeners) == 0


def test_a_name_that_answers_otherwise_on_every_look_up_never_leads_inside(
    listeners: dict[str, Target], stub: Stub
) -> None:
    """However often it is looked up for one attempt: the address is checked when it is used."""
    listeners["93.184.216.34"].answer("/", Reply(200, CLOSING, then="close"))
    stub.name("flipping.test", *([["93.184.216.34"], ["10.0.0.5"]] * 10))
    answers = posted(f"http://flipping.test:{PORT}/", times=20)
    assert {one.status for one in answers} == {200, None}
    assert connections(listeners) == 0


def test_a_redirect_to_a_forbidden_address_is_not_followed(
    bench: Sandbox, listeners: dict[str, Target]
) -> None:
    there = (("Location", f"http://169.254.169.254:{PORT}/latest/meta-data/"),)
    listeners["93.184.216.34"].answer("/moved", Reply(307, there))
    row = outcome(bench, listeners, f"http://93.184.216.34:{PORT}/moved")
    assert row["response_code"] == 307
    assert connections(listeners) == 0


def test_an_allowed_network_is_reached_and_its_neighbours_are_not(
    tmp_path: Path, listeners: dict[str, Target]
) -> None:
    """Last, as it does reach one of the addresses."""
    allowed = settings(loopback_targets=False, allowed_targets=(ip_network("10.0.0.0/8"),))
    with Sandbox(tmp_path / "sandbox.db", allowed, deliver=True) as bench:
        before = connections(listeners)
        assert outcome(bench, listeners, f"http://10.0.0.5:{PORT}/")["status"] == "delivered"
        assert connections(listeners) == before + 1
        refused = outcome(bench, listeners, f"http://192.168.0.5:{PORT}/")
        assert refused["status"] == "failed"
        assert connections(listeners) == before + 1


def posted(url: str, times: int) -> list[Answer]:
    """What so many attempts come to, of which each looks the name up."""

    async def post() -> list[Answer]:
        transport = Transport(TargetGuard(), timeout=5, names_kept=0)
        try:
            return [await transport.post(url, {}, b"{}") for _ in range(times)]
        finally:
            await transport.close()

    return asyncio.run(post())
