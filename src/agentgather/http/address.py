"""Where the rooms are reached, and whether a request was really meant for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from agentgather.api.errors import RequestRefused
from agentgather.room.names import RoomId

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(slots=True)
class Address:
    """`local_url` is where the daemon listens, `public_url` where it is published, if anywhere. No trailing slashes.

    `is_mounted`: several rooms, each below `/<room>`. `public_url` changes while a tunnel comes and goes.
    """

    local_url: str
    public_url: str | None = None
    is_mounted: bool = False

    def of(self, room: RoomId) -> str:
        """The base URL to hand out for `room`: the published one while there is one."""
        base = (self.public_url or self.local_url).rstrip("/")
        return f"{base}/{room}" if self.is_mounted else base

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
    if not port_is_sane or parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname
