"""Where the rooms are reached, and whether a request was really meant for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from agentgather.api.errors import RequestRefused
from agentgather.room.names import RoomId

# Of an authority: brackets only around an IPv6 address, with nothing but a port behind it. urlsplit takes what stands within
# them for the host, whatever stands around: "[::1].evil.example" would be loopback.
_BRACKETS = re.compile(r"[^\[\]]*|\[[^\[\]]*\](:[0-9]*)?")

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def _nowhere(_: RoomId) -> str | None:
    return None


@dataclass(slots=True)
class Address:
    """`local_url` is where the daemon listens, `public_url` where its host says it is published. No trailing slashes.

    `is_mounted`: several rooms, each below `/<room>`. `tunnel_url` is where the daemon's own tunnel publishes it, set
    only while its link is live; `beside` tells the same of a room whose tunnel is a process of its own. What arrives
    through a tunnel names this machine as its host, so neither widens what `check_host` lets in.
    """

    local_url: str
    public_url: str | None = None
    is_mounted: bool = False
    tunnel_url: str | None = None
    beside: Callable[[RoomId], str | None] = _nowhere

    def of(self, room: RoomId) -> str:
        """The base URL to hand out for `room`: the published one while there is one."""
        return self.public_of(room) or self._below(self.local_url, room)

    def public_of(self, room: RoomId) -> str | None:
        """Where `room` is published at this moment: by a live link, else where its host says; None: nowhere."""
        if self.tunnel_url is not None:
            return self._below(self.tunnel_url, room)
        return self.beside(room) or self.lasting_public_of(room)

    def lasting_of(self, room: RoomId) -> str:
        """As `of`, without what a tunnel does: the URL that is good for as long as the daemon is served like this."""
        return self.lasting_public_of(room) or self._below(self.local_url, room)

    def lasting_public_of(self, room: RoomId) -> str | None:
        return self._below(self.public_url, room) if self.public_url else None

    def _below(self, base: str, room: RoomId) -> str:
        return f"{base.rstrip('/')}/{room}" if self.is_mounted else base.rstrip("/")

    def check_host(self, host: str | None) -> None:
        """Raise `insecure_remote` unless the Host header names this machine's loopback or the published host.

        Compared as a parsed host, never by prefix: a page whose own name resolves to us is turned away here.
        """
        name = _host_of(host) if host is not None else None
        if name in LOOPBACK_HOSTS or (name is not None and name == self._public_host()):
            return
        raise RequestRefused(
            "insecure_remote",
            "this room answers only on localhost and under the name it is published at; use the URL of your invitation",
        )

    def check_origin(self, *, origin: str | None, referer: str | None, host: str | None) -> None:
        """Raise `bad_origin` or `bad_referer` unless a request that names a page comes from one of the room's own."""
        own = {origin_of(self.public_url), origin_of(f"http://{host}")} - {None}
        if origin is not None and origin_of(origin) not in own:
            raise RequestRefused("bad_origin", "another site's page may not write here; open the room by its own URL")
        if referer is not None and origin_of(referer) not in own:
            raise RequestRefused("bad_referer", "another site's page may not write here; open the room by its own URL")

    def _public_host(self) -> str | None:
        return urlsplit(self.public_url).hostname if self.public_url else None


def origin_of(url: str | None) -> str | None:
    """`scheme://host[:port]` of `url` with default ports dropped, None when it has no origin."""
    try:
        parts = urlsplit(url or "")
        port, name = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not name or parts.username is not None:
        return None
    if not _BRACKETS.fullmatch(parts.netloc):
        return None
    shown = f"[{name}]" if ":" in name else name
    is_default = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" if is_default else f"{parts.scheme}://{shown}:{port}"


@lru_cache(maxsize=256)  # every request names a host, nearly always the same few
def _host_of(header: str) -> str | None:
    """The host a Host header names, in lower case without port and brackets; None when it is malformed."""
    try:
        parts = urlsplit(f"//{header}")
        port_is_sane = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if not port_is_sane or not _BRACKETS.fullmatch(parts.netloc):
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname
