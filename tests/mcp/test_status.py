"""What a model has to know to call the right one: who has which label, what they work on, and what is expected now."""

from __future__ import annotations

import pytest

from tests.mcp.clients import over_http
from tests.rooms import RunningRoom

pytestmark = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")


async def test_a_status_says_whom_a_role_means_and_that_a_session_is_on(room: RunningRoom) -> None:
    eve = await room.invite("eve", labels=["reviewer"])
    await eve.post("/attention", {"working": True, "working_on": "the parser"})
    async with over_http(await room.invite("bob")) as bob:
        before = await bob.call("status")
        await room.host.post("/session", {"action": "start", "expected_minutes": 30, "policy": "all-foreground"})
        after = await bob.call("status")
    seen = {one["alias"]: one for one in before["participants"]}
    assert (seen["eve"]["labels"], seen["eve"]["working_on"]) == (["reviewer"], "the parser")
    assert not {"labels", "working_on"} & set(seen["bob"])
    assert "session" not in before
    assert (after["session"]["by"], after["session"]["policy"]) == ("ops", "all-foreground")


async def test_a_brief_that_is_set_again_is_no_new_version(room: RunningRoom) -> None:
    async with over_http(room.host) as host:
        first = await host.call("brief", body="Ship it on Friday.")
        again = await host.call("brief", body="Ship it on Friday.")  # the client saw no answer, and asks again
        third = await host.call("brief", body="Ship it on Monday.")
    assert (again, third["version"]) == (first, first["version"] + 1)
