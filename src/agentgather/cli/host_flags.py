"""The options of commands that work on this home itself, and one option for every setting of the daemon."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from agentgather.cli.setting_flags import SettingFlags, flags_of
from agentgather.settings.exposure import check_exposure
from agentgather.settings.sources import Configuration, configure
from agentgather.settings.table import SETTINGS
from agentgather.store.home import Home

# How `room serve --help` sorts the settings; `start` is not the daemon's.
_GROUPS = {
    "daemon": Group(
        "Where and how it serves",
        help="Each of these, and of those below, can also be said by AGENTGATHER_<NAME> or in agentgather.toml.",
        sort_key=50,
    ),
    "tunnel": Group("Through which broker it is published", sort_key=51),
    "api": Group("What a request may ask for", sort_key=52),
    "room": Group("What a room may hold", sort_key=53),
    "serving": Group("What a connection may cost", sort_key=54),
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


if TYPE_CHECKING:

    class ServeFlags(SettingFlags):
        pass
else:
    ServeFlags = flags_of(
        "ServeFlags", [row for row in SETTINGS if row.area in _GROUPS], groups=_GROUPS, module=__name__
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
