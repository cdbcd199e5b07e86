"""The way to a broker on this machine: HTTP over the socket that only its operator may open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from agentgather.cli.failures import Failure
from agentgather.client.errors import Unreachable
from agentgather.store.home import Home

SOCKET_VARIABLE = "AGENTGATHER_BROKER_ADMIN_SOCKET"
SOCKET_NAME = "agentgather-broker.sock"
_URL = "http://broker"  # never dialled: the socket is


@Parameter(name="*", group=Group("Every command", sort_key=90))
@dataclass(frozen=True, slots=True, kw_only=True)
class AdminFlags:
    json: Annotated[bool, Parameter(negative=())] = False
    "Print one JSON object on one line; errors too, on stderr."

    home: str | None = None
    "Where seats and rooms are kept. Default: AGENTGATHER_HOME, else ~/.agentgather."

    admin_socket: str | None = None
    "The broker's socket. Default: AGENTGATHER_BROKER_ADMIN_SOCKET, else where a broker listens by itself."

    def socket(self) -> Path:
        home = Path(self.home).absolute() if self.home else Home.from_environment(os.environ).root
        named = self.admin_socket or os.environ.get(SOCKET_VARIABLE)
        return Path(named).expanduser().absolute() if named else default_socket(os.environ, home=home)


def default_socket(environ: Mapping[str, str], *, home: Path) -> Path:
    """Where a broker listens for its operator when nothing else is said: the same for both of them."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / SOCKET_NAME if runtime else home / "broker.sock"


NO_FLAGS = AdminFlags()


def ask_broker(flags: AdminFlags, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the broker of this machine answers. Raises Failure `no_broker`, and Refused for its no."""
    import httpx
    import trio

    from agentgather.client.asking import ask, new_http

    socket = flags.socket()

    async def asking() -> dict[str, Any]:
        async with new_http(_URL, transport=httpx.AsyncHTTPTransport(uds=str(socket))) as http:
            return (await ask(http, method, _URL + path, token=None, body=body)).object()

    try:
        return trio.run(asking)
    except Unreachable as silent:
        is_there = socket.exists()
        raise Failure(
            "no_broker",
            f"no broker answers at {socket}" + (f": {silent.message}" if is_there else ""),
            hint="name its socket with --admin-socket, or start it with: agentgather broker serve",
        ) from None
