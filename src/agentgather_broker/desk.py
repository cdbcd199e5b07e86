"""What an operator may see and do while the broker runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from agentgather.serving.ground import run_in_thread
from agentgather_broker.crossing import Crossing
from agentgather_broker.keys import KeyList, ListedKey
from agentgather_broker.metrics import Metrics
from agentgather_broker.refusals import Refused
from agentgather_broker.registry import Registry
from agentgather_broker.routes import BLOCKED, Route, in_utc
from agentgather_broker.slugs import check_slug


class Desk:
    """`on_key_removed` is told the fingerprint of a key that may not come any more."""

    def __init__(
        self,
        *,
        registry: Registry,
        crossing: Crossing,
        keys: KeyList,
        metrics: Metrics,
        streams_of: Callable[[str], int],
    ) -> None:
        self._registry = registry
        self._crossing = crossing
        self._keys = keys
        self._metrics = metrics
        self._streams_of = streams_of

    def routes(self) -> list[dict[str, Any]]:
        """Every live route: its metadata, whose it is, whether its host is connected, how many it is answering."""
        return [
            route.metadata()
            | {
                "owner": route.owner,
                "connected": self._crossing.host_of(route.slug) is not None,
                "streams": self._streams_of(route.slug),
            }
            for route in sorted(self._registry.routes, key=lambda route: route.slug)
        ]

    def leases(self) -> list[dict[str, Any]]:
        """Every slug that is kept for a key, or blocked."""
        return [
            {
                "route_slug": lease.slug,
                "owner": lease.owner,
                "blocked": lease.owner == BLOCKED,
                "until": in_utc(lease.until),
            }
            for lease in self._registry.routes.leases(now=self._registry.now)
        ]

    async def close(self, slug: str) -> dict[str, str]:
        """End the route of `slug`; its key may open it again. Raises Refused `route_not_found`."""
        route = self._live(slug)
        await self._registry.close(route)
        return route.metadata()

    async def block(self, slug: str, *, seconds: float) -> None:
        """End the route of `slug`, if there is one, and let nobody have it for so long."""
        check_slug(slug)
        await self._registry.block(slug, until=self._registry.now + timedelta(seconds=seconds))

    async def unblock(self, slug: str) -> None:
        """Raises Refused `route_not_found` where nothing is blocked."""
        if not await self._registry.unblock(slug):
            raise Refused("route_not_found", "this subdomain is not blocked")

    def keys(self) -> list[ListedKey]:
        return list(self._keys)

    async def add_key(self, key: ListedKey) -> None:
        """Let a key in. Raises OSError, KeysDamaged."""
        await run_in_thread(self._keys.add, key)

    async def remove_key(self, fingerprint: str) -> None:
        """Take a key off the list and end its routes. Raises Refused `unknown_key`, OSError, KeysDamaged."""
        if not await run_in_thread(self._keys.remove, fingerprint):
            raise Refused("unknown_key", "no key on the list has this fingerprint")
        for route in self._registry.routes:
            if route.owner == fingerprint:
                await self._registry.close(route)

    async def reload_keys(self) -> None:
        """Read the list of keys anew, and end the routes of those that are not on it any more. Raises OSError, KeysDamaged."""
        before = {one.fingerprint for one in self._keys}
        await run_in_thread(self._keys.load)
        for route in self._registry.routes:
            if route.owner in before and route.owner not in self._keys:
                await self._registry.close(route)

    def metrics(self) -> bytes:
        return self._metrics.text()

    def _live(self, slug: str) -> Route:
        for route in self._registry.routes:
            if route.slug == slug:
                return route
        raise Refused("route_not_found", "no host is registered under this subdomain")
