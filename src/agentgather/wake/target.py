"""Where a webhook may go: an address that is settled before anything is sent, and that somebody allowed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import trio

RESOLVE_SECONDS = 5.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TargetRefused(Exception):
    """A webhook may not go there. The message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One URL, and the networks beside the public internet that it may lead into."""

    parts: SplitResult
    host: str
    port: int
    allowed: tuple[Network, ...]

    @property
    def authority(self) -> str:
        """For the Host header: as it was written."""
        return self.parts.netloc

    def url_at(self, address: Address) -> str:
        """The URL with the address in the place of the name, so that nobody resolves it once more."""
        literal = f"[{address}]" if address.version == 6 else str(address)
        return self.parts._replace(netloc=f"{literal}:{self.port}").geturl()


def target_of(url: str, *, allow: Iterable[str]) -> Target:
    """The target that `url` names; `allow` are networks such as 10.0.0.0/8 or 127.0.0.1. Raises TargetRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port
        allowed = tuple(ipaddress.ip_network(one, strict=False) for one in allow)
    except ValueError as broken:
        raise TargetRefused(f"that is no address: {broken}") from None
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host:
        raise TargetRefused("it is neither an http nor an https URL")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused("it holds a user, a password or a fragment, which do not belong there")
    if not all("!" <= one <= "~" for one in url):
        raise TargetRefused("it holds a blank, or a letter that is no ASCII: write a name as xn--, a path with %")
    return Target(parts, host, port or (443 if parts.scheme == "https" else 80), allowed)


async def settled(target: Target) -> Address:
    """The one address that will be connected to. Raises TargetRefused when the name leads where nobody allowed.

    Of several addresses all have to be allowed: a name that leads to a public and to a private one is a trick.
    """
    with trio.move_on_after(RESOLVE_SECONDS) as resolving:
        try:
            found = await trio.socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as unknown:  # the latter of a name with an empty or a long part
            raise TargetRefused(f"its name leads nowhere ({type(unknown).__name__})") from None
    if resolving.cancelled_caught:
        raise TargetRefused("its name could not be resolved in time")
    addresses = [_plain(ipaddress.ip_address(str(one[4][0]).partition("%")[0])) for one in found]
    for address in addresses:
        if not may_go_to(address, target.allowed):
            raise TargetRefused(f"it leads to {address}, which is not on the public internet and not allowed")
    if not addresses:
        raise TargetRefused("its name leads nowhere")
    return addresses[0]


def may_go_to(address: Address, allowed: Iterable[Network]) -> bool:
    """Public addresses, and what is in an allowed network."""
    plain = _plain(address)
    if any(plain.version == network.version and plain in network for network in allowed):
        return True
    if not plain.is_global or plain.is_multicast:
        return False
    return isinstance(plain, ipaddress.IPv4Address) or (plain in _GIVEN_OUT and not _carries_v4(plain))


def _plain(address: Address) -> Address:
    """An IPv4 address in the clothes of IPv6 is an IPv4 address."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


# RFC 4291: all of the public internet is within it. Beyond it lie NAT64, SIIT and IPv4-compatible addresses, which hide an IPv4
# address that nobody looked at, and site-local ones; not every Python knows all of these for what they are.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")


def _carries_v4(address: ipaddress.IPv6Address) -> bool:
    """6to4 and Teredo hide an IPv4 address too."""
    return address.sixtofour is not None or address.teredo is not None
