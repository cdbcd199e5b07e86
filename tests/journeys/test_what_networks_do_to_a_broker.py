"""The broker is killed, restarted and replaced under a conversation: what was given out stays given out, nobody loses a word."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import trio

from tests.network.conversation import figures, talking
from tests.network.lab import laboratory
from tests.network.visitors import untroubled

KILLS = 3
HANDOVERS = 3
HELD = 100  # waits, while one broker takes over from another


async def test_a_killed_broker_comes_back_with_its_names_and_its_hosts(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(), await lab.waiters()
        back = []
        async with talking(posters, waiters, home=lab.home, may_lose_connections=True) as conversation:
            for _ in range(KILLS):
                await conversation.answer_on_its_way()
                lab.broker.kill()
                assert await lab.broker.ended() == -signal.SIGKILL
                lab.link.refuse()  # the owner is kept away: the name is nobody else's meanwhile
                await lab.broker.start()
                assert await lab.stranger_is_told() == "route_slug_taken"
                lab.link.restore()
                back.append(await lab.first_answer())
                assert await lab.stranger_is_told() == "route_slug_taken"
                await conversation.more(3)
        figures("a killed broker, first answer after its host could reach it again", back)
        assert all(set(one.troubles.codes) <= {"503 host_unavailable"} for one in waiters)


@pytest.mark.timeout(180)
async def test_waits_that_are_held_in_silence_outlive_the_broker_that_took_them(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(1), await lab.waiters(HELD)
        async with talking(posters, waiters, home=lab.home, pace_seconds=3_600):
            await lab.all_held(HELD)
            successor = lab.hire_successor()
            await successor.start()
            began = trio.current_time()
            lab.broker.stop()
            answered = await lab.first_answer()
            assert lab.broker.is_running, "it finishes what it holds"
            assert await lab.stranger_is_told() == "route_slug_taken"
            before = sum(waiter.answers["message"] for waiter in waiters)
            await posters[0].post("said-through-the-new-one-heard-through-the-old")
            assert await lab.broker.ended() == 0
            left = trio.current_time() - began
            lab.broker = successor
            await lab.all_held(HELD)
            assert sum(waiter.answers["message"] for waiter in waiters) == before + HELD
        figures(f"a handover with {HELD} waits held, first answer after", [answered])
        figures("the broker before it, whose waits a post has ended, left after", [left])
        assert untroubled([*waiters, *posters])


async def test_brokers_take_over_from_one_another_under_a_busy_conversation(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(4), await lab.waiters(20)
        for poster in posters:
            poster.hangs_up = True  # so that there is always somebody at the door
        back = []
        async with talking(posters, waiters, home=lab.home, pace_seconds=0.05) as conversation:
            for _ in range(HANDOVERS):
                await conversation.answer_on_its_way()
                successor = lab.hire_successor()
                await successor.start()
                lab.broker.stop()
                back.append(await lab.first_answer())
                assert await lab.broker.ended() == 0
                lab.broker = successor
                await conversation.more(5)
        figures(f"{HANDOVERS} handovers, first answer after", back)
        everybody = [*waiters, *posters]
        assert all(set(one.troubles.codes) <= {"503 host_unavailable"} for one in everybody), "a late one comes again"
        assert not any(one.troubles.losses for one in everybody)
