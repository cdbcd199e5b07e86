"""Several rooms in one daemon, each below its own name."""

from __future__ import annotations

from pathlib import Path

import httpx
import trio

from agentgather.keep import Daemon, keep_daemon
from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.store.home import Home
from tests.rooms import Guest, create


async def test_each_room_lives_below_its_name_and_knows_nothing_of_the_other(
    tmp_path: Path, nursery: trio.Nursery
) -> None:
    seats = [create(tmp_path, name="lab"), create(tmp_path, name="den")]

    async def keep(*, task_status: trio.TaskStatus[Daemon]) -> None:
        settings = Settings(daemon=DaemonSettings(port=0, drain_seconds=3))
        await keep_daemon(
            Home(tmp_path), [seat.room for seat in seats], settings, is_mounted=True, task_status=task_status
        )

    daemon: Daemon = await nursery.start(keep)
    root = daemon.address.local_url
    async with httpx.AsyncClient(trust_env=False) as client:
        lab, den = (Guest(daemon.url_of(seat.room), seat.alias, seat.token, client) for seat in seats)
        assert (lab.url, den.url) == (f"{root}/lab", f"{root}/den")
        await lab.say("only in the lab")
        assert [m["text"] for m in (await den.get("/messages"))["messages"]] == ["ops opened the room"]
        stranger = Guest(den.url, "ops", lab.token, client)
        assert (await stranger.ask("GET", "/status")).status_code == 401
        assert f"{root}/lab/wait?" in (await lab.wait(0))["next_cmd"]
        assert (await lab.post("/invites", {"alias": "rev"}))["browser_url"].startswith(f"{root}/lab/?")
        bare = await client.get(f"{root}/lab")
        assert (bare.status_code, bare.headers["location"]) == (308, "/lab/")
        for path in ("/", "/nope/", "/nope/status", "/status", "//lab/status"):
            answer = await client.get(root + path)
            assert (answer.status_code, answer.json()["error"]) == (404, "room_not_found"), path
        assert (await client.get(f"{root}/healthz")).json()["rooms"] == 2
        assert (await client.get(f"{root}/openapi.json")).status_code == 200
    daemon.stop()
