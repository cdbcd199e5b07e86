"""The routes of a running broker, and their leases on disk: what was given out stays given out over a restart."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import trio

from agentgather.serving.ground import MACHINE, run_in_thread
from agentgather_broker.leases import read_leases, write_leases
from agentgather_broker.refusals import Refused
from agentgather_broker.routes import BLOCKED, Route, Routes

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # at least, between looks at which routes are over
LOOK_SECONDS_MAX = 60.0  # a suspended machine stops our timers, not the wall clock
SUCCESSION_SECONDS = 120.0  # beside the broker before us; it drains for less
STORAGE_RETRY_SECONDS = 10.0


class Registry:
    """`on_over` is told of each route that ended: by expiry, or because it was closed or blocked.

    `is_successor`: a broker beside us still writes the same file for a while, and what it gave out counts.
    """

    def __init__(
        self,
        routes: Routes,
        *,
        state_file: Path | None,
        on_over: Callable[[Route], None],
        is_successor: bool = False,
        clock: Callable[[], datetime] = MACHINE.clock,
        run_blocking: Callable[..., Awaitable[Any]] = run_in_thread,
    ) -> None:
        self.routes = routes
        self._state_file = state_file
        self._on_over = on_over
        self._is_successor = is_successor
        self._clock = clock
        self._run_blocking = run_blocking
        self._turn = trio.Lock()
        self._changes = 0
        self._saved = 0
        self._restored_at = -inf
        self._again_at = -inf
        self._behind = trio.Event()  # set when the disk has refused

    @property
    def now(self) -> datetime:
        return self._clock()

    async def restore(self) -> None:
        """Take up the leases of the broker before this one. Raises what `read_leases` and `write_leases` raise.

        Written back at once, so that a file which cannot be written is found out before anybody relies on it.
        """
        self._restored_at = trio.current_time()
        await self._take_up()
        await self.save()

    def leave(self) -> None:
        """Write no more: whoever comes after us has the file now."""
        self._state_file = None

    async def register(self, slug: str, owner: str | None) -> Route:
        """Give the slug to `owner`, on disk before it is said. Raises Refused, also where the disk refuses."""
        is_held = owner is not None and self.routes.is_route_of(slug, owner, now=self.now)
        route = self.routes.register(slug, owner, now=self.now)
        if not is_held:
            try:
                await self.save()
            except OSError as error:
                log.error("the state file cannot be written: %s", error.strerror, extra={"event": "state_file"})
                self.routes.close(route, now=self.now)
                raise Refused(
                    "storage_unavailable",
                    "this broker cannot keep a note of who owns the subdomain at the moment; try again",
                    retry_after_seconds=STORAGE_RETRY_SECONDS,
                ) from None
        return route

    async def close(self, route: Route) -> None:
        """End `route`. Where the disk refuses, the file says that its key has the slug for longer: nothing is lost by that."""
        self.routes.close(route, now=self.now)
        self._on_over(route)
        await self._save_sooner_or_later()

    async def block(self, slug: str, *, until: datetime) -> None:
        """Let nobody have `slug`; the route that had it ends. Raises Refused where a restart might forget it."""
        route = self.routes.block(slug, until=until, now=self.now)
        if route is not None:
            self._on_over(route)
        if not await self._save_sooner_or_later():
            raise _forgetful("it is blocked")

    async def unblock(self, slug: str) -> bool:
        """Whether there was a block to lift. Raises Refused where a restart might forget it."""
        was_blocked = self.routes.unblock(slug)
        if was_blocked and not await self._save_sooner_or_later():
            raise _forgetful("the block is lifted")
        return was_blocked

    async def save(self) -> None:
        """Have every change up to now on disk. Those who come while it is written are written together."""
        self._changes += 1
        change = self._changes
        if self._state_file is None:
            return
        async with self._turn:
            if self._saved >= change or self._state_file is None:
                return
            if self._is_successor and trio.current_time() < self._restored_at + SUCCESSION_SECONDS:
                await self._take_up()
            saving = self._changes
            leases = self.routes.leases(now=self.now)
            # A thread that writes is not abandoned: a cancelled caller leaves a whole file behind.
            await self._run_blocking(partial(write_leases, self._state_file, leases))
            self._saved = saving

    async def _take_up(self) -> None:
        """Restore what the file has and we do not know."""
        if self._state_file is not None:
            leases = await self._run_blocking(read_leases, self._state_file)
            known = {(lease.slug, lease.owner == BLOCKED) for lease in self.routes.leases(now=self.now)}
            unknown = [lease for lease in leases if (lease.slug, lease.owner == BLOCKED) not in known]
            self.routes.restore(unknown, now=self.now)

    async def keep_expiring(self) -> None:
        """End routes whose time has come, until cancelled."""
        while True:
            with trio.move_on_after(min(max(LOOK_SECONDS, self._seconds_to_next()), LOOK_SECONDS_MAX)):
                await self._behind.wait()
            over = self.routes.expire(now=self.now)
            for route in over:
                self._on_over(route)
            if over or (self._is_behind and trio.current_time() >= self._again_at):
                await self._save_sooner_or_later()

    @property
    def _is_behind(self) -> bool:
        """Whether something that the file ought to say is not in it."""
        return self._state_file is not None and self._saved < self._changes

    def _seconds_to_next(self) -> float:
        """Until a route is over, or the disk is to be tried again."""
        seconds = (self.routes.soonest_end(now=self.now) - self.now).total_seconds()
        return min(seconds, self._again_at - trio.current_time()) if self._is_behind else seconds

    async def _save_sooner_or_later(self) -> bool:
        """Save; where the disk refuses, again later. Whether it is on disk now."""
        try:
            await self.save()
        except OSError as error:
            log.error("the state file cannot be written: %s", error.strerror, extra={"event": "state_file"})
            self._again_at = trio.current_time() + STORAGE_RETRY_SECONDS
            self._behind.set()
            self._behind = trio.Event()
            return False
        return True


def _forgetful(what: str) -> Refused:
    return Refused(
        "storage_unavailable",
        f"{what}, and the broker's file cannot be written: a restart might forget it. It is tried again by itself",
        retry_after_seconds=STORAGE_RETRY_SECONDS,
    )
