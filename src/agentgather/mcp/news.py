"""What has changed in the room, told to whoever asked: by subscriptions of the current revision, and by those before it.

Only that something changed is told, never what: the client reads the resource again, or the agent its inbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import anyio
import trio
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated, ServerEvent

from agentgather.client.answers import Record
from agentgather.mcp.said import is_shown

BRIEF = "agentgather://room/brief"
CARD = "agentgather://room/card"
INBOX = "agentgather://room/inbox"
STATUS = "agentgather://room/status"
URIS = frozenset({BRIEF, CARD, INBOX, STATUS})

_IN_THE_CARD = frozenset({"brief.changed", "policy.set", "room.closed"})

STREAMS_MAX = 16  # subscriptions/listen at once, of one server
EVENTS_MAX = 64  # that a stream may be behind: what it missed it reads anyway
TAKE_SECONDS = 5.0  # for a connection of an earlier revision to take what it is told; one that does not is told no more
SUBSCRIBERS_MAX = 64  # connections of earlier revisions with a subscription; the oldest goes first


def changed_by(records: Iterable[Record], *, me: str) -> set[str]:
    """The resources that `records` change, for the seat of `me`."""
    changed: set[str] = set()
    for record in records:
        if is_shown(record, me=me):
            changed.add(INBOX)
        if record.event_kind is not None:
            changed.add(STATUS)
        if record.event_kind in _IN_THE_CARD:
            changed.add(CARD)
        if record.event_kind == "brief.changed":
            changed.add(BRIEF)
    return changed


class News:
    """The subscribers of one server. `wanted` returns once there is one, so that nobody watches a room for nobody."""

    def __init__(self) -> None:
        self._bus = _Counted(self._wake)
        self.listen = ListenHandler(self._bus, max_subscriptions=STREAMS_MAX, max_buffered_events=EVENTS_MAX)
        self._sessions: dict[str, list[ServerSession]] = {}
        self._asked = trio.Event()

    @property
    def is_wanted(self) -> bool:
        return self._bus.count > 0 or any(self._sessions.values())

    async def wanted(self) -> None:
        while not self.is_wanted:
            await self._asked.wait()

    def subscribe(self, session: ServerSession, uri: str) -> None:
        """For a connection that began with a handshake: it is told on its own stream."""
        held = self._sessions.setdefault(uri, [])
        self.unsubscribe(session, uri)
        held.append(session)
        del held[:-SUBSCRIBERS_MAX]
        self._wake()

    def unsubscribe(self, session: ServerSession, uri: str) -> None:
        held = self._sessions.get(uri, [])
        held[:] = [one for one in held if not _is_same(one, session)]

    async def tell(self, uris: Iterable[str]) -> None:
        for uri in sorted(uris):
            await self._bus.publish(ResourceUpdated(uri=uri))
            async with trio.open_nursery() as nursery:
                for session in self._sessions.get(uri, ()):
                    nursery.start_soon(self._tell, session, uri)

    async def _tell(self, session: ServerSession, uri: str) -> None:
        if not await _has_taken(session, uri):
            for subscribed in self._sessions:
                self.unsubscribe(session, subscribed)

    def close(self) -> None:
        """End every stream in order."""
        self.listen.close()

    def _wake(self) -> None:
        self._asked.set()
        self._asked = trio.Event()


class _Counted(InMemorySubscriptionBus):
    """A bus that says how many listen."""

    def __init__(self, on_come: Callable[[], None]) -> None:
        super().__init__()
        self.count = 0
        self._on_come = on_come

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        leave = super().subscribe(listener)
        self.count += 1
        self._on_come()
        is_here = True

        def unsubscribe() -> None:
            nonlocal is_here
            leave()
            self.count -= is_here
            is_here = False

        return unsubscribe


async def _has_taken(session: ServerSession, uri: str) -> bool:
    """Whether it was told: not where it is gone, nor where its client reads nothing, for whom nobody else waits."""
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError), trio.move_on_after(TAKE_SECONDS):
        await session.send_resource_updated(uri)
        return True
    return False


def _is_same(one: ServerSession, other: ServerSession) -> bool:
    """Whether both are of one connection: each request has an object of its own, the client's hello is the connection's."""
    return one is other or (one.client_params is not None and one.client_params is other.client_params)
