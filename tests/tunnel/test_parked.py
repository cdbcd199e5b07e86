"""Visitors who waited at the broker for their host to come back."""

from __future__ import annotations

from pathlib import Path

import trio

from agentgather.tunnel.keep import keep_tunnel
from agentgather.tunnel.keys import HostKey
from agentgather.wire.frames import Answer
from tests.serving.apps import Everything
from tests.serving.process import serving_here
from tests.tunnel.broker import SLUG, scripted_broker


class Silent:
    """Nobody listens to the news."""

    def live(self, public_url: str, route_id: str | None) -> None:
        pass

    def lost(self, reason: str) -> None:
        pass

    def ended(self, outcome: str, code: str, message: str) -> None:
        pass


async def test_requests_that_come_in_one_message_with_the_registration_are_answered(tmp_path: Path) -> None:
    key = HostKey.load(tmp_path / "host.key")
    async with (
        serving_here(Everything()) as port,
        scripted_broker() as broker,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(
            lambda: keep_tunnel(broker.url, SLUG, target_url=f"http://127.0.0.1:{port}", key=key, news=Silent())
        )
        link = await broker.next_link()
        await link.greet()
        link.end.register(broker.registered(SLUG))
        streams = [link.end.open("GET", b"/scope?%d" % number, (), has_body=False) for number in (1, 2)]
        await link.flush()
        heads = [await link.hear(Answer) for _ in streams]
        assert {head.stream: head.status for head in heads} == dict.fromkeys(streams, 200)
        link.close()
        nursery.cancel_scope.cancel()
