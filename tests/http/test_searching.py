"""GET /search over a real daemon: what is found, in which order and pages, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from tests.rooms import Guest, RunningRoom


async def found(guest: Guest, **asked: Any) -> list[str]:
    """The texts of the first page, newest first."""
    return [message["text"] for message in (await guest.get("/search", **asked))["messages"]]


async def test_all_words_have_to_be_there_whatever_their_case_and_within_longer_ones(room: RunningRoom) -> None:
    for text in ("The INDEX is rebuilt", "rebuild the index, then wait", "index alone"):
        await room.host.say(text)
    assert await found(room.host, q="ind REBU") == ["rebuild the index, then wait", "The INDEX is rebuilt"]
    assert await found(room.host, q="index then") == ["rebuild the index, then wait"]
    assert await found(room.host, q="index nowhere") == []


async def test_a_hit_is_the_record_as_every_door_shows_it(room: RunningRoom) -> None:
    await room.invite("rev")
    said = await room.host.say("@rev the needle", client_msg_id="c-1", context={"file": "a.py"})
    assert await room.host.get("/search", q="needle") == {
        "ok": True,
        "messages": [said],
        "next_before_id": None,
        "has_more": False,
    }


async def test_a_phrase_stays_together_across_a_line_break(room: RunningRoom) -> None:
    for text in ("a held\n  wait ends", "a wait that is held", "held waits"):
        await room.host.say(text)
    assert await found(room.host, q='"held wait"') == ["held waits", "a held\n  wait ends"]
    assert await found(room.host, q="held wait") == ["held waits", "a wait that is held", "a held\n  wait ends"]


async def test_accents_are_found_however_they_are_written(room: RunningRoom) -> None:
    await room.host.say("Cafe\u0301 STRASSE")
    for query in ("café", "CAFE\u0301", "straße"):
        assert await found(room.host, q=query) == ["Cafe\u0301 STRASSE"], query


async def test_filters_say_whose_which_and_for_whom(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    await room.host.say("@rev take this over", type="handoff")
    await reviewer.say("taken over", type="status")
    await room.host.say("over")
    assert await found(room.host, q="over", **{"from": "rev"}) == ["taken over"]
    assert await found(room.host, type="handoff") == ["@rev take this over"]
    assert await found(room.host, mentions="rev", q="over") == ["@rev take this over"]
    assert await found(room.host, q="over", type="handoff", mentions="rev", **{"from": "rev"}) == []
    assert await found(room.host, q="invited", type="system") == await found(
        room.host, q="rev inv", **{"from": "system"}
    )
    assert len(await found(room.host, q="invited", type="system")) == 1


async def test_pages_follow_one_another_without_gap_or_repeat(room: RunningRoom) -> None:
    said = [(await room.host.say(f"needle {number}" if number % 2 else "hay"))["id"] for number in range(14)]
    seen: list[int] = []
    asked: dict[str, Any] = {"q": "needle", "limit": 3}
    while True:
        page = await room.host.get("/search", **asked)
        seen += [message["id"] for message in page["messages"]]
        assert page["has_more"] is (page["next_before_id"] is not None)
        if not page["has_more"]:
            break
        assert len(page["messages"]) == 3
        asked["before_id"] = page["next_before_id"]
    assert seen == said[::-2]


async def test_what_was_just_said_is_found_and_what_was_taken_back_is_not(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    retracted = await reviewer.say("my password is hunter2")
    scrubbed = await reviewer.say("hunter2, I said")
    assert len(await found(room.host, q="hunter2")) == 2
    await reviewer.post(f"/messages/{retracted['id']}/retract")
    assert await found(room.host, q="hunter2") == ["hunter2, I said"]
    await room.host.post(f"/messages/{scrubbed['id']}/scrub")
    assert await found(room.host, q="hunter2") == []
    assert await found(room.host, **{"from": "rev"}) == []
    assert await found(room.host, q=f"retracted #{retracted['id']}") == [f"rev retracted message #{retracted['id']}"]


async def test_an_observer_searches_and_nobody_is_seen_by_it(room: RunningRoom) -> None:
    observer = await room.invite("eye", role="observer")
    await room.host.say("needle")
    before = (await room.host.get("/status"))["participants"]
    assert await found(observer, q="needle") == ["needle"]
    after = (await room.host.get("/status"))["participants"]
    for name in ("lastSeenAt", "delivered_id", "read_id", "attention"):
        assert [seat[name] for seat in after] == [seat[name] for seat in before]


async def test_a_closed_room_is_searched_as_well(room: RunningRoom) -> None:
    await room.host.say("needle")
    await room.host.post("/close")
    assert await found(room.host, q="needle") == ["needle"]


async def test_who_was_removed_finds_nothing(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    await room.host.post("/participants/rev/remove")
    answer = await reviewer.ask("GET", "/search?q=a")
    assert (answer.status_code, answer.json()["error"]) == (410, "removed")
    nobody = await room.client.get(f"{room.url}/search?q=a")
    assert (nobody.status_code, nobody.json()["error"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "invalid_query", "q"),
        ("q=", "invalid_query", "q"),
        ("q=%20%09", "invalid_query", "q"),
        ("q=%22%22", "invalid_query", "q"),
        ("q=a%00b", "invalid_query", "q"),
        ("q=" + "x" * 201, "invalid_query", "q"),
        ("q=" + "%F0%9F%98%80" * 101, "invalid_query", "q"),
        ("q=" + "+".join("abcdefghijklmnopq"), "invalid_query", "q"),
        ("q=a&from=No+body", "invalid_alias", "from"),
        ("q=a&mentions=@rev", "invalid_alias", "mentions"),
        ("q=a&from=", "invalid_alias", "from"),
        ("q=a&type=", "invalid_type", "type"),
        ("q=a&type=nonsense", "invalid_type", "type"),
        ("q=a&type=SYSTEM", "invalid_type", "type"),
        ("q=a&before_id=-1", "invalid_before_id", "before_id"),
        ("q=a&limit=0", "invalid_limit", "limit"),
        ("q=a&limit=201", "invalid_limit", "limit"),
    ],
)
async def test_a_search_out_of_bounds_is_refused_with_its_field(
    room: RunningRoom, query: str, code: str, field: str
) -> None:
    answer = await room.host.ask("GET", f"/search?{query}")
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (400, code, field)


async def test_the_largest_search_that_is_allowed_is_answered(room: RunningRoom) -> None:
    await room.host.say("abcdefghijklmnop " + "x" * 169)
    words = [*"abcdefghijklmno", "x" * 169]
    assert len(await found(room.host, q=" ".join(words))) == 1
    assert len(await found(room.host, q='"' + "x" * 198 + '"')) == 0


async def test_many_search_at_once_and_each_finds_its_own(room: RunningRoom) -> None:
    guests = [await room.invite(f"agent-{number}") for number in range(4)]
    for guest in guests:
        await guest.say(f"I am {guest.alias}")
    answers: list[tuple[str, list[str]]] = []

    async def ask(guest: Guest) -> None:
        answers.append((guest.alias, await found(guest, q=f"am {guest.alias}")))

    async with trio.open_nursery() as nursery:
        for guest in guests * 5:
            nursery.start_soon(ask, guest)
    assert len(answers) == 20
    assert all(texts == [f"I am {alias}"] for alias, texts in answers)
