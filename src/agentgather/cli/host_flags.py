"""The options of commands that work on this home itself, and one option for every setting of the daemon."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from agentgather.settings.exposure import check_exposure
from agentgather.settings.sources import Configuration, configure
from agentgather.settings.table import SETTINGS, Setting
from agentgather.settings.values import switch
from agentgather.store.home import Home

# How `room serve --help` sorts the settings; `start` is not the daemon's.
_GROUPS = {
    "daemon": Group(
        "Where and how it serves",
        help="Each of these, and of those below, can also be said by AGENTGATHER_<NAME> or in agentgather.toml.",
        sort_key=50,
    ),
    "api": Group("What a request may ask for", sort_key=51),
    "room": Group("What a room may hold", sort_key=52),
    "serving": Group("What a connection may cost", sort_key=53),
}


@Parameter(name="*", group=Group("Every command", sort_key=90))
@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFlags:
    json: Annotated[bool, Parameter(negative=())] = False
    "Print one JSON object on one line; errors too, on stderr."

    home: str | None = None
    "Where seats and rooms are kept. Default: AGENTGATHER_HOME, else ~/.agentgather."

    def open_home(self) -> Home:
        return Home(Path(self.home).absolute()) if self.home else Home.from_environment(os.environ)

    @property
    def again(self) -> str:
        """What the command that continues this one has to repeat."""
        from agentgather.room.shell_commands import shell_quoted

        return f" --home {shell_quoted(self.home)}" if self.home else ""


@dataclass(frozen=True, kw_only=True)
class SettingFlags:
    """What the flags of a command say about settings. A switch that is not given says nothing, not no."""

    def given(self) -> dict[str, object]:
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in said.items() if value is not None and value is not False}


def _as_field(setting: Setting) -> tuple[str, Any, Any]:
    is_switch = setting.read is switch
    kind = bool if is_switch else str | None
    default = "" if setting.default in (None, False) else f" ({setting.default})"
    parameter = Parameter(
        name=setting.flag,
        help=setting.doc + default,
        metavar=None if is_switch else setting.unit.upper(),
        group=_GROUPS[setting.area],
        show_default=False,
        negative=(),
    )
    return setting.name, Annotated[kind, parameter], field(default=False if is_switch else None)


if TYPE_CHECKING:

    class ServeFlags(SettingFlags):
        pass
else:
    ServeFlags = Parameter(name="*")(
        make_dataclass(
            "ServeFlags",
            [_as_field(setting) for setting in SETTINGS if setting.area in _GROUPS],
            bases=(SettingFlags,),
            frozen=True,
            kw_only=True,
            namespace={"__module__": __name__},
        )
    )

NO_FLAGS = HomeFlags()
UNSET = ServeFlags()


def settle(home: Home, **given: object) -> Configuration:
    """The settings of this home: those `given` first, then the environment, the file, the defaults."""
    return configure(flags=given, environ=os.environ, home=home.root)


def settle_daemon(home: Home, settings: SettingFlags, **given: object) -> Configuration:
    """As `settle`, for what is about to serve: also raises SettingRefused for an exposure that nobody asked for."""
    configuration = settle(home, **{**settings.given(), **given})
    check_exposure(configuration.settings.daemon, chosen=configuration.chosen)
    return configuration
