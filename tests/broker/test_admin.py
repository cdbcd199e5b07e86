from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentgather_broker.keys import KeyList
from agentgather_broker.shape import BrokerSettings
from tests.broker.brokers import RunningBroker, quick_settings

KEY = "ed25519:WV_vUUS8z2bCY6ynJLaww-ztHL33FqCt10Y1CH0WENo"
FINGERPRINT = "SHA256:hIX0swTFWM7LDN-ScYU4kO--fn8490n3qTQISiXaY1Q"


@pytest.fixture
def broker_settings(tmp_path: Path) -> BrokerSettings:
    return quick_settings(admin_socket=str(tmp_path / "admin.sock"), keys_file=str(tmp_path / "keys"))


@pytest.fixture
async def admin(broker: RunningBroker, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The operator's way to `broker`."""
    transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / "admin.sock"))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker", timeout=10) as client:
        yield client


async def refused(admin: httpx.AsyncClient, method: str, path: str, **options: Any) -> tuple[int, str]:
    answer = await admin.request(method, path, **options)
    body = answer.json()
    assert body["ok"] is False
    assert body["message"]
    return answer.status_code, body["error"]


async def test_a_broker_says_that_it_runs(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/healthz")).json() == {"ok": True}


async def test_metrics_are_for_the_operator_and_not_for_visitors(
    admin: httpx.AsyncClient, broker: RunningBroker
) -> None:
    answer = await admin.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "agentgather_broker_requests" in answer.text
    assert (await broker.ask("GET", "/metrics")).status_code == 404


async def test_a_blocked_name_is_listed_until_it_is_free(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/routes/lab/block", json={"seconds": 60})).json() == {
        "ok": True,
        "route_slug": "lab",
        "seconds": 60,
    }
    (lease,) = (await admin.get("/routes")).json()["leases"]
    assert (lease["route_slug"], lease["blocked"]) == ("lab", True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lease["until"])
    assert (await admin.post("/routes/lab/unblock")).status_code == 200
    assert (await admin.get("/routes")).json() == {"ok": True, "routes": [], "leases": []}
    assert await refused(admin, "POST", "/routes/lab/unblock") == (404, "route_not_found")


async def test_what_is_not_there_cannot_be_closed(admin: httpx.AsyncClient) -> None:
    assert await refused(admin, "POST", "/routes/lab/close") == (404, "route_not_found")


async def test_a_name_that_is_nobodys_to_have_is_not_blocked(admin: httpx.AsyncClient) -> None:
    for slug in ("www", "A", "a.b", "é"):
        assert await refused(admin, "POST", f"/routes/{slug}/block") == (400, "invalid_registration")


@pytest.mark.parametrize("seconds", [0, -1, True, "60", None, 1e12])
async def test_a_block_lasts_a_time_that_can_be(admin: httpx.AsyncClient, seconds: object) -> None:
    asked = refused(admin, "POST", "/routes/lab/block", json={"seconds": seconds})
    assert await asked == (400, "invalid_request")


async def test_keys_come_and_go_on_disk(admin: httpx.AsyncClient, tmp_path: Path) -> None:
    told = {"fingerprint": FINGERPRINT, "key": KEY, "comment": "ann"}
    assert (await admin.post("/keys", json={"key": f"{KEY} ann"})).json() == {"ok": True, "key": told}
    assert (await admin.get("/keys")).json() == {"ok": True, "keys": [told]}
    kept = KeyList(tmp_path / "keys")
    kept.load()
    assert FINGERPRINT in kept
    assert (await admin.delete(f"/keys/{FINGERPRINT}")).json() == {"ok": True, "fingerprint": FINGERPRINT}
    assert await refused(admin, "DELETE", f"/keys/{FINGERPRINT}") == (404, "unknown_key")
    kept.load()
    assert len(kept) == 0


@pytest.mark.parametrize("key", ["", "ed25519:short", f"{KEY}x", "ssh-ed25519 AAAA", f"{KEY} \x1b[2J", None, 7])
async def test_what_is_no_key_is_not_let_in(admin: httpx.AsyncClient, key: object) -> None:
    assert await refused(admin, "POST", "/keys", json={"key": key}) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 9_000])
async def test_a_body_is_one_json_object(admin: httpx.AsyncClient, body: bytes) -> None:
    assert await refused(admin, "POST", "/keys", content=body) == (400, "invalid_request")


async def test_a_key_that_cannot_be_kept_is_not_let_in(admin: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    assert await refused(admin, "POST", "/keys", json={"key": KEY}) == (503, "storage_unavailable")
    assert (await admin.get("/keys")).json()["keys"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/nothing"), ("POST", "/routes"), ("POST", "/routes/lab/open"), ("PUT", "/keys")],
)
async def test_anything_else_is_not_there(admin: httpx.AsyncClient, method: str, path: str) -> None:
    assert await refused(admin, method, path) == (404, "unsupported_route")
