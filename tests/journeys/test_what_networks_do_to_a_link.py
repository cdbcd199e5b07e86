"""The link between a host and its broker breaks in every way that networks know: nobody loses a word, nobody lends a hand.

The long forms: AGENTGATHER_LONG=1 make test ARGS="tests/journeys -k networks".
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trio

from tests.network.conversation import figures, talking
from tests.network.lab import HEARTBEAT_SECONDS, Lab, laboratory, laboratory_of_two_machines
from tests.network.visitors import untroubled

IS_LONG = bool(os.environ.get("AGENTGATHER_LONG"))

NOTICED_SECONDS = 2 * HEARTBEAT_SECONDS + 0.8  # two heartbeats, and what a busy machine takes to say so
FROZEN_SECONDS = 60.0 if IS_LONG else 3 * HEARTBEAT_SECONDS
CROWD, EVERY_SECONDS, LASTS_SECONDS = (200, 5.0, 60.0) if IS_LONG else (60, 2.0, 10.0)


async def seconds_until_noticed(lab: Lab, *, since: tuple[int, int]) -> tuple[float, float]:
    """From now until the broker, and the host, say that the link is down. `since`: lines of their logs from before."""
    began = trio.current_time()
    took: dict[str, float] = {}

    async def notice(name: str, words: str, lines: int) -> None:
        worker = lab.broker if name == "broker" else lab.host
        await worker.logs(words, since=lines)
        took[name] = trio.current_time() - began

    async with trio.open_nursery() as nursery:
        nursery.start_soon(notice, "broker", "link down", since[0])
        nursery.start_soon(notice, "host", "no link to the broker", since[1])
    return took["broker"], took["host"]


async def test_a_reset_link_is_back_at_once_and_held_waits_notice_nothing(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(), await lab.waiters()
        back = []
        async with talking(posters, waiters, home=lab.home) as conversation:
            await lab.all_held(len(waiters))
            for _ in range(5):
                await conversation.answer_on_its_way()
                lab.link.reset()
                back.append(await lab.first_answer())
                await conversation.more(3)
        figures("a reset link, first answer after", back)
        assert untroubled(waiters), "a wait that has no answer yet goes out on the next link"
        assert await lab.stranger_is_told() == "route_slug_taken"


async def test_a_link_that_a_router_forgot_is_noticed_within_two_heartbeats(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(), await lab.waiters()
        noticed, back = [], []
        async with talking(posters, waiters, home=lab.home) as conversation:
            for _ in range(2):
                await conversation.more(3)
                since = len(lab.broker.logged), len(lab.host.logged)
                lab.link.drop()
                lab.link.restore()  # for what is dialled from now on
                noticed += await seconds_until_noticed(lab, since=since)
                back.append(await lab.first_answer())
        figures("a forgotten link, noticed after", noticed)
        figures("a forgotten link, first answer after that", back)
        assert max(noticed) < NOTICED_SECONDS
        assert untroubled(waiters)


async def test_a_cut_cable_is_noticed_within_two_heartbeats_on_both_sides(tmp_path: Path) -> None:
    async with laboratory_of_two_machines(tmp_path) as lab:
        posters, waiters = await lab.posters(), await lab.waiters()
        noticed, back = [], []
        async with talking(posters, waiters, home=lab.home) as conversation:
            for _ in range(2):
                await conversation.more(3)
                since = len(lab.broker.logged), len(lab.host.logged)
                lab.link.drop()
                noticed += await seconds_until_noticed(lab, since=since)
                lab.link.restore()
                back.append(await lab.first_answer())
        figures("a cut cable, noticed after", noticed)
        figures("a cut cable, first answer after it was mended", back)
        assert max(noticed) < NOTICED_SECONDS
        assert untroubled(waiters)
        assert await lab.stranger_is_told() == "route_slug_taken"


@pytest.mark.timeout(60 + int(2 * FROZEN_SECONDS))
async def test_a_frozen_host_thaws_and_goes_on(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(), await lab.waiters()
        async with talking(posters, waiters, home=lab.home) as conversation:
            await conversation.more(3)
            lines = len(lab.broker.logged)
            lab.host.freeze()
            assert "silent" in await lab.broker.logs("link down", since=lines, within_seconds=NOTICED_SECONDS)
            assert await lab.stranger_is_told() == "route_slug_taken"
            await trio.sleep(FROZEN_SECONDS)
            lab.host.thaw()
            figures(f"a host frozen for {FROZEN_SECONDS:.0f} s, first answer after", [await lab.first_answer()])
            await conversation.more(3)
        if not IS_LONG:  # shorter than a request is parked for
            assert untroubled(waiters)


@pytest.mark.timeout(120 + int(LASTS_SECONDS))
async def test_a_crowd_holds_its_waits_while_the_link_breaks_again_and_again(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as lab:
        posters, waiters = await lab.posters(), await lab.waiters(CROWD)
        async with talking(posters, waiters, home=lab.home, pace_seconds=1) as conversation:
            await lab.all_held(CROWD)
            back = []
            until = trio.current_time() + LASTS_SECONDS
            while trio.current_time() < until:
                next_break = trio.current_time() + EVERY_SECONDS
                lab.link.reset()
                back.append(await lab.first_answer())
                await trio.sleep_until(next_break)
            await conversation.more(1)
        figures(f"{CROWD} waits held, first answer after a break", back)
        assert untroubled(waiters)
        assert sum(waiter.answers["message"] for waiter in waiters) >= CROWD
