"""Where values come from; the first that says something wins: a flag, the environment, the file, the default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.settings.table import BY_NAME, SETTINGS, Setting
from agentgather.settings.values import Value

FILE_NAME = "agentgather.toml"
_PREFIX = "AGENTGATHER_"


class SettingRefused(Exception):
    """A value that cannot be: which setting, where it came from, what is allowed. `code` is permanent."""

    code = "invalid_setting"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Source(StrEnum):
    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One setting's value, and `origin`: the flag, the variable or the file and key that said so (`default`: none)."""

    setting: Setting
    value: Value
    source: Source
    origin: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings, and where each of them came from."""

    settings: Settings
    chosen: Mapping[str, Chosen]

    def is_default(self, name: str) -> bool:
        return self.chosen[name].source is Source.DEFAULT

    def listening_at(self, port: int) -> Configuration:
        """With `port`, where the room was last served, unless a port was said: links handed out then stay good."""
        return self._with_last("port", port) if self.is_default("port") else self

    def handing_out(self, base_url: str) -> Configuration:
        """For a room that nobody serves right now: its links name `base_url`, where it was last reached.

        Unless a setting says where it will be reached next.
        """
        is_said = not self.is_default("public_url") or not self.is_default("port")
        return self if is_said else self._with_last("public_url", base_url)

    def _with_last(self, name: str, value: Value) -> Configuration:
        chosen = Chosen(self.chosen[name].setting, value, Source.DEFAULT, "the room's last URL")
        daemon: DaemonSettings = replace(self.settings.daemon, **{name: value})  # type: ignore[arg-type]
        return Configuration(replace(self.settings, daemon=daemon), {**self.chosen, name: chosen})


def configure(*, flags: Mapping[str, object], environ: Mapping[str, str], home: Path) -> Configuration:
    """Settle every setting. `flags` maps names to what was given; None means not given.

    Raises SettingRefused for a value that cannot be, a key that nobody knows, and an agentgather.toml in `home` that
    cannot be read. Variables that merely start with AGENTGATHER_ belong to others, unless they look like a slip.
    """
    path = home / FILE_NAME
    document = _flattened(_document(path), path=path)
    _refuse_slips(environ)
    chosen = {}
    for setting in SETTINGS:
        chosen[setting.name] = _choose(setting, flags=flags, environ=environ, document=document, path=path)
    areas: dict[str, dict[str, Any]] = {}
    for one in chosen.values():
        areas.setdefault(one.setting.area, {})[one.setting.name] = one.value
    defaults = Settings()
    settings = Settings(**{area: type(getattr(defaults, area))(**values) for area, values in areas.items()})
    settings = _with_roomy_wire(settings)
    _check_together(settings, chosen)
    return Configuration(settings, chosen)


def _choose(
    setting: Setting,
    *,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    document: Mapping[str, object],
    path: Path,
) -> Chosen:
    if (given := flags.get(setting.name)) is not None:
        return _read(setting, given, source=Source.FLAG, origin=setting.flag)
    if setting.env in environ:
        return _read(setting, environ[setting.env], source=Source.ENVIRONMENT, origin=setting.env)
    if setting.key in document:
        return _read(setting, document[setting.key], source=Source.FILE, origin=f"{path}, {setting.key}")
    return Chosen(setting, setting.default, Source.DEFAULT, "default")


def _read(setting: Setting, given: object, *, source: Source, origin: str) -> Chosen:
    try:
        return Chosen(setting, setting.read(given), source, origin)
    except ValueError as allowed:
        message = f"{setting.name} cannot be {_shown(given)} ({origin}); it is {allowed}"
        raise SettingRefused(message, field=setting.name) from None


def _document(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingRefused(f"{path} is not TOML: {problem}", field=FILE_NAME) from None
    except OSError as problem:
        raise SettingRefused(f"{path} cannot be read: {problem.strerror}", field=FILE_NAME) from None


def _flattened(document: Mapping[str, object], *, path: Path) -> dict[str, object]:
    """The tables of the file as `area.name` keys, every one of them known."""
    flat: dict[str, object] = {}
    for area, table in document.items():
        if not isinstance(table, dict):
            raise _unknown(area, path=path)
        for name, value in table.items():
            if name not in BY_NAME or BY_NAME[name].area != area:
                raise _unknown(f"{area}.{name}", path=path)
            flat[f"{area}.{name}"] = value
    return flat


def _unknown(key: str, *, path: Path) -> SettingRefused:
    near = _nearest(key.rpartition(".")[2])
    hint = f"did you mean {near.key}?" if near else "`agentgather config` lists the keys there are"
    return SettingRefused(f"there is no setting {_shown(key)} ({path}); {hint}", field=key)


def _refuse_slips(environ: Mapping[str, str]) -> None:
    for variable in environ:
        name = variable.removeprefix(_PREFIX).lower()
        if not variable.startswith(_PREFIX) or name in BY_NAME:
            continue
        if near := _nearest(name, likeness=0.8):
            raise SettingRefused(f"there is no setting {variable}; did you mean {near.env}?", field=variable)


def _nearest(name: str, *, likeness: float = 0.6) -> Setting | None:
    near = get_close_matches(name, BY_NAME, n=1, cutoff=likeness)
    return BY_NAME[near[0]] if near else None


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


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
