"""`agentgather tunnel run`: publish a room that is served here, until stopped."""

from __future__ import annotations

import trio

from agentgather.cli.host_flags import NO_FLAGS, HomeFlags, settle
from agentgather.cli.output import Output, output_for, single
from agentgather.cli.publication import Publication, one_room, settle_publication
from agentgather.cli.tunnel_failures import tunnel_failure
from agentgather.client.daemon import DaemonUrl
from agentgather.client.errors import sole
from agentgather.logs import start_logging
from agentgather.publishing import Tunnel, keep_publishing
from agentgather.signals import stop_on_signal
from agentgather.store.home import Home
from agentgather.wire.faults import ROUTE_CLOSED

CAUTION = "cards and links that were handed out before now name this machine only; new ones name the public URL"


def run(
    room: str | None = None,
    *,
    broker: str | None = None,
    subdomain: str | None = None,
    target: str | None = None,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Publish a room through a broker until Ctrl-C or SIGTERM. A link that breaks comes back by itself.

    The room is served by `agentgather room serve` or `up`, which may be restarted meanwhile.

    Parameters
    ----------
    room
        The room. Default: the current one.
    broker
        The broker's URL. Default: the setting broker_url.
    subdomain
        The room's name there. Default: the setting subdomain, else the room's own name.
    target
        Where the room answers on this machine. Default: where its daemon says.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    publication = settle_publication(home, one_room(home, room), broker=broker, subdomain=subdomain, target=target)
    daemon = settle(home).settings.daemon
    start_logging(form=daemon.log_format, level=daemon.log_level)
    try:
        trio.run(_run, home, publication, output)
    except BaseException as raised:  # noqa: BLE001 - goes on as it is, out of the nurseries' wrapping
        error = sole(raised)
        raise (tunnel_failure(error) or error) from None


class _Stop:
    """What a signal stops here: a scope around everything."""

    def __init__(self, scope: trio.CancelScope) -> None:
        self._scope = scope

    def stop(self) -> None:
        self._scope.cancel()


async def _run(home: Home, publication: Publication, output: Output) -> None:
    was_told = False

    def tell(now: Tunnel) -> None:
        nonlocal was_told
        if now.is_live and not was_told:
            was_told = True
            _announce(now, publication, output)

    tunnel = Tunnel(publication.broker_url, publication.slug, publication.target_url)
    async with trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal, _Stop(nursery.cancel_scope))
        target = None if publication.is_target_given else DaemonUrl(home, publication.room, publication.target_url)
        await keep_publishing(home, [publication.room], tunnel, on_change=tell, goodbye=ROUTE_CLOSED, target=target)
        nursery.cancel_scope.cancel()
    if was_told and not output.is_json:
        output.line(f"{publication.room} is off the web again (signal)")
        output.flush()


def _announce(tunnel: Tunnel, publication: Publication, output: Output) -> None:
    output.answer(
        {
            "ok": True,
            "room": publication.room,
            "route_slug": tunnel.slug,
            "public_base_url": tunnel.public_url,
            "broker_url": tunnel.broker_url,
            "target_url": tunnel.target_url,
            "route_id": tunnel.route_id,
        },
        f"{publication.room} is published at {single(tunnel.public_url)}",
        "  keep this running: it is the way to your room; Ctrl-C takes the room off the web",
        f"  {CAUTION}",
    )
