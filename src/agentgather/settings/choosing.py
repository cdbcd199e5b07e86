"""Which value holds; the first that says something wins: a flag, the environment, the file, the default."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Generic

from agentgather.settings.setting import S, Setting, SettingTable
from agentgather.settings.values import Value

_SLIP_LIKENESS = 0.8  # of a variable to a setting's: above it somebody mistyped, below it the variable is another's


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


@dataclass(frozen=True)
class Configured(Generic[S]):
    """The settings, and where each of them came from."""

    settings: S
    chosen: Mapping[str, Chosen]

    def is_default(self, name: str) -> bool:
        return self.chosen[name].source is Source.DEFAULT


def choose(
    table: SettingTable[S], *, flags: Mapping[str, object], environ: Mapping[str, str], path: Path | None
) -> Configured[S]:
    """Settle every setting of `table`. `flags` maps names to what was given; None means not given.

    Raises SettingRefused for a value that cannot be, a key that nobody knows, and a file at `path` that cannot be read
    (none there is as good as an empty one). Variables that merely start with the prefix belong to others, unless they
    look like a slip.
    """
    document = {} if path is None else _flattened(table, _document(path), path=path)
    _refuse_slips(table, environ)
    chosen = {}
    for setting in table.rows:
        chosen[setting.name] = _choose(setting, flags=flags, environ=environ, document=document, path=path)
    return Configured(table.filled({name: one.value for name, one in chosen.items()}), chosen)


def _choose(
    setting: Setting,
    *,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    document: Mapping[str, object],
    path: Path | None,
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
        raise SettingRefused(f"{path} is not TOML: {problem}", field=path.name) from None
    except OSError as problem:
        raise SettingRefused(f"{path} cannot be read: {problem.strerror}", field=path.name) from None


def _flattened(table: SettingTable[S], document: Mapping[str, object], *, path: Path) -> dict[str, object]:
    """The tables of the file as `area.name` keys, every one of them known."""
    flat: dict[str, object] = {}
    for area, values in document.items():
        if not isinstance(values, dict):
            raise _unknown(table, area, path=path)
        for name, value in values.items():
            if name not in table.by_name or table.by_name[name].area != area:
                raise _unknown(table, f"{area}.{name}", path=path)
            flat[f"{area}.{name}"] = value
    return flat


def _unknown(table: SettingTable[S], key: str, *, path: Path) -> SettingRefused:
    near = _nearest(table, key.rpartition(".")[2], among=table.by_name)
    hint = f"did you mean {near.key}?" if near else f"`{table.listed_by}` lists the keys there are"
    return SettingRefused(f"there is no setting {_shown(key)} ({path}); {hint}", field=key)


def _refuse_slips(table: SettingTable[S], environ: Mapping[str, str]) -> None:
    foreign = tuple(prefix.removeprefix(table.prefix).lower() for prefix in table.foreign_prefixes)
    for variable in environ:
        name = variable.removeprefix(table.prefix).lower()
        if not variable.startswith(table.prefix) or name in table.by_name or name in table.foreign_names:
            continue
        is_foreign = name.startswith(foreign) if foreign else False
        among = [own for own in table.by_name if own.startswith(foreign)] if is_foreign else table.by_name
        if near := _nearest(table, name, among=among, likeness=_SLIP_LIKENESS):
            raise SettingRefused(f"there is no setting {variable}; did you mean {near.env}?", field=variable)


def _nearest(table: SettingTable[S], name: str, *, among: Iterable[str], likeness: float = 0.6) -> Setting | None:
    near = get_close_matches(name, list(among), n=1, cutoff=likeness)
    return table.by_name[near[0]] if near else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
