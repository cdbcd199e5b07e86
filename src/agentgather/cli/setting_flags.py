"""The options of a command that serves: one for every setting of its table, sorted and explained as the table is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from typing import Annotated, Any

from cyclopts import Group, Parameter

from agentgather.settings.setting import Setting
from agentgather.settings.values import switch


@dataclass(frozen=True, kw_only=True)
class SettingFlags:
    """What the flags of a command say about settings. A switch that is not given says nothing, not no."""

    def given(self) -> dict[str, object]:
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in said.items() if value is not None and value is not False}


def flags_of(name: str, rows: Sequence[Setting], *, groups: Mapping[str, Group], module: str) -> Any:
    """A dataclass `name` (of `module`) of options for `rows`. `groups` sorts the help; its keys are as in `group_of`."""
    made = make_dataclass(
        name,
        [_as_field(setting, groups[group_of(setting)]) for setting in rows],
        bases=(SettingFlags,),
        frozen=True,
        kw_only=True,
        namespace={"__module__": module},
    )
    return Parameter(name="*")(made)


def group_of(setting: Setting) -> str:
    """Which part of the settings a row belongs to: where its value stands, without its own name."""
    return setting.place.rpartition(".")[0]


def _as_field(setting: Setting, group: Group) -> tuple[str, Any, Any]:
    is_switch = setting.read is switch
    kind: Any = bool if is_switch else list[str] | None if isinstance(setting.default, tuple) else str | None
    default = "" if setting.default in (None, False, ()) else f" ({shown(setting)})"
    parameter = Parameter(
        name=setting.flag,
        help=setting.doc + default,
        metavar=None if is_switch else setting.unit.upper(),
        group=group,
        show_default=False,
        negative=(),
    )
    return setting.name, Annotated[kind, parameter], field(default=False if is_switch else None)


def shown(setting: Setting) -> str:
    """The default of a setting as somebody would write it."""
    return ",".join(setting.default) if isinstance(setting.default, tuple) else str(setting.default)
