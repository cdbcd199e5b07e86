"""The whole story with real processes: a host, a CLI agent in its own home, and an agent with nothing but bash and curl."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import serving, start, tell
from tests.journeys.curl_agent import bash, start_attending


def ids(lines: list[dict[str, Any]]) -> list[int]:
    return [message["id"] for line in lines for message in line["messages"]]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_everybody_ends_with_the_same_timeline(tmp_path: Path) -> None:
    host, agent, curly = (tmp_path / name for name in ("host", "agent", "curly"))
    curly.mkdir()
    tell(host, "room", "start", "lab", "--alias", "ops", "--brief", "Find the leak.", "--json")
    with serving(host) as daemon:
        # the host invites; one agent comes by the CLI, another with nothing installed
        link = tell(host, "room", "invite", "rev", "--json").answer["browser_url"]
        joined = tell(agent, "room", "join", "-", "--json", stdin=link).answer
        assert (joined["room"], joined["alias"]) == ("lab", "rev")
        card_command = tell(host, "room", "invite", "curly", "--json").answer["card_command"]
        card = bash(card_command, curly)
        assert "| Find the leak." in card
        attending = agent / "attending.jsonl"
        with attending.open("wb") as out:
            cli_agent = start(agent, "attend", "--since", "0", "--json", stdout=out)
        curl_agent = start_attending(card, curly)
        heard = curly / "heard.jsonl"
        try:
            until(lambda: read_lines(heard) and read_lines(attending))

            # the operator works the room
            tell(host, "send", "curly", "are you there?", "--json")
            until(lambda: "heard you at" in heard.read_text())
            assert tell(agent, "send", "ops", "looking at the allocator", "--json").code == 0
            assert tell(host, "room", "brief", "set", "Find the leak, then write it up.", "--json").code == 0
            assert tell(host, "room", "attendance", "set", "agents-foreground", "--json").code == 0
            notes = tmp_path / "notes.md"
            notes.write_text("# What we know\nThe heap grows by 3 MB an hour.\n", encoding="utf-8")
            handoff = tell(host, "handoff", "rev", "--file", str(notes), "--json").answer["message"]
            assert handoff["type"] == "handoff"
            assert "3 MB an hour" in handoff["text"]
            assert str(notes) not in handoff["text"]

            # a guest is rotated and removed; its tokens stop working at once
            guest = tmp_path / "guest"
            first = tell(host, "room", "invite", "temp", "--json").answer["browser_url"]
            assert tell(guest, "room", "join", "-", "--json", stdin=first).code == 0
            second = tell(host, "room", "rotate", "temp", "--json").answer["browser_url"]
            assert tell(guest, "send", "ops", "still me?", "--json").error["error"] == "unauthorized"
            assert tell(guest, "room", "join", "-", "--json", stdin=second).code == 0
            assert tell(host, "room", "remove", "temp", "--json").code == 0
            assert tell(guest, "send", "ops", "and now?", "--json").error["error"] == "removed"

            assert tell(host, "room", "close", "--json").answer["room_status"] == "closed"
            assert cli_agent.wait(20) == 0
            assert curl_agent.wait(20) == 0
            assert curl_agent.stderr is not None
            assert curl_agent.stderr.read() == b""
        finally:
            for process in (cli_agent, curl_agent):
                process.kill()
                process.communicate()

        timeline = tell(host, "messages", "--since", "0", "--json").answer["messages"]
        everything = [message["id"] for message in timeline]
        assert everything == list(range(1, len(everything) + 1))
        assert timeline[-1]["text"] == "room closed"
        assert ids(read_lines(attending)) == everything
        assert ids(read_lines(heard)) == everything
        assert read_lines(heard)[-1]["reason"] == "closed"

        # an export can be verified by whoever holds it
        export = tmp_path / "lab.jsonl"
        assert tell(agent, "export", "--format", "jsonl", "--output", str(export), "--json").code == 0
        assert tell(tmp_path / "nobody", "verify", str(export), "--json").answer["ok"] is True
        whole = export.read_text().replace("allocator", "Allocator")
        export.write_text(whole)
        assert tell(tmp_path / "nobody", "verify", str(export), "--json").code == 6
        stopped = daemon.stop()
    assert stopped.code == 0
    secrets = [card_command.partition("Bearer ")[2].partition("'")[0], link.partition("#token=")[2]]
    everything_said = stopped.out + stopped.err + export.read_text()
    assert not [secret for secret in secrets if secret in everything_said]
