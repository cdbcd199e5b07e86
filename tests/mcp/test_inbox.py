"""Where the inbox of a newcomer begins, that it stays there, and what counts as fetched by it."""

from __future__ import annotations

import pytest

from agentgather.mcp.hearing import FIRST_RECORDS, SHOWN
from tests.mcp.clients import over_http
from tests.rooms import RunningRoom

pytestmark = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")


@pytest.mark.parametrize("before", [0, FIRST_RECORDS + 5])
async def test_what_is_said_to_a_newcomer_waits_until_it_is_acknowledged(room: RunningRoom, before: int) -> None:
    for number in range(before):
        await room.host.say(f"earlier {number}")
    ann = await room.invite("ann", kind="human")  # nobody writes more than 120 times a minute
    async with over_http(await room.invite("bob")) as bob:
        joined = await bob.call("join")
        await room.host.say("@bob mind this")
        for number in range(FIRST_RECORDS + 5):
            await ann.say(f"later {number}")
        shown = (await bob.call("inbox", limit=100))["messages"]
    assert ("began_at" in joined["unread"]) is (before > 0)
    assert "@bob mind this" in [one["text"] for one in shown]


async def test_what_an_inbox_does_not_reach_counts_as_fetched_by_nobody(room: RunningRoom) -> None:
    async with over_http(await room.invite("bob")) as bob:
        await bob.call("join")
        said = [await room.host.say(f"@bob task {number}") for number in range(2 * SHOWN)]
        await bob.call("inbox")
    told = [(await room.host.get(f"/messages/{one['id']}/delivery"))["recipients"][0]["state"] for one in said]
    assert told[: SHOWN - 1] == ["fetched"] * (SHOWN - 1)
    assert told[SHOWN + 5 :] == ["recorded"] * (SHOWN - 5)
