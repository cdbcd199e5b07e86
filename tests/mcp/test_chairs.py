"""A seat of this machine that could not be taken at once is taken by the next call: a claim of our own is in nobody's way."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from agentgather.client.errors import Refused
from agentgather.mcp.chairs import LocalChair
from agentgather.mcp.trouble import Trouble
from agentgather.room.message import timestamp
from agentgather.room.names import Alias, new_alias
from agentgather.store.home import DaemonNote, Home, Seat
from tests.client.scripted import http, scripted
from tests.rooms import HOST, ROOM, RunningRoom, create


def chair_of(home: Home, *, wanted: Alias | None = None, client_name: str | None = None) -> LocalChair:
    chair = LocalChair(home, lambda: ROOM, keep_open=None, wanted=wanted)
    chair.meet(client_name)
    return chair


async def test_a_named_seat_is_taken_once_what_was_in_the_way_is_gone(room: RunningRoom) -> None:
    home = Home(room.root)
    chair = chair_of(home, wanted=new_alias("bob"))
    with pytest.raises(Trouble) as no:
        async with chair.reach():
            pytest.fail("nobody can give a seat yet")
    assert no.value.code == "host_required"
    home.keep_seat(Seat(ROOM, HOST, room.url, room.host.token))
    with trio.fail_after(30):
        async with chair.reach() as client:
            assert (await client.status())["me"] == "bob"


async def test_who_could_not_come_in_tries_again_under_the_same_name(tmp_path: Path) -> None:
    home = Home(tmp_path)
    create(tmp_path)
    home.keep_seat(Seat(ROOM, new_alias("bob"), "http://127.0.0.1:1", "agt_" + "b" * 43))
    status, joined = http("200 OK", b'{"ok":true,"is_host":false}'), http("200 OK", b'{"ok":true}')
    no = http("409 Conflict", json.dumps({"ok": False, "error": "alias_taken", "message": "not now"}).encode())
    chair = chair_of(home, client_name="bob")
    async with scripted(status, no, status, joined) as daemon:
        home.keep_daemon(ROOM, DaemonNote(os.getpid(), daemon.url, timestamp(datetime.now(UTC)), "0"))
        with pytest.raises(Refused, match="not now"):
            async with chair.reach():
                pytest.fail("it did not come in")
        async with chair.reach() as client:
            assert client.base_url == daemon.url
    assert not home.seat_file(ROOM, new_alias("bob-2")).with_suffix(".claim").exists()
