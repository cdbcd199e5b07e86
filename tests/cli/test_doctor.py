"""`doctor`: finds what is wrong, says how bad it is, shows no token, and mends what can be."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentgather.cli.server_checks import _clock
from agentgather.room.message import timestamp
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import DaemonNote, Home, Seat
from tests.cli.commands import Ran, environment, home_of, host_home, run
from tests.client.scripted import http, scripted
from tests.rooms import ROOM, RunningRoom, create


def checks(ran: Ran) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in ran.json["checks"]}


def failing(ran: Ran) -> list[str]:
    return [name for name, check in checks(ran).items() if not check["ok"]]


def made(root: Path) -> Home:
    """A home whose room nobody serves."""
    home = Home(root)
    home.keep_seat(create(root))
    return home


async def test_all_is_well_with_a_served_room_and_no_token_is_shown(room: RunningRoom) -> None:
    home = host_home(room)
    ran = await run(home, "doctor", "--json")
    assert (ran.code, failing(ran)) == (0, [])
    contract = ["current-room", "room-state", "messages-log", "participants", "token-store", "writer-lock"]
    assert [name for name in checks(ran) if name in contract] == contract
    assert {"chain", "free-disk", "clock", "permissions", "daemon-file", "room-status", "room-server"} <= set(
        checks(ran)
    )
    text = await run(home, "doctor")
    assert text.out.startswith("ok home: ")
    assert room.host.token not in text.out + text.err + ran.out


async def test_a_guests_home_has_no_host_files_and_that_is_fine(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    ran = await run(home, "doctor", "--json")
    assert (ran.code, failing(ran)) == (0, [])
    assert "messages-log" not in checks(ran)
    assert "you are rev (guest)" in checks(ran)["room-server"]["message"]


async def test_without_a_seat_it_says_so(tmp_path: Path) -> None:
    ran = await run(Home(tmp_path / "none"), "doctor", "--json")
    assert (ran.code, failing(ran)) == (4, ["home", "current-room"])


async def test_a_room_that_nobody_serves_is_unreachable(tmp_path: Path) -> None:
    ran = await run(made(tmp_path), "doctor", "--json")
    assert (ran.code, failing(ran)) == (5, ["room-server"])


async def test_a_daemon_that_is_silent_is_named(tmp_path: Path) -> None:
    home = made(tmp_path)
    note = DaemonNote(os.getpid(), "http://127.0.0.1:9", timestamp(datetime.now(UTC)), "0")
    home.keep_daemon(ROOM, note)
    ran = await run(home, "doctor", "--json")
    assert (ran.code, failing(ran)) == (5, ["room-server"])
    assert f"process {os.getpid()}" in checks(ran)["room-server"]["message"]


async def test_a_stale_daemon_file_is_found_and_taken_away(tmp_path: Path) -> None:
    home = made(tmp_path)
    home.keep_daemon(ROOM, DaemonNote(2**22 + 1, "http://127.0.0.1:9", timestamp(datetime.now(UTC)), "0"))
    assert "daemon-file" in failing(await run(home, "doctor", "--json"))
    ran = await run(home, "doctor", "--repair", "--json")
    assert checks(ran)["daemon-file"]["repaired"] is True
    assert not home.daemon_file(ROOM).exists()


async def test_files_that_others_may_read_are_found_and_closed(tmp_path: Path) -> None:
    home = made(tmp_path)
    home.current_file.chmod(0o644)
    home.messages_file(ROOM).chmod(0o664)
    ran = await run(home, "doctor", "--json")
    assert "permissions" in failing(ran)
    await run(home, "doctor", "--repair")
    assert home.current_file.stat().st_mode & 0o777 == 0o600
    assert home.messages_file(ROOM).stat().st_mode & 0o777 == 0o600


async def test_a_damaged_log_is_found_and_mended_without_losing_the_original(tmp_path: Path) -> None:
    home = made(tmp_path)
    for number in range(3):
        await run(home, "send", "ops", f"line {number}")
    log = home.messages_file(ROOM)
    damaged = log.read_bytes().replace(b"line 1", b"lime 1")
    log.write_bytes(damaged)
    ran = await run(home, "doctor", "--json")
    assert (ran.code, "chain" in failing(ran)) == (6, True)
    assert log.read_bytes() == damaged
    refused = await run(home, "send", "ops", "no", "--json")
    assert (refused.code, refused.error["error"]) == (6, "damaged")
    assert "doctor" in refused.error["hint"]
    mended = await run(home, "doctor", "--repair", "--json")
    assert checks(mended)["chain"]["repaired"] is True
    assert [path.read_bytes() for path in log.parent.glob("messages.jsonl.damaged-*")] == [damaged]
    assert (await run(home, "send", "ops", "yes")).code == 0
    assert "line 2" in (await run(home, "messages")).out


async def test_a_bad_setting_and_a_damaged_file_are_findings(tmp_path: Path) -> None:
    home = made(tmp_path)
    home.settings_file.write_text("[daemon]\nport = -1\n")
    home.settings_file.chmod(0o600)
    home.room_file(ROOM).write_text("{")
    ran = await run(home, "doctor", "--json")
    assert "settings" in failing(ran)
    assert checks(ran)["room-state"]["message"]
    assert ran.code in (5, 6)


async def test_a_place_beyond_the_end_is_of_another_room_and_is_forgotten(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    home.keep_cursor(ROOM, Alias("rev"), 40, now="")
    ran = await run(home, "doctor", "--json")
    assert (ran.code, failing(ran)) == (3, ["cursor"])
    assert (await run(home, "doctor", "--repair", "--json")).code == 0
    assert (await run(home, "read", "--json")).json["messages"][0]["id"] == 1


async def test_a_published_url_is_tried_without_the_token(tmp_path: Path) -> None:
    status = {"ok": True, "room": "lab", "me": "rev", "role": "guest", "room_status": "open", "last_id": 1}
    status["server_time"] = timestamp(datetime.now(UTC))
    async with scripted(http("200 OK", b'{"ok":true}')) as public:
        status["public_url"] = public.url + "/den"
        answers = [http("200 OK", json.dumps(status).encode()), http("200 OK", b'{"ok":true,"version":"0"}')]
        async with scripted(*answers) as server:
            home = Home(tmp_path)
            home.keep_seat(Seat(RoomId("lab"), Alias("rev"), server.url, "agt_secret"))
            ran = await run(home, "doctor", "--json")
            assert (ran.code, failing(ran)) == (0, [])
            assert public.asked[0].startswith(b"GET /den/healthz ")
            assert b"agt_secret" not in public.asked[0]
    status["server_time"] = timestamp(datetime.now(UTC))
    answers[0] = http("200 OK", json.dumps(status).encode())
    async with scripted(*answers) as server:  # the public side is gone by now
        home.keep_seat(Seat(RoomId("lab"), Alias("rev"), server.url, "agt_secret"))
        ran = await run(home, "doctor", "--json")
        assert (ran.code, failing(ran)) == (5, ["public-url"])


def test_a_clock_that_is_wrong_is_told_with_its_side() -> None:
    assert _clock({"server_time": timestamp(datetime.now(UTC))}, took_ms=10).is_ok
    late = _clock({"server_time": "2000-01-01T00:00:00.000Z"}, took_ms=10)
    assert not late.is_ok
    assert "ahead of the room's" in late.message
    assert _clock({"server_time": "soon"}, took_ms=10).is_ok


async def test_instructions_need_no_room(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    text = await run(home, "instructions")
    assert text.out.startswith("AGENT GATHER")
    assert "Codex" in (await run(home, "instructions", "--agent", "codex")).out
    assert (await run(home, "instructions", "--agent", "claude", "--json")).json["agent"] == "claude"
    assert (await run(home, "instructions", "--agent", "hal")).code == 2
    assert "AGENTGATHER_HOME" in environment(home)
