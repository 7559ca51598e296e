"""Which addresses an attempt may reach: checked when a socket is made for one, after all DNS.

What a name resolved to, and what it resolves to a moment later, does not matter here: the check
sees the very address that is about to be connected.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_V6 = IPv6Network("2000::/3")
# Reserved, though some Python that we run on calls them global.
_ALSO_RESERVED = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3ffe::/16"),
    IPv6Network("3fff::/20"),
)


class RefusedAddress(OSError):
    """The guard does not let an attempt reach this address."""


class TargetGuard:
    """Public addresses are allowed, and the given networks; `loopback` allows this machine."""

    def __init__(self, *, loopback: bool = False, allowed: Sequence[Network] = ()) -> None:
        self._loopback = loopback
        self._allowed = tuple(allowed)

    def permits(self, address: str) -> bool:
        """Whether an attempt may connect to that address (a literal, without a port)."""
        try:
            given = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        reached = _unmapped(given)
        translated = _translated(reached)
        if any(one in network for network in self._allowed for one in (given, reached, translated)):
            return True
        if reached.is_loopback:
            return self._loopback
        return _is_public(translated)

    def check(self, address: str) -> None:
        """RefusedAddress when an attempt must not connect to that address."""
        if not self.permits(address):
            raise RefusedAddress(f"address {address} is not allowed as a target")

    def socket_for(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """A socket for one result of `getaddrinfo`; RefusedAddress when it must not be reached."""
        family, kind, protocol, _, place = info
        self.check(str(place[0]))
        return socket.socket(family, kind, protocol)


def _unmapped(address: Address) -> Address:
    """The IPv4 address that a mapped one (`::ffff:…`) is, else the address."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _translated(address: Address) -> Address:
    """The IPv4 address that a router turns a 6to4 or NAT64 address into, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False
    if address.is_multicast or address.is_reserved:
        return False
    return address.is_global and not any(address in network for network in _ALSO_RESERVED)
