"""The settings of a broker: frozen dataclasses, defaults from the contract (section 6.4) and the tunnel's protocol."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """What one route, and one stranger, may ask for."""

    requests_per_minute: int = 600  # of one route
    strangers_per_minute: int = 60  # requests without an Authorization, of one address over all routes
    requests_max: int = 64  # of one route at once
    waits_max: int = 32  # of one route at once, among them
    request_bytes_max: int = 65_536
    idle_minutes: float = 15  # without host and visitors, then the route is over
    lifetime_hours: float = 8  # of a route, however busy
    cooldown_hours: float = 24  # after a route's end, its slug is kept for its key
    routes_max: int = 10_000  # live at once

    @property
    def files_max(self) -> int:
        """Files of one room's page at once: half of its requests, so that whoever talks there meanwhile has the others."""
        return max(1, self.requests_max // 2)


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """What a link and its streams may cost and take."""

    heartbeat_seconds: float = 15  # between pings; a link that is silent for two is dead
    handshake_seconds: float = 10
    response_seconds: float = 35  # from the request to the head of its answer
    held_response_seconds: float = 75  # the same, of a wait
    response_bytes_max: int = 1_048_576  # of a plain answer
    stream_seconds_max: float = 3_600  # of an event stream; its reader then comes back
    stream_bytes_per_second: int = 262_144  # of an event stream, on average
    park_seconds: float = 20  # a request waits for its host to come back
    park_max: int = 256  # requests at once
    park_bytes_max: int = 16_777_216  # of their bodies
    links_per_key_max: int = 8
    link_attempts_per_minute: int = 10  # of one address, those that proved a key not counted


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """All of them. Durations in seconds unless the name says otherwise."""

    host: str = "127.0.0.1"
    port: int = 8799  # 0: any free one
    public_url: str | None = None  # where visitors and hosts reach this broker; default: where it listens
    wildcard_domain: str | None = None  # rooms have an origin of their own below it
    registration: str | None = None  # keys, open or closed; default: keys for a public URL, open on loopback
    allow_unkeyed: bool = False  # hosts of 0.1, with registration open
    keys_file: str | None = None
    state_file: str | None = None
    trusted_proxies: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    admin_socket: str | None = None
    takeover: bool = False  # listen beside a broker that runs already
    drain_seconds: float = 30
    log_format: str = "text"
    log_level: str = "info"
    routes: RouteLimits = field(default_factory=RouteLimits)
    relay: RelayLimits = field(default_factory=RelayLimits)

    def announced_limits(self) -> dict[str, int]:
        """The limits that a host is told when its route begins."""
        return {
            "requests_per_minute": self.routes.requests_per_minute,
            "requests": self.routes.requests_max,
            "waits": self.routes.waits_max,
            "request_bytes": self.routes.request_bytes_max,
            "response_bytes": self.relay.response_bytes_max,
        }
