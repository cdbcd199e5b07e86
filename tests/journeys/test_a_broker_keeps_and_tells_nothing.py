"""Marked words go through every part of a request and an answer; afterwards they are looked for wherever something is kept."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import tell
from tests.journeys.proxied_rooms import ProxiedRoom, proxied_room
from tests.journeys.proxies import Name


class Canaries:
    """Words that stand nowhere else, by what they were planted in."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def plant(self, where: str) -> str:
        return self.words.setdefault(where, "canary" + secrets.token_hex(8))

    def found_in(self, content: bytes) -> list[str]:
        """What of them is in `content`, in any case and in the encodings that logs like."""
        lowered = content.lower()
        return [where for where, word in self.words.items() if word.encode().lower() in lowered]


@pytest.fixture(params=["caddy", "nginx"])
def name(request: pytest.FixtureRequest) -> Name:
    chosen: Name = request.param
    return chosen


def test_no_word_of_a_visitor_or_a_host_is_found_in_what_a_broker_keeps(name: Name, tmp_path: Path) -> None:
    canaries = Canaries()
    with proxied_room(name, tmp_path, broker_flags=("--log-level", "debug", "--park-seconds", "1")) as room:
        canaries.words["the host's token"] = room.token
        canaries.words["a guest's token"] = token = room.invite("bob")["token"]
        everything_that_can_be_asked(room, token, canaries)
        kept = dict(what_is_kept(room, tmp_path))
        kept |= {"processes": processes(room)}
        room.room.process.kill()
        room.room.process.wait()
        answered_while_away(room, token, canaries)
        kept |= {f"{place}, with its host away": content for place, content in what_is_kept(room, tmp_path)}
        assert room.broker.stop() == 0
        kept |= {f"{place}, at the end": content for place, content in what_is_kept(room, tmp_path, is_over=True)}
    assert any(b'"event":"forward"' in content for content in kept.values())
    assert any(b"agentgather_broker_requests_total" in content for content in kept.values())
    assert any(b'"slug":"lab"' in content for content in kept.values())
    assert {place: found for place, content in kept.items() if (found := canaries.found_in(content))} == {}


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    canaries = Canaries()
    word = canaries.plant("a body")
    (tmp_path / "log").write_text(f'{{"text": "{word.upper()}"}}')
    assert canaries.found_in((tmp_path / "log").read_bytes()) == ["a body"]


def everything_that_can_be_asked(room: ProxiedRoom, token: str, canaries: Canaries) -> None:
    own = ("-H", f"@{room.header_file(token)}")
    text = canaries.plant("a message")
    assert room.ask("POST", "/messages", {"text": text}, token=token)["ok"]
    assert text in room.curl(f"{room.url}/messages", *own)
    card = room.home / "header-of-a-card-of-0.1"
    card.write_text(f'url = "{room.url}/card?token={token}"')
    room.curl("--config", str(card))
    room.curl(f"{room.url}/wait?since_id=0&hold=1&x={canaries.plant('a query')}", *own)
    room.curl(f"{room.url}/{canaries.plant('a path')}/x", *own)
    room.curl(f"{room.url}/status", *own, "-A", canaries.plant("a user agent"), "-e", canaries.plant("a referer"))
    room.curl(f"{room.url}/status", "-H", f"Authorization: Bearer {canaries.plant('a wrong token')}")
    room.curl(f"{room.url}/status", *own, "-H", f"Cookie: {canaries.plant('a cookie')}=1")
    room.curl(f"{room.url}/status", *own, "-H", f"X-Forwarded-For: {canaries.plant('a forwarded address')}")
    room.curl(f"{room.url}/status", *own, "-H", f"Origin: https://{canaries.plant('an origin')}.example")
    room.curl(f"{room.url}/messages", *own, "-X", f"X{canaries.plant('a method').upper()}")
    room.curl(f"{room.url}/messages", *own, "--data-binary", canaries.plant("a broken body"))
    large = canaries.plant("a body that is too large") * 4_000
    body = room.home / "large"
    body.write_text(large)
    room.curl(f"{room.url}/messages", *own, "--data-binary", f"@{body}")
    public = room.url.removesuffix("/lab")
    room.curl(f"{public}/{canaries.plant('a slug that is nobody’s')}/x", *own)
    room.curl("--path-as-is", f"{room.url}/..%2f{canaries.plant('a bad target')}")
    room.curl(f"{public}/_host/register", "--json", json.dumps({"route_slug": canaries.plant("a registration")}))
    straight_at_the_broker(room, canaries)
    subprocess.run(
        ["curl", "-sS", "--cacert", str(room.proxy.ca), "--max-time", "2", f"{room.url}/events", *own],
        capture_output=True,
        timeout=20,
    )


def straight_at_the_broker(room: ProxiedRoom, canaries: Canaries) -> None:
    """What no proxy would let pass."""
    for where, request in {
        "a line that is no request": "{} HTTP/9.9\r\n\r\n",
        "a header without a colon": "GET /lab/x HTTP/1.1\r\nHost: b\r\n{}\r\n\r\n",
        "a Host": "GET /lab/x HTTP/1.1\r\nHost: {}\r\nHost: b\r\n\r\n",
        "a WebSocket": "GET /_host/link HTTP/1.1\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {}\r\n\r\n",
        "a chunk": "POST /lab/messages HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
    }.items():
        with socket.create_connection(("127.0.0.1", room.broker_port), timeout=10) as caller:
            caller.sendall(request.format(canaries.plant(where)).encode())
            caller.shutdown(socket.SHUT_WR)
            while caller.recv(65_536):
                pass


def answered_while_away(room: ProxiedRoom, token: str, canaries: Canaries) -> None:
    own = ("-H", f"@{room.header_file(token)}")
    room.curl(f"{room.url}/messages", *own, "--data-binary", canaries.plant("a body that waited in vain"))
    page = room.curl(f"{room.url}/{canaries.plant('a page that was away')}", "-H", "Accept: text/html")
    assert "host of this room is away" in page


def what_is_kept(room: ProxiedRoom, folder: Path, *, is_over: bool = False) -> Iterator[tuple[str, bytes]]:
    """Everything that broker and proxy have written, and what the broker tells its operator; not the room's own files."""
    for path in (room.broker.out, room.broker.err, room.room.out, room.room.err, folder / "leases.json"):
        yield str(path.relative_to(folder)), path.read_bytes()
    for path in sorted(room.proxy.logs.iterdir()):
        yield f"{path.name} of the proxy", path.read_bytes()
    if not is_over:
        for words in (("broker", "routes"), ("broker", "keys"), ("broker", "routes", "--json")):
            told = tell(room.home, *words, "--admin-socket", str(room.admin_socket))
            assert told.code == 0, told.err
            yield " ".join(words), (told.out + told.err).encode()
        metrics = subprocess.run(
            ["curl", "-sS", "--unix-socket", str(room.admin_socket), "http://broker/metrics"], capture_output=True
        )
        yield "metrics", metrics.stdout


def processes(room: ProxiedRoom) -> bytes:
    """The words and the environment of every process that had a part in it."""
    pids = [room.broker.process.pid, room.room.process.pid, room.proxy.process.pid]
    shown = [Path(f"/proc/{pid}/{what}").read_bytes() for pid in pids for what in ("cmdline", "environ")]
    assert all(shown)
    return b"\n".join(shown)
