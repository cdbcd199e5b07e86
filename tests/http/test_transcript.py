"""The room as a page to read: by a header, and by a form for browsers without scripts."""

from __future__ import annotations

import re
from html import unescape
from time import thread_time
from urllib.parse import quote

import httpx
import trio

from tests.rooms import Guest, RunningRoom

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def read(room: RunningRoom, body: str, **headers: str) -> httpx.Response:
    return await room.client.post(f"{room.url}/transcript.html", content=body, headers={**FORM, **headers})


def ids(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<article id="m(\d+)"', page)]


def hidden_pass(page: str) -> str:
    return unescape(re.findall(r'name="pass" value="([^"]+)"', page)[0])


async def fill(guest: Guest) -> int:
    """Say more than a page holds; the answer is the newest id."""
    for _ in range(8):
        newest = await guest.say("\u202e" * 20_000)
    return int(newest["id"])


async def test_a_participant_reads_the_room_as_a_page_that_runs_nothing(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await guest.say("<script>alert(1)</script>")
    answer = await guest.ask("GET", "/transcript.html")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    (policy,) = answer.headers.get_list("content-security-policy")
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        policy,
    )
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script" not in answer.text
    assert ids(answer.text) == [1, 2, 3]
    stranger = Guest(room.url, "x", "agt_nobody", room.client)
    assert (await stranger.ask("GET", "/transcript.html")).status_code == 401


async def test_a_form_reads_it_with_a_token_or_a_whole_link(room: RunningRoom) -> None:
    issued = await room.host.post("/invites", {"alias": "eve", "kind": "human"})
    for pasted in (issued["token"], f"  {issued['browser_url']}\n"):
        answer = await read(room, f"token={quote(pasted)}")
        assert (answer.status_code, ids(answer.text)) == (200, [1, 2])
        assert issued["token"] not in answer.text
        assert answer.headers["cache-control"] == "no-store"


async def test_pages_lead_back_to_the_first_record_and_none_holds_a_token(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    newest = await fill(guest)
    page = (await read(room, f"token={guest.token}")).text
    seen = ids(page)
    assert seen[-1] == newest
    while 'name="before_id" value="' in page and ids(page)[0] > 1:
        assert guest.token not in page
        assert len(page.encode()) < 1_048_576
        page = (await read(room, f"pass={quote(hidden_pass(page))}&before_id={ids(page)[0]}")).text
        seen = ids(page) + seen
    assert seen == list(range(1, newest + 1))
    assert ids((await read(room, f"pass={quote(hidden_pass(page))}&before_id=")).text)[-1] == newest
    by_header = await guest.ask("GET", "/transcript.html", params={"before_id": newest})
    assert ids(by_header.text)[-1] == newest - 1


async def test_a_pass_ends_with_its_token_and_opens_nothing_else(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await fill(guest)
    shown = hidden_pass((await read(room, f"token={guest.token}")).text)
    assert (await read(room, f"pass={shown}")).status_code == 200
    assert (await Guest(room.url, "rev", shown, room.client).ask("GET", "/status")).status_code == 401
    assert (await read(room, f"token={shown}")).status_code == 401
    name, until, alias, seal = shown.split(".")
    forged = (
        f"{name}.{int(until) + 1}.{alias}.{seal}",
        f"{name}.{until}.ops.{seal}",
        f"{name}.{until}.{alias}.{'0' * 64}",
        "",
    )
    for attempt in forged:
        assert (await read(room, f"pass={attempt}")).status_code == 401, attempt
    await room.host.post("/participants/rev/rotate")
    assert (await read(room, f"pass={shown}")).status_code == 401


async def test_a_pass_is_never_made_newer_by_a_pass(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await fill(guest)
    first = newer = hidden_pass((await read(room, f"token={guest.token}")).text)
    while newer == first:  # until another one would be another
        newer = hidden_pass((await read(room, f"token={guest.token}")).text)
    assert hidden_pass((await read(room, f"pass={first}")).text) == first


async def test_others_get_their_turn_while_a_page_of_the_worst_of_texts_is_written(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await fill(guest)
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = thread_time()
            await trio.lowlevel.checkpoint()
            longest = max(longest, thread_time() - began)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        assert (await guest.ask("GET", "/transcript.html")).status_code == 200
        nursery.cancel_scope.cancel()
    assert longest < 0.06  # of a core; one such text takes 15 ms, a page of them 130


async def test_what_is_refused_is_said_in_a_page_with_the_form(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await room.host.post("/participants/rev/remove")
    refused = [
        ("", 401),
        ("token=", 401),
        ("token=agt_%3Cb%3E", 401),
        (f"token={guest.token}", 410),
        ("token=%ff", 400),
    ]
    refused += [(f"token={room.host.token}&before_id=x", 400), ("&".join("a=1" for _ in range(20)), 400)]
    for body, status in refused:
        answer = await read(room, body)
        assert answer.status_code == status, (body, answer.text)
        assert 'name="token"' in answer.text
        assert "agt_" not in answer.text
    asked = await room.client.get(f"{room.url}/transcript.html", params={"token": room.host.token})
    assert asked.status_code == 401, "never in a URL"


async def test_another_sites_page_reads_nothing(room: RunningRoom) -> None:
    body = f"token={room.host.token}"
    for origin, status in (("https://evil.example", 403), ("null", 200), (room.url, 200)):
        assert (await read(room, body, origin=origin)).status_code == status, origin
    assert (await read(room, body, referer="https://evil.example/")).status_code == 403
    refused = await room.host.ask("POST", "/messages", json={"text": "x"}, headers={"origin": "null"})
    assert refused.json()["error"] == "bad_origin"
