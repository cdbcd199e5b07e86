"""The routes of a running broker, and their leases on disk: what was given out stays given out over a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import trio

from agentgather_broker.leases import read_leases, write_leases
from agentgather_broker.routes import Route, Routes

LOOK_SECONDS = 1.0  # between looks at which routes are over


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Registry:
    """`on_over` is told of each route that ended: by expiry, or because it was closed or blocked."""

    def __init__(
        self,
        routes: Routes,
        *,
        state_file: Path | None,
        on_over: Callable[[Route], None],
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.routes = routes
        self._state_file = state_file
        self._on_over = on_over
        self._clock = clock
        self._turn = trio.Lock()
        self._changes = 0
        self._saved = 0

    @property
    def now(self) -> datetime:
        return self._clock()

    async def restore(self) -> None:
        """Take up the leases of the broker before this one. Raises what `read_leases` raises."""
        if self._state_file is not None:
            leases = await trio.to_thread.run_sync(read_leases, self._state_file)
            self.routes.restore(leases, now=self.now)

    async def register(self, slug: str, owner: str | None) -> Route:
        """Give the slug to `owner`, on disk before it is said. Raises Refused, OSError."""
        route = self.routes.register(slug, owner, now=self.now)
        await self.save()
        return route

    async def close(self, route: Route) -> None:
        self.routes.close(route, now=self.now)
        self._on_over(route)
        await self.save()

    async def block(self, slug: str, *, until: datetime) -> None:
        """Let nobody have `slug`; the route that had it ends."""
        route = self.routes.block(slug, until=until, now=self.now)
        if route is not None:
            self._on_over(route)
        await self.save()

    async def save(self) -> None:
        """Have every change up to now on disk. Those who come while it is written are written together."""
        self._changes += 1
        change = self._changes
        if self._state_file is None:
            return
        async with self._turn:
            if self._saved >= change:
                return
            saving = self._changes
            leases = self.routes.leases(now=self.now)
            # A thread that writes is not abandoned: a cancelled caller leaves a whole file behind.
            await trio.to_thread.run_sync(partial(write_leases, self._state_file, leases))
            self._saved = saving

    async def keep_expiring(self) -> None:
        """End routes whose time has come, until cancelled."""
        while True:
            await trio.sleep(LOOK_SECONDS)
            over = self.routes.expire(now=self.now)
            for route in over:
                self._on_over(route)
            if over:
                await self.save()
