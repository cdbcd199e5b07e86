"""The way to a room: whoever serves it, there is one, and it is never beside a daemon that lives."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from agentgather.client.doors import is_hosted, reach
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.seat import ActingSeat
from agentgather.room.message import timestamp
from agentgather.store.home import DaemonNote, Home
from agentgather.store.lock import RoomLock, RoomLocked
from tests.client.rooms_beside import empty_home, host_seat, seat_of
from tests.client.scripted import http, scripted
from tests.rooms import ROOM, RunningRoom, create


def now() -> str:
    return timestamp(datetime.now(UTC))


def acting(root: Path) -> ActingSeat:
    seat = create(root)
    return ActingSeat(seat.base_url, seat.token, seat.room, seat.alias)


async def test_a_room_served_from_this_home_is_found_wherever_it_listens(room: RunningRoom) -> None:
    async with reach(host_seat(room, base_url="http://127.0.0.1:1"), Home(room.root)) as client:
        assert client.base_url == room.url
        assert (await client.status())["me"] == "ops"


async def test_a_room_that_nobody_serves_is_opened_in_this_process_and_let_go(tmp_path: Path) -> None:
    seat, home = acting(tmp_path), Home(tmp_path)
    async with reach(seat, home) as client:
        answer = await client.post("said without a daemon", client_msg_id="one")
        with pytest.raises(RoomLocked):
            RoomLock.take(home.lock_file(ROOM), now=now())
    assert answer["message"]["id"] == 2
    assert b"said without a daemon" in home.messages_file(ROOM).read_bytes()
    RoomLock.take(home.lock_file(ROOM), now=now()).release()


async def test_a_rooms_no_in_this_process_is_the_same_no(tmp_path: Path) -> None:
    seat = replace(acting(tmp_path), token="agt_wrong")
    with pytest.raises(Refused) as refused:
        async with reach(seat, Home(tmp_path)) as client:
            await client.status()
    assert (refused.value.code, refused.value.status) == ("unauthorized", 401)


async def test_whoever_waits_does_not_open_the_room_and_keep_others_out(tmp_path: Path) -> None:
    seat = acting(tmp_path)
    with pytest.raises(Unreachable) as silent:
        async with reach(seat, Home(tmp_path), may_open_room=False):
            pytest.fail("there is no way")
    assert silent.value.code == "not_served"


async def test_a_daemon_that_lives_and_is_silent_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    seat, home = acting(tmp_path), Home(tmp_path)
    before = home.messages_file(ROOM).read_bytes()
    async with scripted(None) as server:
        home.keep_daemon(ROOM, DaemonNote(os.getpid(), server.url, now(), "0"))
        with pytest.raises(Unreachable, match=f"process {os.getpid()} serves lab at {server.url}"):
            async with reach(seat, home) as client:
                await client.post("not beside it", client_msg_id="one")
    assert home.messages_file(ROOM).read_bytes() == before


async def test_the_note_of_a_daemon_that_is_gone_is_no_hindrance(tmp_path: Path) -> None:
    seat, home = acting(tmp_path), Home(tmp_path)
    home.keep_daemon(ROOM, DaemonNote(2**22 + 1, "http://127.0.0.1:1", now(), "0"))
    async with reach(seat, home) as client:
        assert (await client.status())["ok"]


async def test_a_404_from_elsewhere_is_never_a_reason_to_write_here(tmp_path: Path) -> None:
    seat, home = acting(tmp_path), Home(tmp_path)
    before = home.messages_file(ROOM).read_bytes()
    async with scripted(http("404 Not Found", b'{"ok":false,"error":"route_not_found","message":"gone"}')) as broker:
        away = replace(seat, base_url=f"{broker.url}/den", room=None)
        with pytest.raises(Refused) as refused:
            async with reach(away, home) as client:
                await client.post("hello", client_msg_id="one")
    assert refused.value.code == "route_not_found"
    assert home.messages_file(ROOM).read_bytes() == before


async def test_a_guest_reaches_its_room_by_the_seats_url(room: RunningRoom, tmp_path: Path) -> None:
    guest = await room.invite("rev")
    async with reach(seat_of(guest), empty_home(tmp_path)) as client:
        assert (await client.status())["me"] == "rev"


def test_a_namesake_elsewhere_is_not_the_room_of_this_home(tmp_path: Path) -> None:
    seat, home = acting(tmp_path), Home(tmp_path)
    published = replace(seat, base_url="https://rooms.example.org/lab")
    assert is_hosted(published, ROOM, home)
    assert not is_hosted(replace(published, token="agt_of-another-room"), ROOM, home)


async def test_cancelling_in_the_middle_lets_the_room_go(tmp_path: Path) -> None:
    seat, home = acting(tmp_path), Home(tmp_path)
    with trio.CancelScope() as scope:
        async with reach(seat, home) as client:
            await client.status()
            scope.cancel()
            await client.post("never", client_msg_id="one")
    RoomLock.take(home.lock_file(ROOM), now=now()).release()
    assert b"never" not in home.messages_file(ROOM).read_bytes()
