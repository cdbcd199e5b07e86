"""What a setting is, and what a table of them is: the daemon of a room and the broker have one each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from agentgather.settings.values import Read, Value

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row. `area` is its table in the file, `unit` what its number counts (or what its text is).

    `place` is where its value stands in the settings: attributes with dots between them.
    """

    area: str
    name: str
    unit: str
    read: Read
    doc: str
    default: Value
    place: str
    env: str
    flag: str

    @property
    def key(self) -> str:
        return f"{self.area}.{self.name}"


@dataclass(frozen=True, slots=True)
class Area:
    """One dataclass of the settings: its table in the file, its place in the settings (empty: it is all of them)."""

    table: str
    place: str
    defaults: object
    prefix: str  # of the variables in the environment

    def row(self, name: str, unit: str, read: Read, doc: str, *, flag_name: str | None = None) -> Setting:
        """The row of a field. `flag_name`: where the flag is not simply the name."""
        return Setting(
            area=self.table,
            name=name,
            unit=unit,
            read=read,
            doc=doc,
            default=getattr(self.defaults, name),
            place=f"{self.place}.{name}".lstrip("."),
            env=f"{self.prefix}{name.upper()}",
            flag="--" + (flag_name or name).replace("_", "-"),
        )


@dataclass(frozen=True)
class SettingTable(Generic[S]):
    """All the settings of one program. `listed_by` is the command that shows them."""

    rows: tuple[Setting, ...]
    defaults: S
    prefix: str
    listed_by: str
    # Variables that begin so are another table's, although they begin with our prefix; unless one of our names does too.
    foreign_prefixes: tuple[str, ...] = ()
    foreign_names: tuple[str, ...] = ()  # those that begin with our prefix, yet are another program's

    @cached_property
    def by_name(self) -> Mapping[str, Setting]:
        return {row.name: row for row in self.rows}

    def filled(self, values: Mapping[str, Value]) -> S:
        """The settings with `values` (by the names of their rows) in their places."""
        settings = self.defaults
        for name, value in values.items():
            settings = _placed(settings, self.by_name[name].place.split("."), value)
        return settings


def _placed(whole: Any, path: list[str], value: Value) -> Any:
    first, *rest = path
    return replace(whole, **{first: _placed(getattr(whole, first), rest, value) if rest else value})
