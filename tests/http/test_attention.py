"""Attention over a real daemon: declared, asked for, seen, and said."""

from __future__ import annotations

from typing import Any

import trio

from tests.rooms import Guest, RunningRoom


async def seat(room: RunningRoom, alias: str) -> dict[str, Any]:
    return next(one for one in (await room.host.get("/status"))["participants"] if one["alias"] == alias)


async def state(room: RunningRoom, alias: str) -> str:
    return str((await seat(room, alias))["live_state"])


async def test_what_is_declared_and_asked_for_is_shown_everywhere_alike(room: RunningRoom) -> None:
    rev = await room.invite("rev", requested_mode="wake_on_event")
    assert (await seat(room, "rev"))["effective_mode"] == "manual"
    await rev.post(
        "/join", {"supported_modes": ["manual", "foreground_attended", "wake_on_event"], "safety_wake_s": 900}
    )
    shown = (await rev.get("/profile"))["participant"]
    assert shown["supported_modes"] == ["foreground_attended", "wake_on_event", "manual"]
    assert (shown["requested_mode"], shown["effective_mode"], shown["wake_tier"]) == (
        "wake_on_event",
        "wake_on_event",
        "A",
    )
    assert (shown["poll_cadence_s"], shown["safety_wake_s"]) == (None, 900)
    assert {name: value for name, value in (await seat(room, "rev")).items() if name != "last_seen_age_ms"} == {
        name: value for name, value in shown.items() if name != "last_seen_age_ms"
    }
    card = await rev.ask("GET", "/card")
    assert "the others see you as wake_on_event (tier A)" in card.text
    assert "an empty poll never invokes the model" in card.text
    fields = (await rev.ask("GET", "/card", headers={"Accept": "application/json"})).json()
    assert (fields["effective_mode"], fields["requested_mode"]) == ("wake_on_event", "wake_on_event")
    again = (await rev.post("/attention", {"supported_modes": []}))["participant"]
    assert again["effective_mode"] == "manual"


async def test_who_works_says_so_until_it_waits_or_speaks(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    await rev.post("/join")
    assert await state(room, "rev") == "idle"
    working = (await rev.post("/attention", {"working_on": 'the parser of "leases" \u2603'}))["participant"]
    assert (working["live_state"], working["working_on"]) == ("working", 'the parser of "leases" \u2603')
    assert (await seat(room, "rev"))["working_on"] == working["working_on"]
    await rev.wait(0, hold=0)
    assert "working_on" not in await seat(room, "rev")
    endings: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/messages", {"text": "done"}),
        ("/leave", {}),
        ("/profile", {"working": False}),
    )
    for path, body in endings:
        assert (await rev.post("/profile", {"working": True}))["participant"]["live_state"] == "working"
        await rev.post(path, body)
        assert await state(room, "rev") != "working"


async def test_who_holds_a_wait_attends_and_a_program_that_waits_for_it_does_not(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    last = (await room.host.get("/status"))["last_id"]
    assert await state(room, "rev") == "cannot_be_woken"

    async def hold(guest: Guest, **more: Any) -> None:
        await guest.get("/wait", since_id=last, hold=30, **more)

    opened = room.daemon.house.find("lab")
    assert opened is not None
    live = opened.room
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: hold(rev, peek=1))
            while not live.peek_count("rev"):
                await trio.lowlevel.checkpoint()
            assert await state(room, "rev") == "cannot_be_woken"
            nursery.start_soon(hold, rev)
            while not live.held_count("rev"):
                await trio.lowlevel.checkpoint()
            assert await state(room, "rev") == "attending"
            nursery.cancel_scope.cancel()


async def test_who_speaks_without_having_come_or_read_was_seen(room: RunningRoom) -> None:
    rev, new = await room.invite("rev"), await room.invite("new")
    await rev.say("hello")
    assert (await state(room, "rev"), await state(room, new.alias)) == ("idle", "cannot_be_woken")


async def test_another_session_at_the_same_seat_is_warned_of_and_let_in(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    assert "warning" not in await rev.post("/join", {"session_id": "one"})
    assert "warning" not in await rev.post("/join", {"session_id": "one"})
    assert "another session" in (await rev.post("/join", {"session_id": "two"}))["warning"]
    assert "warning" not in await rev.post("/join")
    await rev.post("/leave")
    assert "warning" not in await rev.post("/join", {"session_id": "three"})
    assert "session_id" not in (await rev.get("/profile"))["participant"]


async def test_what_cannot_be_said_of_attention_is_refused(room: RunningRoom) -> None:
    for body in (
        {"supported_modes": "manual"},
        {"supported_modes": ["always"]},
        {"supported_modes": [["manual"]]},
        {"supported_modes": ["manual"] * 5},
        {"poll_cadence_s": -1},
        {"poll_cadence_s": 1.5},
        {"safety_wake_s": 10**9},
        {"safety_wake_s": True},
        {"working": "yes"},
        {"working": None},
        {"working_on": ""},
        {"working_on": "x" * 201},
        {"working_on": "two\nlines"},
        {"working_on": "\u202eright to left"},
        {"working": False, "working_on": "something"},
    ):
        for path in ("/attention", "/profile"):
            answer = await room.host.ask("POST", path, json=body)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_attention"), (path, body)
    assert (await room.host.ask("POST", "/attention", json={})).json()["error"] == "invalid_attention"
    joins: list[dict[str, Any]] = [
        {"session_id": ""},
        {"session_id": 1},
        {"session_id": "x" * 201},
        {"poll_cadence_s": "1"},
    ]
    for join in joins:
        assert (await room.host.ask("POST", "/join", json=join)).json()["error"] == "invalid_attention"
    invited = await room.host.ask("POST", "/invites", json={"alias": "new", "requested_mode": "always"})
    assert invited.json()["error"] == "invalid_attention"
    hidden = (await room.host.post("/attention", {"working_on": f"with {room.host.token}"}))["participant"]
    assert hidden["working_on"] == "with agt_***"
