"""Which addresses an attempt may reach: checked when a socket is made for one, after all DNS.

What a name resolved to, and what it resolves to a moment later, does not matter here: the check
sees the very address that is about to be connected.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
_V4_COMPATIBLE = ip_network("::/96")


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
            reached = _reached(ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if any(
            reached in network for network in self._allowed if network.version == reached.version
        ):
            return True
        if reached.is_loopback:
            return self._loopback
        return reached.is_global and not reached.is_multicast

    def socket_for(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """A socket for one result of `getaddrinfo`; RefusedAddress when it must not be reached."""
        family, kind, protocol, _, place = info
        if not self.permits(str(place[0])):
            raise RefusedAddress(f"address {place[0]} is not allowed as a target")
        return socket.socket(family, kind, protocol)


def _reached(address: Address) -> Address:
    """The IPv4 address that an IPv6 form of it leads to, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    compatible = address in _V4_COMPATIBLE and int(address) > 1
    if address in _NAT64 or address in _LOCAL_NAT64 or compatible:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
