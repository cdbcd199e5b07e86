"""`handoff`: the words travel, never the path to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import home_of, run
from tests.rooms import RunningRoom


async def test_a_summary_is_one_message_that_calls_who_takes_over(room: RunningRoom, tmp_path: Path) -> None:
    await room.invite("rev")
    ran = await run(home_of(room, tmp_path / "ops"), "handoff", "rev", "--summary", "All is in place.", "--json")
    message = ran.json["message"]
    assert (message["type"], message["text"]) == ("handoff", "@rev HANDOFF\n\nAll is in place.")
    assert message["mentions"] == ["rev"]
    assert ran.json["parts"] == [message["id"]]


@pytest.mark.parametrize("words", [["--file", "notes.md"], ["--summary", "notes.md"], ["-"], ["--file", "-"]])
async def test_a_file_travels_by_its_content(room: RunningRoom, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nwhat I found: 中\n")
    stdin = "# Notes\n\nwhat I found: 中\n" if "-" in words else ""
    ran = await run(home_of(room, tmp_path / "ops"), "handoff", "rev", *words, "--json", cwd=tmp_path, stdin=stdin)
    assert ran.json["message"]["text"] == "@rev HANDOFF\n\n# Notes\n\nwhat I found: 中\n"


async def test_a_literal_longer_than_any_file_name_is_text(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "ops")
    for text in ("x" * 256, "word " * 4_000, "a\nb" * 100):
        ran = await run(home, "handoff", "rev", "--summary", text, "--json")
        assert ran.json["message"]["text"] == f"@rev HANDOFF\n\n{text}"


@pytest.mark.parametrize("words", [["--file", "gone.md"], ["--summary", "./gone.md"], ["--summary", "/gone/for/good"]])
async def test_a_path_to_nothing_is_never_sent(room: RunningRoom, tmp_path: Path, words: list[str]) -> None:
    ran = await run(home_of(room, tmp_path / "ops"), "handoff", "rev", *words, "--json", cwd=tmp_path)
    assert (ran.code, ran.error["error"]) == (4, "file_not_found")
    assert (await room.host.get("/status"))["last_id"] == 1


async def test_more_than_allowed_is_refused_and_large_allows_more(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "ops")
    (tmp_path / "long.txt").write_text("é" * 24_001)
    refused = await run(home, "handoff", "rev", "--file", str(tmp_path / "long.txt"), "--json")
    assert (refused.code, refused.error["error"]) == (3, "text_too_long")
    assert "--large" in refused.error["hint"]
    ran = await run(home, "handoff", "rev", "--file", str(tmp_path / "long.txt"), "--large", "--json")
    assert len(ran.json["parts"]) == 2
    (tmp_path / "long.txt").write_text("é" * 64_001)
    refused = await run(home, "handoff", "rev", "--file", str(tmp_path / "long.txt"), "--large", "--json")
    assert refused.error["error"] == "text_too_long"


async def test_a_long_handoff_is_whole_in_parts_that_refer_to_the_first(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "ops")
    text = "".join(f"line {number} of what is to be known 中\n" for number in range(1_600))
    first = await run(home, "handoff", "rev", "-", "--large", "--json", "--client-msg-id", "h1", stdin=text)
    ids = first.json["parts"]
    assert len(ids) > 1
    messages = (await room.host.get("/messages", since_id=ids[0] - 1))["messages"]
    bodies = [message["text"].partition("\n\n")[2] for message in messages]
    assert "".join(bodies) == text
    assert [message.get("reply_to") for message in messages] == [None] + [ids[0]] * (len(ids) - 1)
    assert messages[0]["text"].startswith(f"@rev HANDOFF part 1/{len(ids)}\n")
    assert messages[1]["text"].startswith(f"@rev HANDOFF part 2/{len(ids)}, continues #{ids[0]}\n")
    again = await run(home, "handoff", "rev", "-", "--large", "--json", "--client-msg-id", "h1", stdin=text)
    assert again.json["parts"] == ids
    assert (await room.host.get("/status"))["last_id"] == ids[-1]
