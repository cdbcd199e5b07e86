"""Who gets in: tokens, hosts and origins, and the headers that every answer carries."""

from __future__ import annotations

import pytest

from agentgather.http.routes import ROUTES
from tests.rooms import RunningRoom

EVERY_ROUTE = [(route.method, route.path.replace("<message_id>", "1").replace("<alias>", "rev")) for route in ROUTES]


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
async def test_every_route_wants_a_token(room: RunningRoom, method: str, path: str) -> None:
    for headers in (
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"bearer {room.host.token}"},
        {"Authorization": f"Bearer  {room.host.token}"},
        {"Authorization": f"Basic {room.host.token}"},
        {"Authorization": "Bearer agt_" + "x" * 43},
        {"Authorization": f"Bearer {room.host.token}x"},
        {"Authorization": "Bearer " + "\xff" * 40},
    ):
        encoded = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = await room.client.request(method, room.url + path, headers=encoded)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized"), headers
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_who_was_removed_is_not_seen_any_more(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    await room.host.post("/participants/rev/remove")
    before = (await room.host.get("/status"))["participants"][1]
    assert (await reviewer.get("/wait"))["reason"] == "removed"
    after = (await room.host.get("/status"))["participants"][1]
    assert (after["lastSeenAt"], after["attention"]) == (before["lastSeenAt"], before["attention"])


async def test_a_token_that_stands_twice_is_refused_whoever_it_is(room: RunningRoom) -> None:
    own, other = f"Bearer {room.host.token}", f"Bearer {(await room.invite('rev')).token}"
    for pair in ((own, other), (other, own), (own, own), (own, ""), ("Basic x", own)):
        answer = await room.client.get(room.url + "/status", headers=[("Authorization", value) for value in pair])
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request"), pair


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
async def test_a_removed_participant_is_out_everywhere(room: RunningRoom, method: str, path: str) -> None:
    reviewer = await room.invite("rev")
    await room.host.post("/participants/rev/remove")
    answer = await reviewer.ask(method, path)
    if path == "/wait":
        assert (answer.status_code, answer.json()["reason"]) == (200, "removed")
    else:
        assert (answer.status_code, answer.json()["error"]) == (410, "removed")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (route.method, route.path.replace("<message_id>", "1").replace("<alias>", "ops"))
        for route in ROUTES
        if route.is_host_only
    ],
)
async def test_a_guest_is_told_what_only_the_host_may(room: RunningRoom, method: str, path: str) -> None:
    reviewer = await room.invite("rev")
    answer = await reviewer.ask(method, path, content=b"not even JSON")
    assert (answer.status_code, answer.json()["error"]) == (403, "host_required")


async def test_a_token_in_the_query_opens_the_card_and_nothing_else(room: RunningRoom) -> None:
    for method, path in EVERY_ROUTE:
        answer = await room.client.request(method, f"{room.url}{path}?token={room.host.token}")
        if path == "/card":
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
        else:
            assert answer.status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:9999", 200),
        ("[::1]", 200),
        ("[::1]:8787", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("127.0.0.1@evil.example", 403),
        ("evil.example:127.0.0.1", 403),
        ("localhost.", 403),
        ("0.0.0.0", 403),
        ("127.0.0.2", 403),
        ("[::]", 403),
        ("", 403),
        ("localhost:99999", 403),
        ("localhost/x", 403),
        ("[::1].evil.example", 403),
        ("[::1]evil.example", 403),
        ("evil.example[::1]", 403),
        ("[localhost]", 403),
    ],
)
async def test_the_host_header_is_compared_as_a_host(room: RunningRoom, host: str, status: int) -> None:
    answer = await room.host.ask("GET", "/status", headers={"Host": host})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"] == "insecure_remote"


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "http://localhost:3000",
        "http://127.0.0.1.evil.example",
        "http://[::1].evil.example",
        "file://",
        "nonsense",
        "",
    ],
)
async def test_a_foreign_page_can_neither_write_nor_listen(room: RunningRoom, origin: str) -> None:
    for method, path in [("POST", "/messages"), ("POST", "/close"), ("GET", "/events")]:
        answer = await room.host.ask(method, path, headers={"Origin": origin}, content=b'{"text":"x"}')
        assert (answer.status_code, answer.json()["error"]) == (403, "bad_origin"), (method, path)
    refused = await room.host.ask("POST", "/messages", headers={"Referer": "https://evil.example/x"}, content=b"{}")
    assert (refused.status_code, refused.json()["error"]) == (403, "bad_referer")
    assert [m["type"] for m in (await room.host.get("/messages"))["messages"]] == ["system"]


async def test_the_rooms_own_page_writes_under_each_of_its_names(room: RunningRoom) -> None:
    port = room.url.rsplit(":", 1)[1]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        headers = {"Host": host, "Origin": f"http://{host}", "Referer": f"http://{host}/"}
        answer = await room.host.ask("POST", "/messages", headers=headers, json={"text": "from the page"})
        assert answer.status_code == 201


async def test_the_published_name_is_one_of_ours(room: RunningRoom) -> None:
    room.daemon.address.public_url = "https://rooms.example/lab"
    own = {"Host": "rooms.example", "Origin": "https://rooms.example"}
    assert (await room.host.ask("POST", "/messages", headers=own, json={"text": "x"})).status_code == 201
    for headers in (
        {"Host": "rooms.example.evil.example"},
        {"Host": "rooms.example", "Origin": "https://rooms.example:444"},
    ):
        assert (await room.host.ask("POST", "/messages", headers=headers, json={"text": "x"})).status_code == 403


async def test_a_simple_form_post_from_nowhere_needs_the_bearer_header_all_the_same(room: RunningRoom) -> None:
    headers = {"Content-Type": "text/plain", "Cookie": f"token={room.host.token}"}
    answer = await room.client.post(f"{room.url}/close", headers=headers, content=b"{}")
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/", "/status", "/nope", "/healthz", "/openapi.json", "/card", "/messages/999"])
async def test_every_answer_carries_the_security_headers(room: RunningRoom, path: str) -> None:
    answer = await room.host.ask("GET", path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == ("no-cache" if path == "/" else "no-store")
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_an_expired_invitation_says_so(room: RunningRoom) -> None:
    guest = await room.invite("rev", ttl="1s")
    (open_room,) = room.daemon.house
    real = open_room.room.clock
    assert (await guest.ask("GET", "/status")).status_code == 200
    from datetime import timedelta

    open_room.room.clock = lambda: real() + timedelta(seconds=2)
    answer = await guest.ask("GET", "/status")
    assert (answer.status_code, answer.json()["error"]) == (401, "token_expired")


async def test_status_never_shows_a_token_or_its_digest(room: RunningRoom) -> None:
    import hashlib

    guest = await room.invite("rev")
    for who in (room.host, guest):
        text = (await who.ask("GET", "/status")).text + (await who.ask("GET", "/profile")).text
        for token in (room.host.token, guest.token):
            assert token not in text
            assert hashlib.sha256(token.encode()).hexdigest() not in text
