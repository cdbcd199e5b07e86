"""`agentgather room serve`: serve rooms of this home until stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.foreground import serve_in_foreground
from agentgather.cli.host_flags import NO_FLAGS, UNSET, HomeFlags, ServeFlags, settle_daemon
from agentgather.cli.hosted_rooms import hosted_rooms
from agentgather.cli.live_line import published
from agentgather.cli.output import output_for
from agentgather.room.names import RoomId
from agentgather.store.home import Home

if TYPE_CHECKING:
    from agentgather.keep import Daemon


def serve(
    *rooms: str,
    every: Annotated[bool, Parameter(name="--all", negative=())] = False,
    settings: ServeFlags = UNSET,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Serve the current room at `/`, or several, each under `/ROOM/`, until Ctrl-C or SIGTERM.

    Every option below that has a default is a setting: it can also be said by AGENTGATHER_<NAME> or in
    agentgather.toml. `agentgather config` shows what holds and where it came from.

    Parameters
    ----------
    rooms
        The rooms to serve. Default: the current one.
    every
        Serve every room of this home.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    configuration = settle_daemon(home, settings)
    served = _chosen(home, rooms, is_every=every)

    def announce(daemon: Daemon) -> None:
        address = daemon.address
        told = [
            {"room": room, "url": address.lasting_of(room), "public_url": address.public_of(room)}
            for room in daemon.room_ids
        ]
        lines = [f"serving {one['room']} at {one['url']}" for one in told]
        if daemon.tunnel is not None:
            lines.append(f"  {published(daemon.tunnel)}")
        if output.is_live:
            lines.append(output.paint("Ctrl-C stops serving; the rooms stay in this home", "2"))
        output.answer({"ok": True, **told[0], "rooms": told}, *lines)

    is_mounted = every or len(served) > 1
    serve_in_foreground(home, served, configuration, is_mounted=is_mounted, output=output, announce=announce)


def _chosen(home: Home, names: tuple[str, ...], *, is_every: bool) -> list[RoomId]:
    if names and is_every:
        raise Failure("usage", "--all serves every room; name rooms or say --all")
    if is_every and (hosted := home.rooms()):
        return hosted
    return hosted_rooms(home, names, hint="name those to serve, or say --all")
