"""An upgrade as docs/deploy.md has it: the next broker is started beside the first one, which is then stopped."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from tests.cli.terminal import tell
from tests.journeys.proxied_rooms import SLUG, ProxiedRoom, program, proxied_room
from tests.journeys.proxies import NAMES, Name

POSTS_BETWEEN = 30  # that are acknowledged before each step
AT_ONCE_SECONDS = 10
REFUSED_MAX = 1  # of those that are said again: a connection may be with the old broker, not yet accepted, when it goes


class Poster:
    """Says numbers through the proxy, one after the other; what is not acknowledged it says again."""

    def __init__(self, room: ProxiedRoom) -> None:
        self._room = room
        self._goes_on = True
        self._acknowledged = threading.Condition()
        self.count = 0
        self.refused: list[str] = []
        self._thread = threading.Thread(target=self._speak)

    def __enter__(self) -> Poster:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._goes_on = False
        self._thread.join()

    def wait_for(self, more: int) -> None:
        target = self.count + more
        with self._acknowledged:
            assert self._acknowledged.wait_for(lambda: self.count >= target, timeout=30), self.refused

    def _speak(self) -> None:
        headers = {"Authorization": f"Bearer {self._room.token}"}
        trust = ssl.create_default_context(cafile=str(self._room.proxy.ca))
        with httpx.Client(verify=trust, headers=headers, timeout=AT_ONCE_SECONDS, trust_env=False) as client:
            while self._goes_on:
                body = {"text": f"number {self.count}", "client_msg_id": f"n{self.count}"}
                try:
                    answer = client.post(f"{self._room.url}/messages", json=body)
                except httpx.TransportError as error:
                    self.refused.append(repr(error))
                    continue
                if answer.status_code not in (200, 201):
                    self.refused.append(answer.text)
                    continue
                with self._acknowledged:
                    self.count += 1
                    self._acknowledged.notify_all()


@pytest.mark.parametrize("name", NAMES)
def test_nobody_loses_a_word_and_the_name_stays(name: Name, tmp_path: Path) -> None:
    limits = ("--requests-per-minute", "100000", "--drain-seconds", "10")
    no_limits = ("--posts-per-minute", "100000")
    with proxied_room(name, tmp_path, broker_flags=limits, room_flags=no_limits) as room, Poster(room) as poster:
        poster.wait_for(POSTS_BETWEEN)
        url = f"{room.url}/wait?participant=ops&since_id=1000000&hold=5"
        held = ["curl", "-sS", "--cacert", str(room.proxy.ca), "-H", f"@{room.header_file(room.token)}", url]
        with subprocess.Popen(held, stdout=subprocess.PIPE) as waiting:
            words = room.broker.process.args
            assert isinstance(words, list)
            with program(tmp_path / "next", room.home, *words[3:], "--takeover") as following:
                following.wait_for("admin socket")
                poster.wait_for(POSTS_BETWEEN)
                assert room.broker.stop() == 0
                poster.wait_for(POSTS_BETWEEN)
                assert json.loads(waiting.communicate(timeout=30)[0])["ok"]
                routes = tell(room.home, "broker", "routes", "--admin-socket", str(room.admin_socket), "--json").answer
                assert [(one["route_slug"], one["connected"]) for one in routes["routes"]] == [(SLUG, True)]
                poster.stop()
                assert _said(room) == list(range(poster.count))
                assert len(poster.refused) <= REFUSED_MAX, poster.refused


def _said(room: ProxiedRoom) -> list[int]:
    """The numbers in the room's log."""
    log = (room.home / "rooms" / SLUG / "messages.jsonl").read_text().splitlines()
    texts = [str(json.loads(line)["text"]) for line in log]
    return [int(text.removeprefix("number ")) for text in texts if text.startswith("number ")]
