"""A tunnel and what belongs to it on this machine: one a room, a note for whoever asks, and its news in one place."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import trio

from agentgather.room.message import timestamp
from agentgather.room.names import RoomId
from agentgather.serving.ground import MACHINE, Ground
from agentgather.store.home import Home
from agentgather.store.tunnel_note import TunnelHold, TunnelNote
from agentgather.wire.faults import LEAVING

log = logging.getLogger(__name__)

FIRST_NEWS_SECONDS = 5.0  # whoever starts a tunnel is kept waiting no longer by a broker that says nothing at all


class TunnelEnded(Exception):
    """A tunnel ended by itself. `outcome` is `refused` (the broker said no, for good) or `given_up` (nobody there)."""

    def __init__(self, outcome: str, code: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code
        self.message = message


@dataclass(slots=True)
class Tunnel:
    """How a tunnel is now. `public_url` is where it was last live, None before it ever was; `trouble` why it is not."""

    broker_url: str
    slug: str
    target_url: str
    public_url: str | None = None
    route_id: str | None = None
    is_live: bool = False
    trouble: str | None = None
    is_over: bool = False


@dataclass(slots=True)
class _News:
    """Hears what a tunnel says, keeps it in `tunnel`, and tells everybody on this machine."""

    tunnel: Tunnel
    on_change: Callable[[Tunnel], None]
    heard: trio.Event = field(default_factory=trio.Event)
    ending: TunnelEnded | None = None

    def live(self, public_url: str, route_id: str | None) -> None:
        self.tunnel.public_url, self.tunnel.route_id = public_url.rstrip("/"), route_id
        self.tunnel.is_live, self.tunnel.trouble = True, None
        self._tell()
        log.info("published", extra={"event": "published", "url": self.tunnel.public_url})

    def lost(self, reason: str) -> None:
        self.tunnel.is_live, self.tunnel.trouble = False, reason
        self._tell()
        log.warning("no link to the broker: %s", reason, extra={"event": "unpublished"})

    def ended(self, outcome: str, code: str, message: str) -> None:
        self.tunnel.is_live, self.tunnel.is_over = False, True
        self.ending = TunnelEnded(outcome, code, message)
        self.tunnel.trouble = message
        self._tell()

    def _tell(self) -> None:
        self.on_change(self.tunnel)
        self.heard.set()


async def keep_publishing(
    home: Home,
    rooms: Sequence[RoomId],
    tunnel: Tunnel,
    *,
    is_mounted: bool = False,
    on_change: Callable[[Tunnel], None],
    goodbye: str = LEAVING,
    app: Any = None,
    target: Callable[[], str] | None = None,
    is_patient: bool = False,
    ground: Ground = MACHINE,
    task_status: trio.TaskStatus[Tunnel] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Publish the server at `tunnel.target_url` until cancelled; `tunnel` and its note in each room are kept true.

    Started at the first news, good or bad, or after FIRST_NEWS_SECONDS. Raises TunnelRunning or OSError before it
    begins, TunnelEnded when the broker will not have it or it gave up. `is_mounted`: each room is below its own name.
    `app` is that server's, when it runs in this process; `target` says where the server is, when it may move. `goodbye`
    is what the broker is told at the end: LEAVING keeps the route, ROUTE_CLOSED ends it. `is_patient`: a broker that never
    answered yet is waited for as long as one that did, as by who has other things to do meanwhile.
    """
    from agentgather.tunnel.keep import (  # cryptography takes its time: only who publishes pays for it
        Patience,
        keep_tunnel,
    )
    from agentgather.tunnel.keys import HostKey

    began = timestamp(ground.clock())
    key = await ground.run_blocking(HostKey.load, home.host_key_file)
    with ExitStack() as holds:
        held = {}
        for room in rooms:
            held[room] = TunnelHold.take(home, room, now=began)
            holds.callback(held[room].release)

        def tell(changed: Tunnel) -> None:
            on_change(changed)
            if changed.public_url is not None:  # before that nothing is known that a note could say
                for room, hold in held.items():
                    _note(hold, changed, room=room if is_mounted else None, began=began)

        news = _News(tunnel, tell)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_start_at_first_news, news, task_status)
            await keep_tunnel(
                tunnel.broker_url,
                tunnel.slug,
                target_url=target or tunnel.target_url,
                key=key,
                news=news,
                app=app,
                goodbye=goodbye,
                patience=Patience(first_seconds=Patience().outage_seconds) if is_patient else Patience(),
            )
            nursery.cancel_scope.cancel()
        if news.ending is not None:
            raise news.ending


async def _start_at_first_news(news: _News, task_status: trio.TaskStatus[Tunnel]) -> None:
    with trio.move_on_after(FIRST_NEWS_SECONDS):
        await news.heard.wait()
    if news.ending is None:
        task_status.started(news.tunnel)


def _note(hold: TunnelHold, tunnel: Tunnel, *, room: RoomId | None, began: str) -> None:
    below = "" if room is None else f"/{room}"
    note = TunnelNote(
        pid=os.getpid(),
        public_url=f"{tunnel.public_url}{below}",
        broker_url=tunnel.broker_url,
        slug=tunnel.slug,
        target_url=f"{tunnel.target_url}{below}",
        is_live=tunnel.is_live,
        started_at=began,
        route_id=tunnel.route_id,
    )
    try:
        hold.note(note)
    except OSError as error:  # cards name the local URL then; the tunnel itself has nothing to do with the disk
        log.warning("the tunnel's note could not be written: %s", error.strerror, extra={"event": "note"})
