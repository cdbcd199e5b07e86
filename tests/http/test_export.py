"""The whole room as one file, and in parts for ways on which answers have a maximum."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import trio

from agentgather.client.chain import Chain
from agentgather.http.export import PART_CHARACTERS
from agentgather.transcript.formats import FORMATS
from tests.rooms import Guest, RunningRoom

HOSTILE = "\x1b[2J\u202e# taken\n\n</div><script>alert(1)</script>\u200b\n**#9**"


async def whole(guest: Guest, kind: str) -> str:
    answer = await guest.ask("GET", "/export", params={"format": kind})
    assert answer.status_code == 200, answer.text
    return answer.text


async def parts(guest: Guest, kind: str) -> list[str]:
    """The texts of every part, asked for one after the other."""
    texts, part = [], {"next_since_id": 0, "has_more": True}
    while part["has_more"]:
        answer = await guest.ask("GET", "/export/parts", params={"format": kind, "since_id": part["next_since_id"]})
        assert len(answer.content) < 1_048_576, "it fits through any broker"
        part: dict[str, Any] = answer.json()
        texts.append(part["text"])
    return texts


def without_moments(text: str) -> str:
    """The export of another moment differs in when it was made, and in when people were last seen."""
    text = re.sub(r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z| [\d:]+ UTC)", "MOMENT", text)
    return re.sub(r'"last_seen_age_ms":\d+', '"last_seen_age_ms":0', text)


async def much(room: RunningRoom) -> Guest:
    """A room with more than fits into one part, hostile where it can be."""
    guest = await room.invite("rev")
    for number in range(8):
        await guest.say(f"{number} {HOSTILE}" + "\u202e" * 18_000, context={"n": number})
    slip = await guest.say("a slip")
    await guest.post(f"/messages/{slip['id']}/retract")
    await room.host.say("the end", reply_to=slip["id"])
    return guest


@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_is_a_file_of_its_format_without_tokens(room: RunningRoom, kind: str) -> None:
    guest = await room.invite("rev")
    await guest.say(f"look at this {HOSTILE}")
    answer = await guest.ask("GET", "/export", params={"format": kind})
    assert answer.headers["content-disposition"] == f'attachment; filename="lab-export.{kind}"'
    assert answer.headers["content-type"] == f"{FORMATS[kind].media_type}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "look at this" in answer.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", answer.text)
    roster = json.loads((room.root / "rooms" / "lab" / "participants.json").read_text())["participants"]
    for secret in (guest.token, room.host.token, *(seat["token_hash"] for seat in roster)):
        assert secret not in answer.text
    assert (await guest.ask("HEAD", "/export", params={"format": kind})).content == b""


async def test_without_a_word_an_export_is_markdown(room: RunningRoom) -> None:
    answer = await room.host.ask("GET", "/export")
    assert (answer.headers["content-type"], answer.text[:10]) == ("text/markdown; charset=utf-8", "# Room lab")


@pytest.mark.parametrize("kind", FORMATS)
async def test_the_parts_joined_are_the_file(room: RunningRoom, kind: str) -> None:
    guest = await much(room)
    texts = await parts(guest, kind)
    assert len(texts) > 1
    assert max(map(len, texts)) < 2 * PART_CHARACTERS
    assert without_moments("".join(texts)) == without_moments(await whole(guest, kind))


async def test_what_is_exported_verifies(room: RunningRoom) -> None:
    guest = await much(room)
    head = (await guest.get("/status"))["chain"]
    document = json.loads(await whole(guest, "json"))
    lines = [json.loads(line) for line in (await whole(guest, "jsonl")).splitlines()]
    assert document["messages"] == lines
    chain = Chain()
    for fields in lines:
        chain.follow(fields)
    assert (chain.head, document["chain"], document["records"], chain.withheld) == (head, head, len(lines), 1)
    assert "a slip" not in json.dumps(document)


async def test_an_export_is_written_while_others_speak(room: RunningRoom) -> None:
    """It holds everything that was said before it began, in order, and its end counts what it holds."""
    guest = await much(room)
    documents = []

    async def take() -> None:
        documents.append(json.loads(await whole(guest, "json")))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(take)
        for number in range(20):
            await room.host.say(f"meanwhile {number}")
    for document in documents:
        ids = [record["id"] for record in document["messages"]]
        assert ids == list(range(1, len(ids) + 1))
        assert (document["records"], document["chain"]) == (len(ids), document["messages"][-1]["chain"])


async def test_an_export_ends_where_its_reader_is_shown_the_door(room: RunningRoom) -> None:
    """More of it than the sockets on the way take: the rest is written when its reader goes on."""
    guest = await room.invite("rev")
    for _ in range(100):
        await room.host.say("\u202e" * 20_000)
    headers = {"Authorization": f"Bearer {guest.token}"}
    async with room.client.stream("GET", f"{room.url}/export", headers=headers) as answer:
        pieces = answer.aiter_bytes()
        taken = [await anext(pieces)]
        await room.host.post("/participants/rev/remove")
        await room.host.say("now that rev is gone")
        taken += [piece async for piece in pieces]
    assert b"now that rev is gone" not in b"".join(taken)


@pytest.mark.parametrize("path", ["/export", "/export/parts"])
async def test_what_is_no_format_is_refused(room: RunningRoom, path: str) -> None:
    for kind in ("", "pdf", "MD", "md\n", "../md"):
        refused = await room.host.ask("GET", path, params={"format": kind})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_format")
    stranger = Guest(room.url, "x", "agt_nobody", room.client)
    assert (await stranger.ask("GET", path)).status_code == 401


@pytest.mark.parametrize("kind", FORMATS)
async def test_what_was_written_on_the_boards_is_whole_in_an_export(room: RunningRoom, kind: str) -> None:
    """The room's own line quotes the beginning; whoever reads what became of a task wants its result."""
    guest = await room.invite("rev")
    description, result = "first the schema, " * 30 + "last the tests", "all of it " * 40 + "is done"
    await room.host.post("/session", {"action": "start", "expected_minutes": 30})
    await room.host.post("/tasks", {"title": "Migrate", "description": description, "due": "2030-01-05T09:30:00.000Z"})
    await room.host.post("/tasks", {"title": "Announce", "depends_on": [1]})
    await guest.post("/tasks/1/claim")
    await guest.post("/tasks/1/complete", {"result": result})
    await room.host.post("/tasks/2/cancel", {"reason": "nobody " * 50 + "asked"})
    await guest.post("/leases", {"globs": ["src/api/**"], "note": "until the review"})
    first = {"type": "object", "properties": {"id": {"type": "integer"}}}
    for document in (first, first | {"required": ["id"], "properties": {"id": {"type": "string"}}}):
        await guest.post(
            "/contracts/orders", {"format": "jsonschema", "document": document, "note": "so " * 60 + "agreed"}
        )
    text = await whole(guest, kind)
    for words in (
        description,
        result,
        "nobody asked",
        "src/api/**",
        "until the review",
        "so agreed",
        "2030-01-05T09:30",
    ):
        assert words in text
    if kind in ("md", "html"):
        for told in (
            "session",
            "rev claimed task 1",
            "Depends on",
            "tasks 1",
            "contract orders v2: it breaks consumers",
        ):
            assert told in text
        assert re.search(r"(type|became required) at /properties/id", text)
