"""The table of every setting of a daemon. Environment, file, the flags of `room serve`, `config` and the docs follow it."""

from __future__ import annotations

from agentgather.settings.setting import Area, Setting, SettingTable
from agentgather.settings.shape import Settings
from agentgather.settings.values import base_url, bind_host, choice, seconds, slug, switch, ttl, whole

__all__ = ["BY_NAME", "HOST", "SETTINGS", "Setting"]

_PREFIX = "AGENTGATHER_"
_DEFAULTS = Settings()


def _area(name: str) -> Area:
    return Area(name, name, getattr(_DEFAULTS, name), _PREFIX)


def _daemon() -> tuple[Setting, ...]:
    row = _area("daemon").row
    return (
        row("host", "address", bind_host, "where to listen; beyond this machine only with --allow-remote"),
        row("port", "port", whole(least=0, most=65_535), "0 takes any free one"),
        row("public_url", "URL", base_url, "where people outside reach the room (cards and invites)", flag_name="url"),
        row("allow_remote", "switch", switch, "let requests in that come from beyond this machine (https only)"),
        row("drain_seconds", "seconds", seconds(least=0, most=600), "to finish running requests when stopping"),
        row("presence_flush_seconds", "seconds", seconds(least=0.1, most=3_600), "between writes of who was seen when"),
        row("log_format", "format", choice("text", "json"), "of the log lines on stderr: text or json"),
        row("log_level", "level", choice("debug", "info", "warning", "error"), "debug, info, warning or error"),
    )


def _api() -> tuple[Setting, ...]:
    row = _area("api").row
    return (
        row("body_bytes_max", "bytes", whole(least=1_024, most=16_777_216), "of one request's body"),
        row("page_records_max", "records", whole(least=1, most=50_000), "in one answer of /messages"),
        row("hold_seconds", "seconds", whole(least=0, most=600), "a wait is held when it does not say how long"),
        row("hold_seconds_max", "seconds", whole(least=0, most=600), "a wait may ask to be held"),
        row("keepalive_seconds", "seconds", seconds(least=0.1, most=600), "between the keep-alives of an event stream"),
    )


def _room() -> tuple[Setting, ...]:
    area = _area("room")

    def row(name: str, unit: str, doc: str, *, least: int = 1, most: int) -> Setting:
        return area.row(name, unit, whole(least=least, most=most), doc)

    return (
        row("text_units_max", "UTF-16 units", "of one message", most=1_000_000),
        row("brief_units_max", "UTF-16 units", "of the brief", least=0, most=1_000_000),
        row("display_name_units_max", "UTF-16 units", "of a display name", most=1_000),
        row("context_bytes_max", "bytes", "of a message's context", least=2, most=1_000_000),
        row("context_depth_max", "levels", "of nesting in a message's context", most=64),
        row("to_max", "aliases", "one message may be addressed to", least=0, most=1_000),
        row("labels_max", "labels", "of one participant", least=0, most=64),
        row("log_records_max", "records", "in a room's log", most=10_000_000),
        row("leases_each_max", "leases", "one participant may hold at once", most=1_000),
        row("leased_globs_max", "globs", "all leases may name at once", most=10_000),
        row("lease_note_units_max", "UTF-16 units", "of a lease's note", least=0, most=2_000),
        row("participants_max", "seats", "in a room, removed ones included", most=100_000),
        row("loop_posts_max", "posts", "of an agent since a human last spoke", most=1_000_000),
        row("posts_per_minute", "posts", "of one participant in a minute", most=1_000_000),
        row("writes_per_minute", "writes", "of one participant in a minute, other than posts", most=1_000_000),
        row("acks_per_minute", "notes", "of one participant in a minute on what became of messages", most=1_000_000),
        row("deliveries_max", "recipients", "of messages of which it is remembered how far each came", most=1_000_000),
        row("wakes_an_hour_max", "wakes", "that a room may cause in an hour, unless its host sets it", most=10_000),
        row("wakes_a_day_max", "wakes", "that a room may cause in a day, unless its host sets it", most=10_000),
        row("held_waits_max", "waits", "one participant may hold at once", most=10_000),
        row("stale_after_seconds", "seconds", "unseen, and an attending participant counts as stale", most=86_400),
        row("expiry_warning_seconds", "seconds", "before its end the room warns", least=0, most=86_400),
        row("task_title_units_max", "UTF-16 units", "of a task's title", most=1_000),
        row("task_text_units_max", "UTF-16 units", "of a task's description or result", most=1_000_000),
        row("task_depends_max", "tasks", "one task may depend on", least=0, most=1_000),
        row("tasks_open_max", "tasks", "on the board, neither completed nor cancelled", most=100_000),
        row("claim_lease_seconds", "seconds", "without a sign of life, and a task is free again", most=86_400 * 30),
        row("contracts_max", "contracts", "in a room", most=10_000),
        row("contract_bytes_max", "bytes", "of all versions of all contracts", least=1_024, most=1_073_741_824),
        row("contract_subscribers_max", "subscribers", "of one contract", most=1_000),
        row("contract_note_units_max", "UTF-16 units", "of the note of a contract's version", least=0, most=10_000),
        row("contract_checks_per_minute", "documents", "one participant may have looked at in a minute", most=10_000),
    )


def _serving() -> tuple[Setting, ...]:
    row = _area("serving").row
    return (
        row("header_seconds", "seconds", seconds(least=0.1, most=600), "for a request's headers to arrive"),
        row("header_bytes_max", "bytes", whole(least=1_024, most=1_048_576), "of all headers of a request"),
        row("header_count_max", "headers", whole(least=8, most=10_000), "of a request"),
        row("target_bytes_max", "bytes", whole(least=256, most=65_536), "of a request's target"),
        row("body_seconds", "seconds", seconds(least=0.1, most=3_600), "for a request's body to arrive"),
        row("idle_seconds", "seconds", seconds(least=0.1, most=86_400), "a connection is kept between requests"),
        row("send_seconds", "seconds", seconds(least=0.1, most=3_600), "a reader may take nothing, then it is dropped"),
        row("connections_max", "connections", whole(least=1, most=1_000_000), "at once"),
        row("backlog", "connections", whole(least=1, most=65_535), "the kernel holds while we are busy"),
    )


def _tunnel() -> tuple[Setting, ...]:
    row = _area("tunnel").row
    return (
        row(
            "broker_url",
            "URL",
            base_url,
            "publish through the broker there, while its link is live",
            flag_name="broker",
        ),
        row("subdomain", "slug", slug, "the room's name at the broker; default: its own"),
    )


SETTINGS: tuple[Setting, ...] = (
    *_daemon(),
    *_tunnel(),
    *_api(),
    *_room(),
    *_serving(),
    _area("start").row("ttl", "duration", ttl, "how long a new room stays open: 24h, 90m, 2d, none"),
)
HOST = SettingTable(SETTINGS, _DEFAULTS, _PREFIX, "agentgather config", foreign_prefixes=("AGENTGATHER_BROKER_",))
BY_NAME = HOST.by_name
