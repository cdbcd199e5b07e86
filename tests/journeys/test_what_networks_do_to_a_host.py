"""A host goes and comes back under a tunnel that stays, and two hosts want one name at the same moment."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agentgather.wire.frames import Refused, Registered
from agentgather_broker.keys import fingerprint_of
from tests.broker.brokers import hand_host
from tests.network.conversation import figures, talking
from tests.network.lab import ROOMY_BROKER, laboratory
from tests.network.staff import staffed

IS_LONG = bool(os.environ.get("AGENTGATHER_LONG"))
RACES = 1_000 if IS_LONG else 100
ROUNDS = 5 if IS_LONG else 1
AFTERWARDS = 20  # of the lost names are asked for again, of a broker that was killed and has come back


async def test_a_room_is_restarted_under_a_tunnel_that_stays(tmp_path: Path) -> None:
    async with laboratory(tmp_path, is_publishing=False) as lab:
        tunnel = lab.hire_tunnel()
        await tunnel.start()
        posters, waiters = await lab.posters(), await lab.waiters()
        back = []
        async with talking(posters, waiters, home=lab.home) as conversation:
            await lab.all_held(len(waiters))
            for go in (lab.host.stop, lab.host.kill) * ROUNDS:
                await conversation.answer_on_its_way()
                go()
                await lab.host.ended()
                await lab.host.start()
                back.append(await lab.first_answer())
                await conversation.more(3)
        figures("a restarted room, first answer after it served again", back)
        codes = {code for visitor in (*posters, *waiters) for code in visitor.troubles.codes}
        assert codes <= {"502 host_unavailable", "503 shutting_down"}
        assert len([line for line in tunnel.logged if "published" in line]) == 1, "the link was not touched"
        assert await lab.stranger_is_told() == "route_slug_taken"


@pytest.mark.timeout(300)
async def test_two_hosts_race_for_a_name_and_exactly_one_gets_it(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    environ = {
        **ROOMY_BROKER,
        "AGENTGATHER_BROKER_STATE_FILE": str(state),
        "AGENTGATHER_BROKER_LINK_ATTEMPTS_PER_MINUTE": "1000000",
    }
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    async with staffed() as staff:
        broker = staff.hire("broker", tmp_path, "broker", "serve", "--port", "0", "--json", environ=environ)
        url = (await broker.start())["url"]
        winners = []
        for number in range(RACES):
            said = await race(url, f"prize-{number}", keys)
            assert sorted(type(one).__name__ for one in said) == ["Refused", "Registered"]
            (refused,) = (one for one in said if isinstance(one, Refused))
            assert refused.code == "route_slug_taken"
            winners.append(0 if isinstance(said[0], Registered) else 1)
        print(f"\n{RACES} races: the first won {winners.count(0)}, the second {winners.count(1)}")
        owners = {lease["slug"]: lease["owner"] for lease in json.loads(state.read_text())["leases"]}
        names = [fingerprint_of(key.public_key().public_bytes_raw()) for key in keys]
        assert owners == {f"prize-{number}": names[winner] for number, winner in enumerate(winners)}
        broker.kill()
        await broker.ended()
        url = (await broker.start())["url"]
        for number, winner in list(enumerate(winners))[:AFTERWARDS]:
            async with hand_host(url, f"prize-{number}", key=keys[1 - winner]) as loser:
                assert isinstance(loser.registered, Refused)
                assert loser.registered.code == "route_slug_taken"
            async with hand_host(url, f"prize-{number}", key=keys[winner]) as owner:
                assert isinstance(owner.registered, Registered)


async def race(url: str, slug: str, keys: list[Ed25519PrivateKey]) -> list[Registered | Refused]:
    """What each of the keys is told who asks for the slug while the other does."""
    said: dict[int, Registered | Refused] = {}
    is_over = trio.Event()

    async def run(number: int) -> None:
        async with hand_host(url, slug, key=keys[number]) as host:
            said[number] = host.registered
            if len(said) == len(keys):
                is_over.set()
            await is_over.wait()  # the winner holds its link until the other was told

    async with trio.open_nursery() as nursery:
        for number in range(len(keys)):
            nursery.start_soon(run, number)
    return [said[number] for number in range(len(keys))]
