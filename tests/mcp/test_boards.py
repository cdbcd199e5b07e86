"""Two agents work by the tools of the boards: tasks, leases, contracts, and what became of a message."""

from __future__ import annotations

import pytest

from tests.mcp.clients import over_http
from tests.rooms import RunningRoom

pytestmark = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")


async def test_two_agents_share_out_work(room: RunningRoom) -> None:
    async with over_http(await room.invite("bob")) as bob, over_http(await room.invite("eve")) as eve:
        for agent in (bob, eve):
            await agent.call("join")
        first = (await bob.call("tasks", action="add", title="parse it", description="all of \x1b[31mit"))["task"]
        again = await bob.call("tasks", action="add", title="parse it", description="all of \x1b[31mit")
        assert (again["task"]["id"], again["is_repeat"]) == (first["id"], True)
        second = (await bob.call("tasks", action="add", title="print it", depends_on=[first["id"]]))["task"]
        shown = (await eve.call("tasks", action="show", task_id=first["id"]))["task"]
        assert shown["description"] == "all of \\x1b[31mit"
        pending = await eve.refused("tasks", action="claim", task_id=second["id"])
        assert (pending["error"], pending["pending"]) == ("dependencies_pending", [first["id"]])
        assert (await eve.call("tasks", action="claim", task_id=first["id"]))["task"]["holder"] == "eve"
        taken = await bob.refused("tasks", action="claim", task_id=first["id"])
        assert (taken["error"], taken["holder"], "holder" in taken["next"]) == ("already_claimed", "eve", True)
        await eve.call("tasks", action="complete", task_id=first["id"], result="parsed")
        ready = (await bob.call("tasks", action="list", status="ready"))["tasks"]
        assert [one["id"] for one in ready] == [second["id"]]
        assert (await bob.refused("tasks", action="claim"))["field"] == "task_id"

        [lease] = (await bob.call("leases", action="take", globs=["src/**"], note="the parser"))["leases"]
        held = await eve.refused("leases", action="take", globs=["src/parse.py"])
        assert (held["error"], held["holder"]) == ("lease_held", "bob")
        assert (await bob.call("leases", action="release", lease_id=lease["id"]))["leases"] == []


async def test_a_sender_learns_what_became_of_a_message(room: RunningRoom) -> None:
    async with over_http(await room.invite("bob")) as bob, over_http(await room.invite("eve")) as eve:
        await eve.call("ack", through_id=(await eve.call("join"))["unread"]["through_id"])
        asked = await bob.call("post", text="is it green?", to="eve", need_reply=True)

        async def state() -> str:
            told = await bob.call("delivery_status", message_id=asked["id"])
            [recipient] = told["deliveries"][0]["recipients"]
            return str(recipient["state"])

        assert await state() == "recorded"
        [message] = (await eve.call("inbox"))["messages"]
        assert message["need_reply"]
        assert await state() == "fetched"
        wrong = await eve.refused(
            "ack", through_id=message["id"], proofs=[{"message_id": message["id"], "proof": "aaaaaaaa"}]
        )
        assert wrong["error"] == "wrong_proof"
        assert (await eve.call("inbox"))["messages"]  # what was not proven is not gone
        await eve.call(
            "ack", through_id=message["id"], proofs=[{"message_id": message["id"], "proof": message["proof"]}]
        )
        assert await state() == "in_context"
        [owed] = (await eve.call("delivery_status", of="owed"))["requests"]
        assert owed["message_id"] == asked["id"]
        await eve.call("reply", message_id=asked["id"], text="it is", done=True)
        assert await state() == "done"
        assert (await eve.call("delivery_status", of="owed"))["requests"] == []
        assert (await eve.call("attention", working_on="the docs"))["participant"]["live_state"] == "working"


async def test_a_version_that_breaks_a_contract_is_told_and_acknowledged(room: RunningRoom) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    async with over_http(await room.invite("bob")) as bob, over_http(await room.invite("eve")) as eve:
        await bob.call("contracts", action="put", name="order", document=schema)
        await eve.call("contracts", action="subscribe", name="order")
        await eve.call("ack", through_id=(await eve.call("inbox"))["through_id"])
        narrowed = {**schema, "properties": {"id": {"type": "string"}}}
        change = (await bob.call("contracts", action="put", name="order", document=narrowed))["change"]
        assert change["consumer"] == "breaking"
        [called] = [one for one in (await eve.call("inbox"))["messages"] if one.get("calls_you")]
        assert called["from"] == "system"
        await eve.call("contracts", action="ack", name="order", version=2)
        assert (await eve.call("contracts", action="get", name="order"))["contract"]["pending"] == []
        assert (await bob.refused("contracts", action="get"))["field"] == "name"
