"""kill -9 of the daemon in mid-conversation, and a restart: nothing acknowledged is lost, nothing is told twice."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.terminal import Serving, serving, start, tell

KILLS = 50 if os.environ.get("AGENTGATHER_LONG") else 3
"""How often the daemon is killed. The long proof: AGENTGATHER_LONG=1 make test ARGS="tests/journeys -k pause"."""

QUICK = {"AGENTGATHER_POSTS_PER_MINUTE": "100000"}


class Writer(threading.Thread):
    """Posts one message after another, each until it is acknowledged, as a careful client does."""

    def __init__(self, url: str, token: str, label: str) -> None:
        super().__init__(daemon=True)
        self.url, self.token, self.label = url, token, label
        self.acknowledged: dict[str, int] = {}
        self.is_done = threading.Event()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(headers=headers, timeout=5, trust_env=False) as client:
            number = 0
            while not self.is_done.is_set():
                number += 1
                self._say(client, f"{self.label}-{number}")

    def _say(self, client: httpx.Client, text: str) -> None:
        while True:
            try:
                answer = client.post(f"{self.url}/messages", json={"text": text, "client_msg_id": text})
            except httpx.HTTPError:
                time.sleep(0.02)
                continue
            assert answer.is_success, answer.text
            self.acknowledged[text] = answer.json()["message"]["id"]
            return


def until_more(writers: list[Writer], *, count: int) -> None:
    """Return once `count` more messages were acknowledged."""
    before = sum(len(writer.acknowledged) for writer in writers)
    deadline = time.monotonic() + 30
    while sum(len(writer.acknowledged) for writer in writers) < before + count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def kill(daemon: Serving) -> None:
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()


@pytest.mark.timeout(90 + 5 * KILLS)
def test_a_conversation_goes_on_across_kill_9(tmp_path: Path) -> None:
    host, agent, heard_file = tmp_path / "host", tmp_path / "agent", tmp_path / "heard.jsonl"
    tell(host, "room", "start", "lab", "--json")
    with serving(host, environ=QUICK) as daemon, heard_file.open("wb") as out:
        port = daemon.url.rsplit(":", 1)[1]
        tokens = [tell(host, "room", "invite", f"w{n}", "--kind", "human", "--json").answer["token"] for n in range(3)]
        link = tell(host, "room", "invite", "rev", "--json").answer["browser_url"]
        assert tell(agent, "room", "join", "-", "--json", stdin=link).code == 0
        attending = start(agent, "attend", "--since", "0", "--json", stdout=out)
        writers = [Writer(daemon.url, token, f"w{number}") for number, token in enumerate(tokens)]
        for writer in writers:
            writer.start()
        until_more(writers, count=30)
        kill(daemon)
    try:
        for _ in range(KILLS - 1):
            with serving(host, "room", "serve", "--port", port, environ=QUICK) as daemon:
                until_more(writers, count=30)
                kill(daemon)
        with serving(host, "room", "serve", "--port", port, environ=QUICK) as daemon:
            until_more(writers, count=30)
            for writer in writers:
                writer.is_done.set()
            for writer in writers:
                writer.join(10)
            assert tell(host, "room", "close", "--json").code == 0
            assert attending.wait(30) == 0
            timeline = whole_timeline(host)
            assert daemon.stop().code == 0
    finally:
        attending.kill()
        attending.communicate()
    assert [message["id"] for message in timeline] == list(range(1, len(timeline) + 1))
    said = [message["text"] for message in timeline if message["type"] == "message"]
    assert len(set(said)) == len(said)
    for writer in writers:
        for text, number in writer.acknowledged.items():
            assert timeline[number - 1]["text"] == text
    heard = [m["id"] for line in heard_file.read_text().splitlines() for m in json.loads(line)["messages"]]
    assert heard == [message["id"] for message in timeline]


def whole_timeline(home: Path) -> list[dict[str, object]]:
    timeline: list[dict[str, object]] = []
    while page := tell(home, "messages", "--since", str(timeline[-1]["id"] if timeline else 0), "--json").answer[
        "messages"
    ]:
        timeline += page
    return timeline
