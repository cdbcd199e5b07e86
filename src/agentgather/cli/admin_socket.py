"""The way to a broker on this machine: HTTP over the socket that only its operator may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

SOCKET_VARIABLE = "AGENTGATHER_BROKER_ADMIN_SOCKET"
SOCKET_NAME = "agentgather-broker.sock"


@Parameter(name="*", group=Group("Every command", sort_key=90))
@dataclass(frozen=True, slots=True, kw_only=True)
class AdminFlags:
    json: Annotated[bool, Parameter(negative=())] = False
    "Print one JSON object on one line; errors too, on stderr."

    home: str | None = None
    "Where seats and rooms are kept. Default: AGENTGATHER_HOME, else ~/.agentgather."

    admin_socket: str | None = None
    "Where the broker is asked. Default: AGENTGATHER_BROKER_ADMIN_SOCKET, else as the broker chooses by itself."


def default_socket(environ: Mapping[str, str], *, home: Path) -> Path:
    """Where a broker listens for its operator when nothing else is said: the same for both of them."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / SOCKET_NAME if runtime else home / "broker.sock"
