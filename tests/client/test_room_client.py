"""Every method of the client against a real daemon, and the paths it asks for."""

from __future__ import annotations

import inspect

import pytest

from agentgather.api import paths
from agentgather.api.seal import parse_line
from agentgather.api.search_query import SearchQuery
from agentgather.client.asking import new_http
from agentgather.client.errors import Refused
from agentgather.client.room_client import RoomClient
from tests.client.rooms_beside import client_of
from tests.client.scripted import http, scripted
from tests.rooms import RunningRoom


@pytest.mark.parametrize("base", ["/den", "/den/", ""])
async def test_the_path_of_the_base_url_is_kept(base: str) -> None:
    async with scripted(http("200 OK", b'{"ok":true}')) as server, new_http(server.url) as pool:
        await RoomClient(pool, base_url=server.url + base, token="agt_x").status()
    assert server.asked[0].startswith(f"GET {base.rstrip('/')}/status HTTP/1.1\r\n".encode())


async def test_what_is_put_into_a_path_stays_in_its_place() -> None:
    async with scripted(http("200 OK", b'{"ok":true}')) as server, new_http(server.url) as pool:
        await RoomClient(pool, base_url=server.url, token="agt_x").remove("../close?x=#")
    assert server.asked[0].startswith(b"POST /participants/..%2Fclose%3Fx%3D%23/remove HTTP/1.1\r\n")


def test_every_endpoint_has_its_method() -> None:
    source = "".join(inspect.getsource(inspect.getmodule(kind)) for kind in RoomClient.__mro__[:-1])  # type: ignore[arg-type]
    of_browsers = {"SHELL", "EVENTS", "OPENAPI", "TRANSCRIPT"}
    of_browsers |= {"EXPORT", "EXPORT_PARTS"}  # the command line makes its own from the log, and verifies it on the way
    of_programs = {"MCP"}  # another protocol, which has clients of its own
    others = of_browsers | of_programs
    missing = [name for name in vars(paths) if name.isupper() and name not in others and f"paths.{name}" not in source]
    assert missing == []


async def test_a_guest_talks_reads_and_comes_and_goes(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    async with client_of(guest) as client:
        assert (await client.join())["participant"] == "rev"
        first = await client.post("@ops hello", client_msg_id="one", to=("ops",), context={"pr": 7})
        again = await client.post("@ops hello", client_msg_id="one", to=("ops",), context={"pr": 7})
        assert again["message"]["id"] == first["message"]["id"]
        assert again["idempotent"] is True
        said = await client.message(first["message"]["id"])
        assert (said.text, said.to, said.raw["context"]) == ("@ops hello", ("ops",), {"pr": 7})
        answer = await client.post("done", client_msg_id="two", reply_to=said.id, message_type="reply")
        assert answer["message"]["reply_to"] == said.id
        page = await client.messages(since_id=0, records_max=2)
        assert [record.id for record in page.records] == [1, 2]
        assert page.has_more
        assert page.is_open
        last = await client.messages(before_id=10_000, records_max=1)
        assert last.records[0].text == "done"
        found = await client.search(SearchQuery("hel", author="rev"), records_max=1)
        assert ([record.id for record in found.records], found.next_before_id) == ([said.id], None)
        assert (await client.search(SearchQuery("e"), records_max=1)).next_before_id == answer["message"]["id"]
        assert await client.mark_read(2) == 2
        assert (await client.retract(said.id)).is_retracted
        assert (await client.set_profile(display_name="Rev Iewer"))["participant"]["display_name"] == "Rev Iewer"
        assert (await client.profile())["participant"]["alias"] == "rev"
        assert (await client.brief())["brief"]["body"] == "Ship it."
        assert guest.token in await client.card()
        assert (await client.card_fields())["alias"] == "rev"
        assert (await client.status())["me"] == "rev"
        assert (await client.health())["ok"]
        assert (await client.leave())["ok"]


async def test_a_wait_is_answered_with_what_is_new(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    last_id = (await room.host.get("/status"))["last_id"]
    async with client_of(guest) as client:
        idle = await client.wait(since_id=last_id, hold_seconds=0)
        assert (idle.reason, idle.records, idle.is_last) == ("heartbeat", (), False)
        said = await room.host.say("@rev now")
        news = await client.wait(since_id=last_id)
        assert (news.reason, news.is_mention, news.next_since_id) == ("message", True, said["id"])
        assert (news.room, news.participant) == ("lab", "rev")


async def test_the_log_comes_in_pages_of_sealed_lines_and_ends_empty(room: RunningRoom) -> None:
    for number in range(5):
        await room.host.say(f"line {number}")
    async with client_of(room.host) as client:
        first = await client.log(since_id=0, records_max=4)
        rest = await client.log(since_id=4)
        assert await client.log(since_id=6) == b""
    lines = [parse_line(line) for line in (first + rest).splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert all("chain" in line for line in lines)


async def test_a_host_steers(room: RunningRoom) -> None:
    async with client_of(room.host) as client:
        issued = await client.invite("rev", kind="human", role="observer", ttl="2h")
        assert (issued["kind"], issued["role"]) == ("human", "observer")
        assert issued["expires_at"]
        assert (await client.invite("rev", is_rotation=True))["token"] != issued["token"]
        assert (await client.rotate("rev"))["token"].startswith("agt_")
        assert (await client.remove("rev"))["alias"] == "rev"
        assert (await client.set_brief("New."))["brief"]["brief_version"] == 2
        assert (await client.set_policy("all-foreground"))["attendance_policy"] == "all-foreground"
        assert (await client.extend("none"))["expires_at"] is None
        assert (await client.continue_room())["continued"] == []
        said = (await client.post("a slip", client_msg_id="slip"))["message"]["id"]
        assert (await client.scrub(said)).is_retracted
        assert (await client.close())["room_status"] == "closed"
        with pytest.raises(Refused) as refused:
            await client.set_brief("Too late.")
    assert (refused.value.code, refused.value.status) == ("room_closed", 403)


async def test_a_client_shows_its_room_and_never_its_token(room: RunningRoom) -> None:
    async with client_of(room.host) as client:
        assert repr(client) == f"<RoomClient {room.url}>"
