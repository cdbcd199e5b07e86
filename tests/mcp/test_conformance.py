"""What of `make conformance` needs no npm: its relay, its lists, and what it installs."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import trio
from conformance.relay import keep_relay, with_token
from conformance.scenarios import APPLY, WANTING

from tests.rooms import RunningRoom

FOLDER = Path(__file__).parents[2] / "conformance"
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}},
}


async def test_the_relay_gives_a_token_and_hides_nothing_else(room: RunningRoom) -> None:
    guest, url = await room.invite("bob"), urlsplit(room.url)
    accept = {"Accept": "application/json, text/event-stream"}
    async with trio.open_nursery() as nursery:
        door = await nursery.start(keep_relay, url.port, guest.token)
        answer = await room.client.post(f"{door}{url.path}/mcp", json=HELLO, headers=accept)
        assert (answer.status_code, "mcp-session-id" in answer.headers) == (200, True)
        status = await room.client.get(f"{door}{url.path}/status", headers={"Authorization": "Bearer agt_other"})
        assert status.json()["me"] == "bob"
        page = {**accept, "Origin": "https://evil.example"}
        refused = await room.client.post(f"{door}{url.path}/mcp", json=HELLO, headers=page)
        assert refused.status_code == 403
        nursery.cancel_scope.cancel()


def test_a_request_has_the_token_once_and_its_connection_is_its_own() -> None:
    head = b"POST /mcp HTTP/1.1\r\nHost: a\r\nauthorization: Bearer b\r\nConnection: keep-alive\r\nX: c\r\n\r\n"
    ours = b"POST /mcp HTTP/1.1\r\nHost: a\r\nX: c\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n"
    assert with_token(head, "t") == ours


def test_a_scenario_applies_or_has_its_reason() -> None:
    assert not set(APPLY) & set(WANTING)
    assert len(set(APPLY)) == len(APPLY)


def test_what_is_installed_is_of_exact_versions_with_hashes_and_from_no_host_of_ours() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text())
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    root = lock["packages"].pop("")
    for group in ("dependencies", "optionalDependencies"):
        assert root[group] == wanted[group]
        assert all(version[0].isdigit() for version in wanted[group].values())
    for place, package in lock["packages"].items():
        assert package["integrity"].startswith("sha512-"), place
        assert "resolved" not in package, place
    assert "://" not in json.dumps(lock)
