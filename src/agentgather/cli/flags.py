"""The options that every command has, in one place, so that they read the same everywhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from agentgather.store.home import Home


@Parameter(name="*", group="Every command")
@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    json: Annotated[bool, Parameter(negative=())] = False
    "Print one JSON object on one line; errors too, on stderr."

    room: str | None = None
    "The seat to act as: ROOM or ROOM@ALIAS. Default: the current one."

    token_file: str | None = None
    "Read the token from this file instead of a stored seat (or put it into AGENTGATHER_TOKEN)."

    url: str | None = None
    "The room's URL, for a token that is not a stored seat's (or AGENTGATHER_URL)."

    home: str | None = None
    "Where seats and rooms are kept. Default: AGENTGATHER_HOME, else ~/.agentgather."

    def open_home(self) -> Home:
        return Home(Path(self.home).absolute()) if self.home else Home.from_environment(os.environ)


ANYONE = Flags()
