"""GET and POST /messages, single messages, retraction and scrubbing over a real daemon."""

from __future__ import annotations

import json

import pytest
import trio

from agentgather.room.limits import RoomLimits
from agentgather.settings.shape import DaemonSettings, Settings
from tests.rooms import RunningRoom


async def test_a_post_is_answered_with_its_record(room: RunningRoom) -> None:
    await room.invite("rev")
    answer = await room.host.ask("POST", "/messages", json={"text": "@rev please check ids", "client_msg_id": "c-1"})
    assert answer.status_code == 201
    message = answer.json()["message"]
    assert list(message) == ["id", "room", "ts", "from", "type", "text", "mentions", "client_msg_id", "proof"]
    assert (message["from"], message["type"], message["mentions"]) == ("ops", "message", ["rev"])


async def test_the_credential_says_who_speaks_not_the_request(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    said = await reviewer.say("hi", **{"from": "ops", "id": 999, "room": "x", "ts": "never", "mentions": ["ops"]})
    assert (said["from"], said["room"], said["mentions"]) == ("rev", "lab", [])
    assert said["id"] < 999


@pytest.mark.parametrize("asked", ["system", "nonsense", 7, None, ["reply"]])
async def test_a_type_that_is_not_a_clients_becomes_message(room: RunningRoom, asked: object) -> None:
    assert (await room.host.say("hi", type=asked))["type"] == "message"


async def test_asking_for_an_answer_is_a_field_of_the_record_and_only_when_it_is_so(room: RunningRoom) -> None:
    await room.invite("rev")
    asked = await room.host.say("@rev which branch?", need_reply=True, to="rev")
    assert list(asked)[-3:] == ["to", "need_reply", "proof"]
    assert asked["need_reply"] is True
    assert "need_reply" not in await room.host.say("@rev by the way", need_reply=False)
    kept = (await room.host.get("/messages", since_id=asked["id"] - 1, limit=1))["messages"]
    assert kept == [asked]


async def test_a_repeated_post_answers_with_the_first_record(room: RunningRoom) -> None:
    first = await room.host.ask("POST", "/messages", json={"text": "once", "client_msg_id": "c-1"})
    again = await room.host.ask("POST", "/messages", json={"text": "once", "client_msg_id": "c-1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {"ok": True, "message": first.json()["message"], "idempotent": True}
    other = await room.host.ask("POST", "/messages", json={"text": "twice", "client_msg_id": "c-1"})
    assert (other.status_code, other.json()["error"], other.json()["field"]) == (409, "id_reused", "client_msg_id")


async def test_twenty_racing_repeats_record_one_message(room: RunningRoom) -> None:
    codes = []

    async def post() -> None:
        answer = await room.host.ask("POST", "/messages", json={"text": "race", "client_msg_id": "r-1"})
        codes.append(answer.status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(post)
    assert sorted(codes) == [200] * 19 + [201]
    texts = [message["text"] for message in (await room.host.get("/messages"))["messages"]]
    assert texts.count("race") == 1


async def test_concurrent_posts_get_contiguous_ids(room: RunningRoom) -> None:
    before = (await room.host.get("/status"))["last_id"]
    ids: list[int] = []

    async def post(number: int) -> None:
        ids.append((await room.host.say(f"n{number}"))["id"])

    async with trio.open_nursery() as nursery:
        for number in range(24):
            nursery.start_soon(post, number)
    assert sorted(ids) == list(range(before + 1, before + 25))


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid_text", "text"),
        ({"text": 7}, "invalid_text", "text"),
        ({"text": ""}, "invalid_text", "text"),
        ({"text": " \n\t"}, "invalid_text", "text"),
        ({"text": "a\0b"}, "invalid_text", "text"),
        ({"text": "x" * 24_001}, "text_too_long", "text"),
        ({"text": "😀" * 12_001}, "text_too_long", "text"),
        ({"text": "a", "reply_to": 0}, "invalid_reply_to", "reply_to"),
        ({"text": "a", "reply_to": None}, "invalid_reply_to", "reply_to"),
        ({"text": "a", "reply_to": 1.5}, "invalid_reply_to", "reply_to"),
        ({"text": "a", "reply_to": True}, "invalid_reply_to", "reply_to"),
        ({"text": "a", "reply_to": 2**53}, "invalid_reply_to", "reply_to"),
        ({"text": "a", "client_msg_id": ""}, "invalid_client_msg_id", "client_msg_id"),
        ({"text": "a", "client_msg_id": "a b"}, "invalid_client_msg_id", "client_msg_id"),
        ({"text": "a", "client_msg_id": "x\n"}, "invalid_client_msg_id", "client_msg_id"),
        ({"text": "a", "client_msg_id": "x" * 129}, "invalid_client_msg_id", "client_msg_id"),
        ({"text": "a", "client_msg_id": 7}, "invalid_client_msg_id", "client_msg_id"),
        ({"text": "a", "to": "nobody"}, "invalid_to", "to"),
        ({"text": "a", "to": [7]}, "invalid_to", "to"),
        ({"text": "a", "to": {}}, "invalid_to", "to"),
        ({"text": "a", "need_reply": "yes"}, "invalid_need_reply", "need_reply"),
        ({"text": "a", "need_reply": None}, "invalid_need_reply", "need_reply"),
        ({"text": "a", "context": []}, "invalid_context", "context"),
        ({"text": "a", "context": {"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}}}, "invalid_context", "context"),
        ({"text": "a", "context": {"a": "x" * 4_096}}, "invalid_context", "context"),
    ],
)
async def test_a_post_that_cannot_be_recorded_is_a_400_that_names_the_field(
    room: RunningRoom, body: dict[str, object], code: str, field: str
) -> None:
    answer = await room.host.ask("POST", "/messages", json=body)
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (400, code, field)


async def test_half_a_surrogate_pair_is_no_text(room: RunningRoom) -> None:
    answer = await room.host.ask("POST", "/messages", content=b'{"text": "a\\ud800"}')
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_text")


async def test_the_longest_text_in_many_bytes_fits_in_a_body(room: RunningRoom) -> None:
    text = "\u20ac" * 20_000
    assert (await room.host.say(text))["text"] == text


async def test_a_message_to_somebody_mentions_them(room: RunningRoom) -> None:
    await room.invite("rev")
    await room.invite("doc")
    said = await room.host.say("@doc look", to=["rev", "doc"], context={"file": "a.py", "line": 7})
    assert said["mentions"] == ["doc", "rev"]
    assert said["to"] == ["rev", "doc"]
    assert said["context"] == {"file": "a.py", "line": 7}


async def test_pages_follow_one_another_without_gap_or_repeat(room: RunningRoom) -> None:
    for number in range(10):
        await room.host.say(f"n{number}")
    seen: list[int] = []
    cursor, has_more = 0, True
    while has_more:
        page = await room.host.get("/messages", since_id=cursor, limit=3)
        seen += [message["id"] for message in page["messages"]]
        cursor, has_more = page["next_since_id"], page["has_more"]
        assert page["room_status"] == "open"
    assert seen == list(range(1, (await room.host.get("/status"))["last_id"] + 1))
    backwards: list[int] = []
    before, has_more = seen[-1] + 1, True
    while has_more:
        page = await room.host.get("/messages", before_id=before, limit=4)
        backwards = [message["id"] for message in page["messages"]] + backwards
        before, has_more = backwards[0], page["has_more"]
    assert backwards == seen


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since_id=-1", "invalid_since_id"),
        ("since_id=abc", "invalid_since_id"),
        ("since_id=1.5", "invalid_since_id"),
        ("since_id=9007199254740992", "invalid_since_id"),
        ("since_id=1_0", "invalid_since_id"),
        ("since_id=%D9%A1", "invalid_since_id"),
        ("since_id=NaN", "invalid_since_id"),
        ("since_id=1e99", "invalid_since_id"),
        ("before_id=x", "invalid_before_id"),
        ("limit=0", "invalid_limit"),
        ("limit=1001", "invalid_limit"),
        ("limit=-1", "invalid_limit"),
        ("limit=", "invalid_limit"),
        ("since_id=1&before_id=2", "conflicting_cursor"),
    ],
)
async def test_a_query_out_of_range_is_refused(room: RunningRoom, query: str, code: str) -> None:
    answer = await room.host.ask("GET", f"/messages?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, code)


@pytest.mark.parametrize("form", ["", "%200%20", "0x0", "0e3", "0.0", "000"])
async def test_a_cursor_may_be_written_as_older_clients_write_it(room: RunningRoom, form: str) -> None:
    assert (await room.host.get(f"/messages?since_id={form}"))["messages"][0]["id"] == 1


async def test_a_cursor_beyond_the_end_waits_for_ids_to_catch_up(room: RunningRoom) -> None:
    page = await room.host.get("/messages", since_id=500)
    assert (page["messages"], page["next_since_id"]) == ([], 500)


async def test_one_message_is_read_by_its_number(room: RunningRoom) -> None:
    said = await room.host.say("hello")
    assert (await room.host.get(f"/messages/{said['id']}"))["message"] == said
    for name in ("0", "999", "x", "1.0", "-1", "%D9%A1", "9" * 40):
        answer = await room.host.ask("GET", f"/messages/{name}")
        assert (answer.status_code, answer.json()["error"]) == (404, "message_not_found"), name


async def test_a_retracted_message_is_empty_at_every_door(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    said = await reviewer.say("my password is hunter2", context={"k": "hunter2"})
    gone = (await reviewer.post(f"/messages/{said['id']}/retract"))["message"]
    assert (gone["text"], gone["retracted"], "context" in gone) == ("", True, False)
    for path in ("/messages", f"/messages/{said['id']}", "/log", "/wait?since_id=0"):
        assert "hunter2" not in (await room.host.ask("GET", path)).text
    last = (await room.host.get("/messages"))["messages"][-1]
    assert last["event"] == {"kind": "message.retracted", "message_id": said["id"], "scrubbed": False}
    assert (await reviewer.post(f"/messages/{said['id']}/retract"))["message"] == gone


async def test_only_the_author_and_the_host_retract(room: RunningRoom) -> None:
    reviewer, other = await room.invite("rev"), await room.invite("doc")
    said = await reviewer.say("mine")
    refused = await other.ask("POST", f"/messages/{said['id']}/retract")
    assert (refused.status_code, refused.json()["error"]) == (403, "not_author")
    note = await other.ask("POST", "/messages/1/retract")
    assert (note.status_code, note.json()["error"]) == (403, "not_retractable")
    assert (await room.host.post(f"/messages/{said['id']}/retract"))["message"]["retracted"] is True


async def test_a_scrubbed_text_leaves_the_log_and_the_chain_still_verifies(room: RunningRoom) -> None:
    from agentgather.store.log_file import read_log

    said = await room.host.say("the secret is hunter2")
    await room.host.say("after")
    refused = await (await room.invite("rev")).ask("POST", f"/messages/{said['id']}/scrub")
    assert refused.json()["error"] == "host_required"
    await room.host.post(f"/messages/{said['id']}/scrub")
    log = room.root / "rooms" / "lab" / "messages.jsonl"
    assert b"hunter2" not in log.read_bytes()
    await room.host.say("and on")
    await room.stop()
    reading = read_log(log, room="lab")  # raises when the chain is broken
    assert reading.kept[-1].record.text == "and on"


async def test_the_log_is_handed_out_line_by_line_and_verifies(room: RunningRoom) -> None:
    from agentgather.api.seal import START, is_intact, parse_line, read_seal

    for number in range(5):
        await room.host.say(f"n{number}")
    lines = (await room.host.ask("GET", "/log?limit=1000")).content.splitlines()
    head = START
    for line in lines:
        fields = parse_line(line)
        seal = read_seal(fields)
        assert seal is not None
        assert is_intact(fields, seal, previous=head)
        head = seal.chain
    assert head == (await room.host.get("/status"))["chain"]


class TestLimits:
    @pytest.fixture
    def room_settings(self) -> Settings:
        limits = RoomLimits(posts_per_minute=5, writes_per_minute=4, loop_posts_max=3, log_records_max=30)
        return Settings(room=limits, daemon=DaemonSettings(port=0, drain_seconds=3))

    async def test_the_sixth_post_of_a_minute_is_refused_and_repeats_are_not_counted(self, room: RunningRoom) -> None:
        for _ in range(10):
            await room.host.say("same", client_msg_id="s")
        for number in range(4):
            await room.host.say(f"n{number}")
        refused = await room.host.ask("POST", "/messages", json={"text": "one too many"})
        assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.json()["retry_after"] == int(refused.headers["retry-after"])

    async def test_other_writes_have_a_limit_of_their_own(self, room: RunningRoom) -> None:
        for version in range(4):
            await room.host.post("/brief", {"body": f"v{version}"})
        refused = await room.host.ask("POST", "/brief", json={"body": "again"})
        assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
        await room.host.say("posts go on")

    async def test_an_agent_among_agents_is_paused_and_a_human_frees_it(self, room: RunningRoom) -> None:
        agent = await room.invite("rev")
        for number in range(3):
            await agent.say(f"n{number}")
        refused = await agent.ask("POST", "/messages", json={"text": "and another"})
        assert (refused.status_code, refused.json()["error"]) == (429, "loop_guard")
        assert (await room.host.get("/status"))["paused"] == ["rev"]
        notes = [
            m
            for m in (await room.host.get("/messages"))["messages"]
            if m.get("event", {}).get("kind") == "loop.tripped"
        ]
        assert [note["event"]["alias"] for note in notes] == ["rev"]
        await room.host.say("go on")
        await agent.say("thanks")

    async def test_the_host_may_let_agents_continue_without_a_word(self, room: RunningRoom) -> None:
        agent = await room.invite("rev")
        for number in range(3):
            await agent.say(f"n{number}")
        assert (await room.host.post("/continue"))["continued"] == ["rev"]
        await agent.say("again")


class TestAFullLog:
    @pytest.fixture
    def room_settings(self) -> Settings:
        return Settings(room=RoomLimits(log_records_max=8), daemon=DaemonSettings(port=0, drain_seconds=3))

    async def test_it_takes_nothing_but_what_the_host_needs_to_end_the_room(self, room: RunningRoom) -> None:
        guest = await room.invite("rev")
        for number in range(6):
            await room.host.say(f"n{number}")
        for who, path, body in [
            (room.host, "/messages", {"text": "one too many"}),
            (guest, "/join", {}),
            (guest, "/profile", {"display_name": "Reviewer"}),
            (room.host, "/brief", {"body": "new"}),
            (room.host, "/invites", {"alias": "doc"}),
        ]:
            refused = await who.ask("POST", path, json=body)
            assert (refused.status_code, refused.json()["error"]) == (507, "room_log_full"), path
        await room.host.post("/participants/rev/rotate")
        await room.host.post("/participants/rev/remove")
        assert (await room.host.post("/close"))["room_status"] == "closed"


async def test_reads_never_touch_the_disk(room: RunningRoom) -> None:
    await room.host.say("hello")
    log = room.root / "rooms" / "lab" / "messages.jsonl"
    hidden = log.rename(log.with_name("elsewhere"))
    assert (await room.host.get("/messages"))["messages"][-1]["text"] == "hello"
    assert (await room.host.wait(0))["messages"]
    hidden.rename(log)


async def test_polling_writes_nothing(room: RunningRoom) -> None:
    directory = room.root / "rooms" / "lab"
    await room.host.get("/messages")
    before = {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}
    for _ in range(20):
        await room.host.get("/messages")
        await room.host.wait(99, hold=0)
    after = {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}
    assert after == before


async def test_what_was_answered_is_in_the_log_already(room: RunningRoom) -> None:
    said = await room.host.say("durable")
    lines = (room.root / "rooms" / "lab" / "messages.jsonl").read_bytes().splitlines()
    assert json.loads(lines[-1])["id"] == said["id"]
