"""Everything a client can get wrong: always a stable code and a sentence, never a 500, a hang or a trace."""

from __future__ import annotations

import json

import pytest

from agentgather.api.errors import STATUS_OF
from agentgather.http.routes import ROUTES
from tests.rooms import RunningRoom

WRITES = [
    (route.path.replace("<message_id>", "1").replace("<alias>", "ops"))
    for route in ROUTES
    if route.method == "POST" and not route.path.endswith("/rotate")
]
DEEP = b'{"text":' + b"[" * 30_000 + b"]" * 30_000 + b"}"


def check(answer: object, *, statuses: set[int]) -> str:
    """The code of an answer that has to be a well-formed refusal."""
    body = json.loads(answer.content)  # type: ignore[attr-defined]
    assert answer.status_code in statuses, body  # type: ignore[attr-defined]
    assert body["ok"] is False
    assert STATUS_OF[body["error"]] == answer.status_code  # type: ignore[attr-defined]
    assert len(body["message"]) > 20
    assert "Traceback" not in body["message"]
    assert "/" + "work" not in body["message"]
    return str(body["error"])


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"\xff\xfe{}", "invalid_json"),
        (b'{"text": "\xff"}', "invalid_json"),
        (b'{"text": NaN}', "invalid_json"),
        (b'{"text": ' + b"9" * 5_000 + b"}", "invalid_json"),
        (DEEP, "invalid_json"),
        ('{"text": "x"}'.encode("utf-16"), "invalid_json"),
        (b"null", "invalid_body"),
        (b"[]", "invalid_body"),
        (b'"text"', "invalid_body"),
        (b"7", "invalid_body"),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value[:12]),
)
async def test_a_body_that_is_no_object_is_refused_by_every_write(
    room: RunningRoom, path: str, body: bytes, code: str
) -> None:
    assert check(await room.host.ask("POST", path, content=body), statuses={400}) == code


@pytest.mark.parametrize("path", WRITES)
async def test_a_body_that_is_too_large_is_refused_before_it_is_read(room: RunningRoom, path: str) -> None:
    answer = await room.host.ask("POST", path, content=b'{"text":"' + b"x" * 64_001 + b'"}')
    assert check(answer, statuses={413}) == "body_too_large"

    async def pieces() -> object:
        for _ in range(70):
            yield b"x" * 1_000

    answer = await room.host.ask("POST", path, content=pieces())
    assert check(answer, statuses={413}) == "body_too_large"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
async def test_an_unknown_path_is_not_found_by_any_method(room: RunningRoom, method: str) -> None:
    for path in ("/nope", "/status/", "/messages/", "//", "//status", "/%2e%2e/x"):
        answer = await room.client.request(method, f"{room.url}{path}")
        if method == "HEAD":
            assert (answer.status_code, answer.content) == (404, b""), path
        else:
            assert check(answer, statuses={404}) == "not_found", path


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES} | {"/", "/healthz", "/openapi.json"}))
async def test_a_wrong_method_is_told_which_are_right(room: RunningRoom, path: str) -> None:
    concrete = path.replace("<message_id>", "1").replace("<alias>", "rev")
    allowed = {route.method for route in ROUTES if route.path == path} or {"GET"}
    allowed |= {"POST"} if path == "/transcript.html" else set()  # a form, whose token is in its body
    allowed |= {"HEAD"} if "GET" in allowed else set()
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed:
        answer = await room.host.ask(method, concrete)
        assert check(answer, statuses={405}) == "method_not_allowed"
        assert {name.strip() for name in answer.headers["allow"].split(",")} == allowed


async def test_head_works_wherever_get_does(room: RunningRoom) -> None:
    for path in (
        "/",
        "/status",
        "/messages",
        "/brief",
        "/profile",
        "/card",
        "/healthz",
        "/openapi.json",
        "/messages/1",
        "/log",
    ):
        got, head = await room.host.ask("GET", path), await room.host.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b""), path
        if path not in ("/status", "/profile"):  # their clocks move on between the two
            assert head.headers["content-length"] == got.headers["content-length"], path


@pytest.mark.parametrize("path", ["/messages", "/wait?hold=0", "/events"])
async def test_a_head_hands_over_no_records(room: RunningRoom, path: str) -> None:
    guest = await room.invite("rev")
    assert (await guest.ask("HEAD", path)).status_code == 200
    assert (await guest.get("/profile"))["participant"]["delivered_id"] == 0
    assert (await guest.ask("GET", "/messages")).status_code == 200
    assert (await guest.get("/profile"))["participant"]["delivered_id"] == 2


async def test_a_bug_is_a_500_with_an_id_that_is_also_in_the_log(
    room: RunningRoom, caplog: pytest.LogCaptureFixture
) -> None:
    (open_room,) = room.daemon.house
    said = "the secret that broke it"

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(said)

    open_room.room.timeline.since = broken  # type: ignore[method-assign]
    answer = await room.host.ask("GET", "/messages")
    assert check(answer, statuses={500}) == "internal_error"
    assert said not in answer.text
    error_id = answer.json()["error_id"]
    (record,) = [record for record in caplog.records if getattr(record, "error_id", None) == error_id]
    assert record.exc_info is not None
    assert (await room.host.get("/status"))["ok"] is True
    await room.host.say("every other request goes on")


@pytest.mark.parametrize("hold", ["-1", "56", "abc", "", "1e3", "NaN", "99999", "0x1"])
async def test_a_hold_out_of_range_is_refused(room: RunningRoom, hold: str) -> None:
    assert check(await room.host.ask("GET", f"/wait?hold={hold}"), statuses={400}) == "invalid_hold"


@pytest.mark.parametrize("through_id", [-1, 1.5, "1", None, True, 2**53])
async def test_a_read_mark_that_is_no_id_is_refused(room: RunningRoom, through_id: object) -> None:
    answer = await room.host.ask("POST", "/read", json={"through_id": through_id})
    assert check(answer, statuses={400}) == "invalid_through_id"


async def test_unknown_fields_and_empty_bodies_are_welcome(room: RunningRoom) -> None:
    assert (await room.host.ask("POST", "/join", content=b"")).status_code == 200
    assert (await room.host.ask("POST", "/join", content=b"  ")).status_code == 400
    assert (await room.host.ask("POST", "/join", json={"color": "red"})).status_code == 200
    assert (await room.host.say("hi", priority="high", thread_id=3))["text"] == "hi"
