"""The table of every setting of a broker, and what holds for them together. Only `cli/broker_*` knows a broker at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from agentgather.cli.failures import Failure
from agentgather.settings.choosing import Configured, choose
from agentgather.settings.exposure import is_local_url, is_loopback
from agentgather.settings.setting import Area, Setting, SettingTable
from agentgather.settings.values import (
    base_url,
    bind_host,
    choice,
    domain,
    file_path,
    networks,
    number,
    optional,
    seconds,
    switch,
    whole,
)
from agentgather_broker.shape import BrokerSettings

FILE_VARIABLE = "AGENTGATHER_BROKER_CONFIG"
_PREFIX = "AGENTGATHER_BROKER_"
_DEFAULTS = BrokerSettings()


def _area(place: str) -> Area:
    return Area("broker", place, getattr(_DEFAULTS, place) if place else _DEFAULTS, _PREFIX)


def _daemon() -> tuple[Setting, ...]:
    row = _area("").row
    return (
        row("host", "address", bind_host, "where to listen; TLS is the business of a proxy before it"),
        row("port", "port", whole(least=0, most=65_535), "0 takes any free one"),
        row("public_url", "URL", base_url, "where visitors and hosts reach this broker; default: where it listens"),
        row("wildcard_domain", "domain", domain, "each room has an origin of its own below it"),
        row(
            "registration",
            "policy",
            optional(choice("keys", "open", "closed")),
            "who may publish: keys, open or closed; default: keys for a public URL, open on loopback",
        ),
        row("allow_unkeyed", "switch", switch, "with registration open: also hosts of 0.1, which prove no key"),
        row("keys_file", "file", file_path, "the keys that registration by keys admits"),
        row("state_file", "file", file_path, "which key has which name; without it a restart forgets that"),
        row(
            "trusted_proxies",
            "networks",
            networks,
            "whose word on a visitor's address counts",
            flag_name="trusted_proxy",
        ),
        row("admin_socket", "file", file_path, "where `agentgather broker routes` and its kin ask"),
        row("takeover", "switch", switch, "listen beside a broker that runs already, and take its hosts over"),
        row("drain_seconds", "seconds", seconds(least=0, most=600), "to finish running requests when stopping"),
        row("log_format", "format", choice("text", "json"), "of the log lines on stderr: text or json"),
        row("log_level", "level", choice("debug", "info", "warning", "error"), "debug, info, warning or error"),
    )


def _routes() -> tuple[Setting, ...]:
    row = _area("routes").row
    return (
        row("requests_per_minute", "requests", whole(least=1, most=1_000_000), "of one route in a minute"),
        row(
            "strangers_per_minute",
            "requests",
            whole(least=1, most=1_000_000),
            "of one address without a token in a minute",
        ),
        row("requests_max", "requests", whole(least=1, most=1_000), "of one route at once"),
        row("waits_max", "waits", whole(least=1, most=1_000), "of one route at once"),
        row("request_bytes_max", "bytes", whole(least=1_024, most=16_777_216), "of one request's body"),
        row(
            "idle_minutes",
            "minutes",
            number("minutes", least=0.01, most=10_080),
            "without host and visitors, and a route is over",
        ),
        row("lifetime_hours", "hours", number("hours", least=0.001, most=8_760), "a route lives at most, however busy"),
        row(
            "cooldown_hours",
            "hours",
            number("hours", least=0, most=8_760),
            "a name is kept for its key after its route's end",
        ),
        row("routes_max", "routes", whole(least=1, most=1_000_000), "live at once"),
    )


def _relay() -> tuple[Setting, ...]:
    row = _area("relay").row
    return (
        row(
            "heartbeat_seconds", "seconds", seconds(least=0.1, most=300), "between pings; a link silent for two is dead"
        ),
        row("handshake_seconds", "seconds", seconds(least=0.1, most=300), "for a host to say who it is"),
        row("response_seconds", "seconds", seconds(least=0.1, most=600), "for an answer to begin"),
        row("held_response_seconds", "seconds", seconds(least=0.1, most=3_600), "for the answer of a wait to begin"),
        row("response_bytes_max", "bytes", whole(least=1_024, most=1_073_741_824), "of one answer that is no stream"),
        row(
            "stream_seconds_max", "seconds", seconds(least=1, most=86_400), "of an event stream; its reader comes back"
        ),
        row(
            "stream_bytes_per_second", "bytes", whole(least=1_024, most=1_073_741_824), "of an event stream, on average"
        ),
        row("park_seconds", "seconds", seconds(least=0, most=600), "a request waits for its host to come back"),
        row("park_max", "requests", whole(least=0, most=1_000_000), "that wait so at once"),
        row("park_bytes_max", "bytes", whole(least=0, most=1_073_741_824), "of the bodies of requests that wait so"),
        row("links_per_key_max", "links", whole(least=1, most=10_000), "of one key at once"),
        row("link_attempts_per_minute", "attempts", whole(least=1, most=1_000_000), "of one address that prove no key"),
    )


ROWS: tuple[Setting, ...] = (*_daemon(), *_routes(), *_relay())
BROKER = SettingTable(
    ROWS,
    _DEFAULTS,
    _PREFIX,
    "agentgather config --broker",
    foreign_names=("url", "config"),  # a host says by the first which broker it uses
)


def config_file(named: str | None, *, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The broker's file of settings, when one is named. Raises FileNotFoundError for one that is not there."""
    name = named or environ.get(FILE_VARIABLE)
    if not name:
        return None
    path = Path(name).expanduser().absolute()
    path.stat()
    return path


def settle_broker(
    *, flags: Mapping[str, object], environ: Mapping[str, str], path: Path | None
) -> Configured[BrokerSettings]:
    """The settings of a broker, from flags, the environment, the file at `path`, and the defaults. Raises SettingRefused."""
    return choose(BROKER, flags=flags, environ=environ, path=path)


def registration_of(settings: BrokerSettings) -> str:
    """Who may publish: what is said, else only listed keys where strangers can come."""
    return settings.registration or ("open" if _is_local(settings) else "keys")


def check_broker(settings: BrokerSettings) -> None:
    """Raise Failure for what may not be served like this: a broker that strangers reach admits no one by accident."""
    url = settings.public_url
    if url is not None and not is_local_url(url) and not url.startswith("https://"):
        raise Failure(
            "insecure_remote",
            f"publishing {url}, tokens would travel in the clear; put TLS before the broker",
            field="public_url",
            hint="--public-url https://…, as the proxy before it is reached",
        )
    if not is_loopback(settings.host) and url is None:
        raise Failure(
            "insecure_remote",
            f"listening on {settings.host} lets the network in, and tokens would travel in the clear",
            field="public_url",
            hint="put TLS before the broker and name it: --public-url https://…",
        )
    if registration_of(settings) == "keys" and settings.keys_file is None and not _is_local(settings):
        raise Failure(
            "no_keys_file",
            "only hosts whose keys are listed may publish through a public broker, and no list is named",
            field="keys_file",
            hint="name one with --keys-file FILE (it may be empty; `agentgather broker keys add` fills it), "
            "or let everybody publish with --registration open",
        )
    if settings.allow_unkeyed and registration_of(settings) != "open":
        raise Failure(
            "usage",
            f"--allow-unkeyed lets in hosts that prove no key, and registration is {registration_of(settings)}",
            field="allow_unkeyed",
            hint="add --registration open, or leave it out",
        )


def _is_local(settings: BrokerSettings) -> bool:
    return is_loopback(settings.host) and (settings.public_url is None or is_local_url(settings.public_url))
