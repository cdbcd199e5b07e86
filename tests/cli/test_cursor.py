"""How far a seat was shown its room, and that a place in one room is never taken for a place in its namesake."""

from __future__ import annotations

from pathlib import Path

from agentgather.room.names import Alias
from agentgather.store.home import Home
from tests.cli.commands import run
from tests.rooms import ROOM, RunningRoom


async def joined(room: RunningRoom, home: Home) -> None:
    guest = await room.invite("rev")
    ran = await run(home, "room", "join", "-", stdin=f"{room.url}/#token={guest.token}")
    assert ran.code == 0, ran.err


async def test_a_place_kept_before_the_room_began_is_forgotten_on_joining(room: RunningRoom, tmp_path: Path) -> None:
    home = Home(tmp_path / "rev")
    home.keep_cursor(ROOM, Alias("rev"), 2, now="2020-01-01T00:00:00.000Z")
    await joined(room, home)
    read = await run(home, "read", "--json")
    assert [message["id"] for message in read.json["messages"]] == [1, 2, 3]


async def test_joining_again_with_a_new_token_keeps_ones_place(room: RunningRoom, tmp_path: Path) -> None:
    home = Home(tmp_path / "rev")
    await joined(room, home)
    await run(home, "read")
    token = (await room.host.post("/participants/rev/rotate"))["token"]
    assert (await run(home, "room", "join", "-", stdin=f"{room.url}/#token={token}")).code == 0
    read = await run(home, "read", "--json")
    assert [message["text"] for message in read.json["messages"]] == ["rev has a new token"]


async def test_a_place_is_the_seats_own(room: RunningRoom, tmp_path: Path) -> None:
    home = Home(tmp_path / "rev")
    await joined(room, home)
    await run(home, "read")
    bob = await room.invite("bob")
    assert (await run(home, "room", "join", "-", stdin=f"{room.url}/#token={bob.token}")).code == 0
    assert (await run(home, "read", "--json")).json["messages"][0]["id"] == 1
    assert (await run(home, "read", "--room", "lab@rev", "--json")).json["messages"][0]["text"] == "bob was invited"
