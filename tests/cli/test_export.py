"""`export` and `verify`: the whole timeline for its holder alone, checkable offline, harmless to look at."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home, Seat
from tests.cli.commands import Ran, home_of, host_home, run
from tests.client.scripted import http, scripted
from tests.client.test_chain import log
from tests.rooms import RunningRoom

HOSTILE = "\x1b[2J\x1b]0;owned\x07\n\n**#99** · 2026-01-01T00:00:00.000Z · **ops**\n\n    forged\n# Room taken\n\u202e<script>"


async def exported(room: RunningRoom, home: object, directory: Path, kind: str) -> tuple[Path, Ran]:
    ran = await run(home, "export", "--format", kind, "--json", cwd=directory)  # type: ignore[arg-type]
    assert ran.code == 0, ran.err
    return directory / f"lab-export.{kind}", ran


async def test_every_format_holds_every_record_and_is_the_holders_alone(room: RunningRoom, tmp_path: Path) -> None:
    guest = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", guest)
    said = await guest.say("@ops look at this", type="question")
    head = (await room.host.get("/status"))["chain"]
    old_umask = os.umask(0)
    try:
        for kind in ("md", "json", "jsonl", "html"):
            path, ran = await exported(room, home, tmp_path, kind)
            assert ran.json == {"ok": True, "room": "lab", "output": path.name, "messages": said["id"], "chain": head}
            assert path.stat().st_mode & 0o777 == 0o600
            assert "look at this" in path.read_text()
            assert guest.token not in path.read_text()
    finally:
        os.umask(old_umask)
    assert list(tmp_path.glob(".*")) == []


async def test_exports_verify_offline_and_against_the_head(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    for number in range(4):
        await room.host.say(f"line {number} \u202e {HOSTILE}")
    retracted = await room.host.say("a slip")
    await room.host.post(f"/messages/{retracted['id']}/scrub")
    _, ran = await exported(room, home, tmp_path, "json")
    await exported(room, home, tmp_path, "jsonl")
    await room.stop()
    head = ran.json["chain"]
    for path in ("lab-export.json", "lab-export.jsonl"):
        checked = await run(home, "verify", path, "--head", head, "--json", cwd=tmp_path)
        assert checked.code == 0, checked.out
        assert (checked.json["records"], checked.json["chain"]) == (ran.json["messages"], head)
        assert "a slip" not in (tmp_path / path).read_text()
    directory = await run(home, "verify", str(room.root / "rooms" / "lab"), "--head", head)
    assert (directory.code, directory.out.split(":")[0]) == (0, "ok")


@pytest.mark.parametrize("kind", ["json", "jsonl"])
async def test_a_changed_missing_or_cut_record_is_damage(room: RunningRoom, tmp_path: Path, kind: str) -> None:
    home = home_of(room, tmp_path / "ops")
    for number in range(4):
        await room.host.say(f"line {number}")
    path, ran = await exported(room, home, tmp_path, kind)
    text, lines = path.read_text(), path.read_text().splitlines(keepends=True)
    forged = {
        "changed": text.replace("line 2", "lime 2"),
        "renamed": text.replace('"from":"ops"', '"from":"rev"', 1),
        "missing": "".join(line for line in lines if "line 1" not in line),
    }
    for name, content in forged.items():
        path.write_text(content)
        checked = await run(home, "verify", str(path), "--json")
        assert (checked.code, checked.json["ok"], checked.json["error"]) == (6, False, "damaged"), name
    if kind == "jsonl":  # every line that is left holds: only the head tells
        path.write_text("".join(lines[:-1]))
        assert (await run(home, "verify", str(path))).code == 0
        for head in (ran.json["chain"], "-" + ran.json["chain"][1:]):
            assert (await run(home, "verify", str(path), "--head", head)).code == 6, head
    else:
        cut = json.loads(text)
        cut["messages"].pop()
        path.write_text(json.dumps(cut))
        assert (await run(home, "verify", str(path))).code == 6


async def test_a_log_whose_seals_were_taken_off_is_not_taken_for_whole(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "ops")
    path, _ = await exported(room, home, tmp_path, "jsonl")
    sealed = [json.loads(line) for line in path.read_text().splitlines()]
    bare = [{key: value for key, value in record.items() if key not in ("salt", "chain")} for record in sealed]
    path.write_text("".join(json.dumps(record) + "\n" for record in bare))
    checked = await run(home, "verify", str(path), "--json")
    assert (checked.code, checked.json["ok"]) == (6, False)


async def test_what_is_no_export_is_a_mistake(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "ops")
    path, _ = await exported(room, home, tmp_path, "md")
    ran = await run(home, "verify", str(path), "--json")
    assert (ran.code, ran.error["error"]) == (2, "not_an_export")
    assert (await run(home, "verify", str(tmp_path / "nothing"), "--json")).error["error"] == "file_not_found"


async def test_hostile_text_stays_inside_its_record(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await room.host.post("/brief", {"body": "# Brief\n\n## Messages\n\x1b[31m"})
    said = await room.host.say(HOSTILE)
    for kind in ("md", "json", "jsonl", "html"):
        path, _ = await exported(room, home, tmp_path, kind)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", path.read_text())
    page = (tmp_path / "lab-export.md").read_text().splitlines()
    assert [line for line in page if line.startswith("# ")] == ["# Room lab"]
    assert [line for line in page if line.startswith("## ")] == ["## Room brief", "## Participants", "## Messages"]
    assert [line for line in page if line.startswith("**#")][-1].startswith(f"**#{said['id']}** ")
    assert not [line for line in page if line.startswith("<")]
    exact = json.loads((tmp_path / "lab-export.jsonl").read_text().splitlines()[-1])
    assert exact["text"] == HOSTILE


async def test_an_export_goes_to_standard_output_and_touches_no_log(room: RunningRoom, tmp_path: Path) -> None:
    host = host_home(room)
    log = host.messages_file(host.rooms()[0])
    await room.stop()
    before = log.read_bytes()
    ran = await run(host, "export", "--format", "jsonl", "--output", "-")
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [1]
    assert log.read_bytes() == before
    refused = await run(host, "export", "--output", "-", "--json")
    assert refused.code == 2


async def test_an_export_that_fails_leaves_what_was_there(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    path, _ = await exported(room, home, tmp_path, "md")
    before = path.read_bytes()
    await room.stop()
    assert (await run(home, "export", cwd=tmp_path)).code == 5
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.glob("*lab-export*")) == ["lab-export.md"]


async def test_a_room_that_hands_out_a_forged_log_is_found_out_and_overwrites_nothing(tmp_path: Path) -> None:
    records = log(3)
    records[1]["text"] = "forged"
    page = "".join(json.dumps(record) + "\n" for record in records).encode()
    answers = [
        http("200 OK", b'{"ok":true,"room":"lab","me":"rev"}'),
        http("200 OK", b'{"ok":true,"brief":{}}'),
        http("200 OK", page, "Content-Type: application/x-ndjson; charset=utf-8"),
    ]
    (tmp_path / "mine.jsonl").write_text("what was there")
    async with scripted(*answers) as server:
        home = Home(tmp_path / "rev")
        home.keep_seat(Seat(RoomId("lab"), Alias("rev"), server.url, "agt_secret"))
        ran = await run(home, "export", "--format", "jsonl", "--output", "mine.jsonl", "--json", cwd=tmp_path)
    assert (ran.code, ran.error["error"]) == (6, "damaged")
    assert "record 2" in ran.error["message"]
    assert (tmp_path / "mine.jsonl").read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.jsonl", "rev"]
