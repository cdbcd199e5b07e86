"""How a host gives seats and steers the room."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.api import paths
from agentgather.client.asking import Json
from agentgather.client.seat_asker import SeatAsker, filled, said


class HostCalls(SeatAsker):
    """Whoever is not the host is refused with `host_required`."""

    async def invite(
        self,
        alias: str,
        *,
        kind: str = "agent",
        role: str = "guest",
        labels: Sequence[str] | None = None,
        requested_mode: str | None = None,
        ttl: str | None = None,
        is_rotation: bool = False,
    ) -> Json:
        """Give `alias` a seat. The answer holds its token, and is the only place that ever shows it."""
        body = said(
            alias=alias,
            kind=kind,
            role=role,
            labels=labels,
            requested_mode=requested_mode,
            ttl=ttl,
            rotate=is_rotation or None,
        )
        return await self._post(paths.INVITES, body)

    async def remove(self, alias: str) -> Json:
        return await self._post(filled(paths.REMOVE, alias=alias))

    async def rotate(self, alias: str) -> Json:
        """Replace the token of `alias`; the answer is as that of `invite`."""
        return await self._post(filled(paths.ROTATE, alias=alias))

    async def set_labels(self, alias: str, labels: Sequence[str]) -> Json:
        return await self._post(filled(paths.LABELS, alias=alias), {"labels": list(labels)})

    async def set_policy(self, policy: str) -> Json:
        return await self._post(paths.ATTENDANCE, {"policy": policy})

    async def start_session(self, *, expected_minutes: int | None = None, policy: str | None = None) -> Json:
        asked = said(action="start", expected_minutes=expected_minutes, policy=policy)
        return await self._post(paths.SESSION, asked)

    async def end_session(self) -> Json:
        return await self._post(paths.SESSION, {"action": "end"})

    async def set_wake_budget(self, *, an_hour: int | None = None, a_day: int | None = None) -> Json:
        """Say how many wakes the whole room may cause: {ok, wakes}. What is None stays as it is."""
        return await self._post(paths.WAKE_BUDGET, said(an_hour=an_hour, a_day=a_day))

    async def extend(self, ttl: str) -> Json:
        return await self._post(paths.EXTEND, {"ttl": ttl})

    async def continue_room(self) -> Json:
        return await self._post(paths.CONTINUE)

    async def close(self) -> Json:
        return await self._post(paths.CLOSE)
