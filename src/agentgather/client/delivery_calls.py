"""What became of a message, as a client asks and tells it. All of it may be asked again; a wake with an id too."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.client.answers import Delivered, read_delivered
from agentgather.client.asking import Json
from agentgather.client.seat_asker import SeatAsker, filled, given


class DeliveryCalls(SeatAsker):
    async def delivery(
        self, message_id: int, *, state: str | None = None, hold_seconds: float | None = None
    ) -> Delivered:
        """What became of a message; with `state`, held until it came so far at all of them, or the hold is over."""
        path, query = filled(paths.DELIVERY, message_id=message_id), given(state=state)
        if hold_seconds is None:
            return read_delivered(await self._get(path, query, hold_seconds=60.0))
        return read_delivered(await self._get_held(path, query, hold_seconds=hold_seconds))

    async def deliveries(self, *, records_max: int | None = None) -> Json:
        """What became of the newest messages that one said and that are for somebody."""
        return await self._get(paths.DELIVERIES, given(limit=records_max))

    async def acknowledge(self, message_id: int, *, proof: str, is_done: bool = False) -> Json:
        """Give a message's proof back: {ok, message_id, delivery[, idempotent]}."""
        body: Json = {"proof": proof} | ({"done": True} if is_done else {})
        return await self._post(filled(paths.ACK, message_id=message_id), body)

    async def note_wake(self, message_id: int, *, via: str, outcome: str, trouble: str = "", wake_id: str = "") -> Json:
        """Say what one's own wake adapter did about a message."""
        told: Json = {"via": via, "outcome": outcome, "trouble": trouble, "wake_id": wake_id}
        return await self._post(filled(paths.WAKES, message_id=message_id), told)

    async def ask_wake(self, wake_id: str) -> Json:
        """Ask for one wake of one's own agent, before it is handed over. Refused with `wake_budget_spent` where there is none."""
        return await self._post(paths.ROOM_WAKES, {"wake_id": wake_id})

    async def requests(self, *, of: str | None = None, by: str | None = None) -> Json:
        """The messages that need a reply and have not got it from everybody."""
        return await self._get(paths.REQUESTS, given(of=of, by=by))
