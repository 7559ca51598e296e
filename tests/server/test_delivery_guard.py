"""Which addresses an attempt may reach, address by address and as hosts of URLs are written."""

import asyncio
import re
import socket
from ipaddress import ip_network

import pytest

from tests.server.delivery_target import Target
from zen_sandbox.delivery.answer import Answer
from zen_sandbox.delivery.guard import RefusedAddress, TargetGuard
from zen_sandbox.delivery.transport import Transport

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "223.255.255.255",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:81b::200e",
    "::ffff:93.184.216.34",
    "::ffff:5db8:d822",
    "64:ff9b::93.184.216.34",
    "2002:5db8:d822::1",
]
FORBIDDEN = {
    "this network": ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
    "private": [
        *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
        *("fc00::1", "fd12:3456:789a::1", "::ffff:10.0.0.1", "::ffff:c0a8:1"),
    ],
    "shared": ["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fe80::1%1", "::ffff:169.254.0.1"],
    "metadata": [
        *("169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "fd00:ec2::254"),
        *("64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1", "100.100.100.200", "192.0.0.192"),
    ],
    "6to4 and NAT64 of private": [
        *("2002:0a00:0001::", "2002:c0a8:0101::1", "64:ff9b::10.0.0.1", "64:ff9b::c0a8:1"),
        *("64:ff9b:1::1", "64:ff9b:1::5db8:d822", "2002:7f00:1::", "64:ff9b::127.0.0.1"),
    ],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "::ffff:224.0.0.1"],
    "reserved": [
        *("240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
        *("198.18.0.1", "198.19.255.255", "192.0.0.1", "192.88.99.1", "::2", "::93.184.216.34"),
        *("2001:db8::1", "2001::1", "2001:0:5ef5:79fd::1", "100::1", "fec0::1", "3fff::1"),
        *("4000::1", "5f00::1", "::ffff:0:93.184.216.34", "3ffe::1"),
    ],
    "no address": ["", "localhost", "2130706433", "0177.0.0.1", "127.1", "1.2.3.4.5", "1.2.3.4 "],
}
LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address: str) -> None:
    assert TargetGuard().permits(address)


@pytest.mark.parametrize("loopback", [True, False])
@pytest.mark.parametrize(
    "address",
    [pytest.param(one, id=f"{kind}-{one}") for kind in FORBIDDEN for one in FORBIDDEN[kind]],
)
def test_any_other_address_is_refused(address: str, *, loopback: bool) -> None:
    assert not TargetGuard(loopback=loopback).permits(address)


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_permitted_only_when_the_sandbox_listens_there(address: str) -> None:
    assert TargetGuard(loopback=True).permits(address)
    assert not TargetGuard(loopback=False).permits(address)


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("10.1.0.0/16", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"], ["10.2.0.1"]),
        ("169.254.169.254/32", ["169.254.169.254"], ["169.254.169.253", "fe80::1"]),
        ("fd00:1::/32", ["fd00:1::5"], ["fd00:2::5", "10.0.0.1"]),
        ("fe80::/10", ["fe80::1%eth0"], ["fec0::1"]),
        ("127.0.0.0/8", ["127.0.0.1", "::ffff:127.0.0.1"], ["::1"]),
        ("0.0.0.0/0", ["10.0.0.1", "::ffff:10.0.0.1"], ["fd00::1", "::1"]),
        ("64:ff9b::/96", ["64:ff9b::10.0.0.1"], ["10.0.0.1"]),
    ],
)
def test_an_allowed_network_is_permitted_beside_the_public_ones(
    network: str, inside: list[str], outside: list[str]
) -> None:
    guard = TargetGuard(allowed=[ip_network(network)])
    assert [one for one in inside if not guard.permits(one)] == []
    assert [one for one in outside if guard.permits(one)] == []
    assert guard.permits("93.184.216.34")


def test_no_socket_is_made_for_a_refused_address() -> None:
    guard = TargetGuard()
    with pytest.raises(RefusedAddress, match=r"address 10\.0\.0\.1 is not allowed"):
        guard.socket_for((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)))


SPELLINGS = [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_however_a_url_spells_this_machine_it_is_not_reached(host: str) -> None:
    with Target() as target:
        answer = posted(f"http://{host}:{target.port}/hook", TargetGuard())
        assert target.connections == 0
    assert answer.status is None
    assert answer.error is not None
    # The client may refuse the odd ones by itself; none of them may come as far as a socket.
    refused = re.fullmatch(r"target refused: address \S+ is not allowed as a target", answer.error)
    assert refused or answer.error == "the target's URL cannot be used"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_usual_spellings_are_reached_when_loopback_is_allowed(host: str) -> None:
    with Target() as target:
        answer = posted(f"http://{host}:{target.port}/hook", TargetGuard(loopback=True))
        assert answer.status == 200, answer.error
        assert len(target.seen("/hook")) == 1


@pytest.mark.parametrize(
    "host", ["no-such-name.invalid", "a..b", "x" * 64 + ".example", "127%2E0%2E0%2E1", "_", "a,b"]
)
def test_a_host_that_is_no_name_is_a_failed_attempt_that_says_so(host: str) -> None:
    answer = posted(f"http://{host}/hook", TargetGuard(loopback=True))
    assert answer.error == "the target's host name could not be resolved"


def test_a_name_with_a_forbidden_and_a_permitted_address_leads_to_the_permitted_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Target() as permitted, Target("127.0.0.2", permitted.port) as forbidden:
        resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")
        guard = TargetGuard(allowed=[ip_network("127.0.0.1/32")])
        answer = posted(f"http://shop.test:{permitted.port}/hook", guard)
        assert answer.status == 200, answer.error
        assert forbidden.connections == 0


def test_a_name_with_several_forbidden_addresses_is_refused_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    answer = posted("http://shop.test:9/hook", TargetGuard())
    assert answer.error == "target refused: address 127.0.0.1 is not allowed as a target"


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Makes every host name lead to these addresses."""

    def look_up(host: str, port: int, *args: object, **more: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def posted(url: str, guard: TargetGuard) -> Answer:
    """What one attempt comes to."""

    async def post() -> Answer:
        transport = Transport(guard, timeout=10)
        try:
            return await transport.post(url, {}, b"{}")
        finally:
            await transport.close()

    return asyncio.run(post())
