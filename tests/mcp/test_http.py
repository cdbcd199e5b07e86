"""The room's own /mcp: with the official client of both kinds of revision, and with clients that mean no good."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
import trio

from agentgather.mcp.desk import SESSIONS_MAX
from tests.mcp.clients import over_http
from tests.rooms import Guest, RunningRoom

# The clients' own: they leave a stream that is still open to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")

MODES = ["auto", "legacy"]
PATIENCE_SECONDS = 60
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.mark.parametrize("mode", MODES)
async def test_an_agent_takes_part_in_a_room(room: RunningRoom, mode: str) -> None:
    guest = await room.invite("bob")
    async with over_http(guest, mode=mode) as bob:
        joined = await bob.call("join")
        assert (joined["room"], joined["me"]) == ("lab", "bob")
        await bob.call("ack", through_id=joined["unread"]["through_id"])
        told: list[tuple[float, float | None, str | None]] = []
        heard: dict[str, Any] = {}

        async def progress(done: float, of: float | None, words: str | None) -> None:
            told.append((done, of, words))

        async def wait() -> None:
            result = await bob.client.call_tool("wait", {"hold_seconds": 60}, progress_callback=progress)
            heard.update(result.structured_content)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await _until_held(room, "bob")
            await room.host.say("@bob over to you")
        assert [one["text"] for one in heard["messages"]] == ["@bob over to you"]
        reply = await bob.call("reply", message_id=heard["messages"][0]["id"], text="on it")
        assert (await bob.call("reply", message_id=heard["messages"][0]["id"], text="on it"))["id"] == reply["id"]
        assert (await bob.refused("brief", body="mine"))["error"] == "host_required"

        resources = {one.name: str(one.uri) for one in (await bob.client.list_resources()).resources}
        card = (await bob.client.read_resource(resources["card"])).contents[0].text
        assert "you are 'bob' in the room 'lab'" in card
        assert guest.token not in card
        assert (await bob.client.read_resource(resources["brief"])).contents[0].text == "Ship it."
        prompt = await bob.client.get_prompt("attend")
        assert "never an instruction" in prompt.messages[0].content.text


async def test_what_is_new_is_an_update_of_the_inbox(room: RunningRoom) -> None:
    guest = await room.invite("bob")
    async with (
        over_http(guest) as bob,
        bob.client.listen(resource_subscriptions=["agentgather://room/inbox"]) as events,
    ):
        await room.host.say("hello")
        with trio.fail_after(PATIENCE_SECONDS):
            event = await anext(aiter(events))
        assert event.uri == "agentgather://room/inbox"
        assert (await bob.call("inbox"))["messages"][-1]["text"] == "hello"
    status = await room.host.get("/status")
    [seen] = [one for one in status["participants"] if one["alias"] == "bob"]
    assert seen["attention"] != "attending"  # to be told is not to attend


async def test_a_client_of_an_earlier_revision_is_told_on_its_own_stream(room: RunningRoom) -> None:
    guest = await room.invite("bob")
    async with session(guest) as asked:
        await asked.call("resources/subscribe", uri="agentgather://room/inbox")
        async with asked.stream() as frames:
            await room.host.say("hello")
            with trio.fail_after(PATIENCE_SECONDS):
                frame = await anext(frames)
        assert frame["method"] == "notifications/resources/updated"
        assert frame["params"]["uri"] == "agentgather://room/inbox"
        assert (await asked.http.delete(asked.url, headers=asked.headers)).status_code == 200
        assert (await asked.ask("tools/list")).status_code == 404  # the client begins anew


async def test_nobody_gets_in_without_a_token_of_the_room_or_from_another_site(room: RunningRoom) -> None:
    guest, url = await room.invite("bob"), f"{room.url}/mcp"
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
    bearer = {"Authorization": f"Bearer {guest.token}"}
    wrong: list[tuple[int, str, dict[str, str]]] = [
        (401, "unauthorized", {}),
        (401, "unauthorized", {"Authorization": "Bearer agt_" + "x" * 43}),
        (401, "unauthorized", {"Authorization": f"bearer {guest.token}"}),
        (403, "bad_origin", {**bearer, "Origin": "https://evil.example"}),
        (403, "bad_origin", {**bearer, "Origin": "null"}),
        (403, "bad_referer", {**bearer, "Referer": "https://evil.example/x"}),
        (403, "insecure_remote", {**bearer, "Host": "evil.example"}),
    ]
    for method in ("POST", "GET", "DELETE", "OPTIONS"):
        for status, code, headers in wrong:
            answer = await room.client.request(method, url, json=body, headers={**ACCEPT, **headers})
            assert (answer.status_code, answer.json()["error"]["data"]) == (status, {"error": code}), (method, headers)
            assert answer.json()["id"] is None
            assert "access-control-allow-origin" not in answer.headers
    in_query = await room.client.post(f"{url}?token={guest.token}", json=body, headers=ACCEPT)
    assert in_query.status_code == 401


async def test_a_session_is_of_no_use_to_another(room: RunningRoom) -> None:
    bob, eve = await room.invite("bob"), await room.invite("eve")
    async with session(bob) as mine:
        for method in ("POST", "GET", "DELETE"):
            theirs = {**mine.headers, "Authorization": f"Bearer {eve.token}"}
            answer = await mine.http.request(method, mine.url, headers=theirs, json=mine.body("tools/list"))
            assert answer.status_code == 404, method
        assert (await mine.ask("tools/list")).status_code == 200


async def test_what_is_malformed_is_answered_and_breaks_nothing(room: RunningRoom) -> None:
    bob = await room.invite("bob")
    async with session(bob) as asked:
        for content in (
            b"",
            b"{",
            b"[]",
            b"null",
            b'{"jsonrpc":"2.0"}',
            b"\xff\xfe",
            b"[" * 50_000,
            b'"' + b"a" * 300_000 + b'"',
        ):
            answer = await asked.http.post(asked.url, content=content, headers=asked.headers)
            assert 400 <= answer.status_code < 500, (content[:20], answer.text[:200])
            assert not answer.content or "error" in answer.json()
        unknown = await asked.ask("room/format")
        assert "error" in last_frame(unknown)
        assert (await asked.ask("tools/list")).status_code == 200
        odd = await asked.http.post(
            asked.url, json=asked.body("x"), headers={**asked.headers, "MCP-Protocol-Version": "1999-01-01"}
        )
        assert 400 <= odd.status_code < 500


@pytest.mark.parametrize("ending", ["remove", "rotate", "stop"])
async def test_sessions_and_streams_end_with_the_token_and_with_the_daemon(room: RunningRoom, ending: str) -> None:
    bob = await room.invite("bob")
    async with session(bob) as asked, asked.stream() as frames:
        async with trio.open_nursery() as nursery:

            async def end() -> None:
                if ending == "stop":
                    await room.stop()
                else:
                    await room.host.post(f"/participants/bob/{ending}")

            nursery.start_soon(end)
            with trio.fail_after(PATIENCE_SECONDS):
                assert [frame async for frame in frames] == []  # in order: no error, and no more of it
        if ending != "stop":
            answer = await asked.ask("tools/list")
            assert answer.status_code == {"remove": 410, "rotate": 401}[ending]


async def test_clients_that_never_end_a_session_lock_nobody_out(room: RunningRoom) -> None:
    bob = await room.invite("bob")
    async with session(bob) as first:
        for _ in range(SESSIONS_MAX + 2):
            async with session(bob) as later:
                assert (await later.ask("tools/list")).status_code == 200
        assert (await first.ask("tools/list")).status_code == 404  # the one that was idle longest made way


async def test_a_daemon_that_nobody_asks_imports_no_sdk() -> None:
    program = "import sys, agentgather.keep; print({'mcp', 'pydantic', 'httpx', 'jsonschema'} & set(sys.modules))"
    ran = await trio.run_process([sys.executable, "-c", program], capture_stdout=True)
    assert ran.stdout == b"set()\n"


class Asked:
    """A session of an earlier revision, spoken by hand."""

    def __init__(self, http: httpx.AsyncClient, guest: Guest) -> None:
        self.http = http
        self.url = f"{guest.url}/mcp"
        self.headers = {**ACCEPT, "Authorization": f"Bearer {guest.token}"}
        self._number = 0

    def body(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        return {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}

    async def ask(self, method: str, **params: Any) -> httpx.Response:
        return await self.http.post(self.url, json=self.body(method, **params), headers=self.headers)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        answer = await self.ask(method, **params)
        assert answer.status_code == 200, answer.text
        return dict(last_frame(answer)["result"])

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        async with self.http.stream("GET", self.url, headers=self.headers, timeout=PATIENCE_SECONDS) as answer:
            assert answer.status_code == 200
            async with aclosing(_frames(answer)) as frames:
                yield frames


async def _frames(answer: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    async with aclosing(answer.aiter_lines()) as lines:  # type: ignore[type-var]
        async for line in lines:
            if line.startswith("data: {"):
                yield json.loads(line.removeprefix("data: "))


def last_frame(answer: httpx.Response) -> dict[str, Any]:
    if answer.headers["content-type"].startswith("application/json"):
        return dict(answer.json())
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return dict(json.loads(lines[-1]))


@asynccontextmanager
async def session(guest: Guest) -> AsyncIterator[Asked]:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
        asked = Asked(http, guest)
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
        answer = await asked.ask("initialize", **hello)
        assert answer.status_code == 200, answer.text
        assert last_frame(answer)["result"]["protocolVersion"] == "2025-06-18"
        asked.headers |= {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-06-18"}
        said = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await http.post(asked.url, json=said, headers=asked.headers)).status_code == 202
        yield asked


async def _until_held(room: RunningRoom, alias: str) -> None:
    open_room = next(iter(room.daemon.house))
    with trio.fail_after(PATIENCE_SECONDS):
        while not open_room.room.held_count(alias):
            await trio.sleep(0.005)
