"""Whose request it is: the address a limit counts, taken from a proxy's word only where the proxy is trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOPS_MAX = 16  # of an X-Forwarded-For that are looked at, from its end
UNKNOWN = "unknown"  # a peer without an address, as on a unix socket


def networks(named: Iterable[str]) -> tuple[Network, ...]:
    """The networks that `named` holds, as CIDR. Raises ValueError."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in named)


def visitor_address(scope: Any, *, trusted: Sequence[Network]) -> str:
    """The address of the visitor behind `scope`: the last one in the chain of proxies that is no trusted proxy.

    What a visitor writes into X-Forwarded-For itself stands before what a trusted proxy adds, and is never reached.
    """
    client = scope.get("client")
    nearest = client[0] if client else UNKNOWN
    if not _is_trusted(nearest, trusted):
        return nearest
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for hop in reversed(forwarded.decode("latin-1").split(",")[-HOPS_MAX:]):
        address = _parsed(hop.strip())
        if address is None:
            break
        nearest = address
        if not _is_trusted(nearest, trusted):
            break
    return nearest


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address == UNKNOWN  # only this machine reaches a unix socket
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in trusted)


def _parsed(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return None
