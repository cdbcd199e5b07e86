"""A broker that trials share, its lease file on a disk that may be full, and the hosts that own its names."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import httpx
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.broker.brokers import HandHost, hand_host, honest_host

from agentgather.wire.frames import Refused, Registered
from proofs.faults.crowd import PATIENCE_SECONDS
from proofs.faults.daemons import Process
from proofs.faults.small_disk import PLACE, SmallDisk
from proofs.figures import Figures
from proofs.proof import Disproved

STATE_FILE = PLACE / "leases.json"
MANY = "1000000"
WORDS = ("--port", "0", "--registration", "open", "--log-format", "json", "--drain-seconds", "1")
LIMITS = ("--link-attempts-per-minute", "1000000", "--links-per-key-max", "1000", "--strangers-per-minute", MANY)


class BrokerStand:
    """`owners` are the names that the broker said are given, each with its key."""

    def __init__(self, disk: SmallDisk, *, environ: Mapping[str, str] | None = None) -> None:
        words = ("broker", "serve", "--state-file", str(STATE_FILE), *WORDS, *LIMITS, "--requests-per-minute", MANY)
        self.disk = disk
        self.daemon = Process(disk, PLACE, *words, environ=environ)
        self.owners: dict[str, Ed25519PrivateKey] = {}

    async def claim(self, slug: str, key: Ed25519PrivateKey) -> Registered | Refused:
        """Register once, and leave; who was registered owns the name from now on."""
        with trio.move_on_after(PATIENCE_SECONDS):
            async with hand_host(self.daemon.url, slug, key=key) as host:
                if isinstance(host.registered, Registered):
                    self.owners[slug] = key
                return host.registered
        raise Disproved(f"a host that registers was not answered within {PATIENCE_SECONDS:g} s")

    def steady(self, slug: str, key: Ed25519PrivateKey) -> AbstractAsyncContextManager[HandHost]:
        """A host that stays, and answers each request with its target."""
        return honest_host(self.daemon.url, slug, key=key)

    async def visit(self, client: httpx.AsyncClient, slug: str) -> None:
        """Somebody asks for a room there, and is answered by its host."""
        answer = await client.get(f"{self.daemon.url}/{slug}/status")
        if answer.status_code != 200:
            raise Disproved(f"a visitor of a room whose host is there was answered {answer.status_code} {answer.text}")

    async def hold(self, figures: Figures) -> None:
        """Every name that was given is its owner's, and nobody else's."""
        stranger = Ed25519PrivateKey.generate()
        for slug, key in list(self.owners.items()):
            said = await self.claim(slug, stranger)
            if not isinstance(said, Refused) or said.code != "route_slug_taken":
                raise Disproved(f"{slug} was given to one key, and then to another: {said}")
            said = await self.claim(slug, key)
            if not isinstance(said, Registered):
                raise Disproved(f"{slug} was given to a key, and then refused to it: {said}")
        figures.count("names asked for by a stranger", len(self.owners))
        figures.count("names that changed hands", 0)
