"""The settings as the daemon uses them: one frozen dataclass an area. Defaults are the contract's (section 2.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentgather.room.limits import RoomLimits
from agentgather.serving.limits import ServingLimits


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """What one request may ask for, and how long it may be held."""

    body_bytes_max: int = 64_000
    page_records_max: int = 1_000  # default and maximum of `limit`
    hold_seconds: int = 25  # of a wait that does not say
    hold_seconds_max: int = 55  # proxies on the way cut an answer that takes a minute or more
    keepalive_seconds: float = 15  # between the comments of an event stream


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """Where the daemon listens, under which name the world reaches it, and how it keeps time and tells what happens."""

    host: str = "127.0.0.1"
    port: int = 8787  # 0: any free one
    public_url: str | None = None  # where people outside reach the rooms, without a trailing slash
    allow_remote: bool = False
    drain_seconds: float = 10  # from the signal to the end, however many requests are still running
    presence_flush_seconds: float = 5  # presence reaches the disk at most this often
    log_format: str = "text"
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class TunnelSettings:
    """Through which broker the daemon publishes its rooms while it serves, if through any."""

    broker_url: str | None = None
    subdomain: str | None = None  # None: the name of the one room that is served


@dataclass(frozen=True, slots=True)
class StartSettings:
    """What a new room gets when its host does not say."""

    ttl: str = "24h"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them. The name of each field is the name of its table in agentgather.toml."""

    room: RoomLimits = field(default_factory=RoomLimits)
    api: ApiLimits = field(default_factory=ApiLimits)
    daemon: DaemonSettings = field(default_factory=DaemonSettings)
    tunnel: TunnelSettings = field(default_factory=TunnelSettings)
    serving: ServingLimits = field(default_factory=ServingLimits)
    start: StartSettings = field(default_factory=StartSettings)
