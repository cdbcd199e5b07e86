"""The settings of a room's daemon: from flags, the environment, `agentgather.toml` in the home, and the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agentgather.settings.choosing import Chosen, Configured, SettingRefused, Source, choose
from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.settings.table import HOST
from agentgather.settings.values import Value

__all__ = ["FILE_NAME", "Chosen", "Configuration", "SettingRefused", "Source", "configure"]

FILE_NAME = "agentgather.toml"


class Configuration(Configured[Settings]):
    """The settings of a daemon, and where each of them came from."""

    def listening_at(self, port: int) -> Configuration:
        """With `port`, where the room was last served, unless a port was said: links handed out then stay good."""
        return self._with_last("port", port) if self.is_default("port") else self

    def handing_out(self, base_url: str) -> Configuration:
        """For a room that nobody serves right now: its links name `base_url`, where it was last reached.

        Unless a setting says where it will be reached next.
        """
        is_said = not self.is_default("public_url") or not self.is_default("port")
        return self if is_said else self._with_last("public_url", base_url)

    def published_as(self, slug: str) -> Configuration:
        """With the name at the broker settled."""
        tunnel = replace(self.settings.tunnel, subdomain=slug)
        return Configuration(replace(self.settings, tunnel=tunnel), self.chosen)

    def _with_last(self, name: str, value: Value) -> Configuration:
        chosen = Chosen(self.chosen[name].setting, value, Source.DEFAULT, "the room's last URL")
        daemon: DaemonSettings = replace(self.settings.daemon, **{name: value})  # type: ignore[arg-type]
        return Configuration(replace(self.settings, daemon=daemon), {**self.chosen, name: chosen})


def configure(*, flags: Mapping[str, object], environ: Mapping[str, str], home: Path) -> Configuration:
    """Settle every setting of the daemon; see `choosing.choose`. Also raises SettingRefused for what cannot be together."""
    configured = choose(HOST, flags=flags, environ=environ, path=home / FILE_NAME)
    _check_together(configured.settings, configured.chosen)
    return Configuration(_with_roomy_wire(configured.settings), configured.chosen)


def _with_roomy_wire(settings: Settings) -> Settings:
    """The wire lets through whatever the API may want to read: which bodies are too large is the API's to say."""
    body_bytes_max = max(settings.serving.body_bytes_max, settings.api.body_bytes_max)
    return replace(settings, serving=replace(settings.serving, body_bytes_max=body_bytes_max))


def _check_together(settings: Settings, chosen: Mapping[str, Chosen]) -> None:
    """Raise SettingRefused for values that are fine alone and impossible together."""
    api = settings.api
    if api.hold_seconds > api.hold_seconds_max:
        one, other = chosen["hold_seconds"], chosen["hold_seconds_max"]
        raise SettingRefused(
            f"hold_seconds is {api.hold_seconds} ({one.origin}) and hold_seconds_max {api.hold_seconds_max} "
            f"({other.origin}); what a wait gets unasked cannot be more than the most it may ask for",
            field="hold_seconds",
        )
