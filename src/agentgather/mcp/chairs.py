"""Where a server of ours sits: in a seat that was given to it, or in one that it takes in the room of its folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from agentgather.client.doors import reach
from agentgather.client.errors import Refused
from agentgather.client.persist import persist
from agentgather.client.room_client import RoomClient
from agentgather.client.seat import ActingSeat
from agentgather.mcp.claim import Claim
from agentgather.mcp.seating import take_seat
from agentgather.mcp.trouble import Trouble
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home


class GivenChair:
    """The chair of one seat that is there already."""

    def __init__(self, seat: ActingSeat, home: Home) -> None:
        self._seat = seat
        self._home = home

    def meet(self, client_name: str | None) -> None:
        """Nothing depends on it here: who we are was settled by whoever invited us."""

    def reach(self) -> AbstractAsyncContextManager[RoomClient]:
        return reach(self._seat, self._home, may_open_room=False)


class LocalChair:
    """The chair of an agent that nobody invited, in a room of this home. Its seat is taken when it is first needed.

    `find_room` says which room, and may block. `keep_open`, when given, makes and serves the room where that is to be done, and
    blocks too. `wanted` is the alias, else the client's own name makes one.
    """

    def __init__(
        self,
        home: Home,
        find_room: Callable[[], RoomId],
        *,
        keep_open: Callable[[RoomId], None] | None,
        wanted: Alias | None,
    ) -> None:
        self._home = home
        self._find_room = find_room
        self._keep_open = keep_open
        self._wanted = wanted
        self._client_name: str | None = None
        self._seat: ActingSeat | None = None
        self._claim: Claim | None = None  # held for as long as we live
        self._turn = trio.Lock()

    def meet(self, client_name: str | None) -> None:
        """Hear what the client calls itself; the first name counts."""
        self._client_name = self._client_name or client_name

    @asynccontextmanager
    async def reach(self) -> AsyncIterator[RoomClient]:
        """A client of the seat's room, after coming in where that was not done. Raises what `take_seat` raises, and Trouble."""
        async with self._turn:
            room = await trio.to_thread.run_sync(self._find_room) if self._seat is None else self._seat.room
            assert room is not None
            if self._keep_open is not None:
                await trio.to_thread.run_sync(self._keep_open, room)
            if self._seat is None:
                self._seat = await self._come_in(room)
        async with reach(self._seat, self._home, may_open_room=False) as client:
            yield client

    async def _come_in(self, room: RoomId) -> ActingSeat:
        if not self._home.hosts(room):
            raise Trouble(
                "room_not_found",
                f"this folder's room would be {room}, and there is none on this machine yet",
                next_step=f"ask your user to open it with `agentgather up {room}`, or to start this server with --host",
            )
        seat, claim = await take_seat(self._home, room, wanted=self._wanted, client_name=self._client_name)
        acting = ActingSeat(seat.base_url, seat.token, seat.room, seat.alias)
        try:
            await self._join(acting)
            if claim is not None:
                claim.sit_down()
        except BaseException:
            if claim is not None:
                claim.release()  # else it would be in our own way at the next try
            raise
        self._claim = claim
        return acting

    async def _join(self, seat: ActingSeat) -> None:
        async with reach(seat, self._home, may_open_room=False) as client:
            try:
                await persist(client.join)
            except Refused as refused:
                if refused.code != "room_closed":  # what was said can still be read
                    raise
