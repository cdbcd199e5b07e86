"""`ack`, `delivery` and `requests`, as processes; and that what was acknowledged is known after the daemon was killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio

from tests.cli.commands import home_of
from tests.cli.terminal import serving, tell, tell_beside
from tests.rooms import RunningRoom


async def test_a_message_is_acknowledged_by_the_proof_that_is_shown_and_waited_for(
    room: RunningRoom, tmp_path: Path
) -> None:
    guest = await room.invite("rev")
    ops, rev = home_of(room, tmp_path / "ops").root, home_of(room, tmp_path / "rev", guest).root
    asked = (await tell_beside(ops, "send", "rev", "--need-reply", "--json", "which branch?")).answer["message"]
    number, proof = str(asked["id"]), str(asked["proof"])
    owed = await tell_beside(rev, "requests", "--of", "me")
    assert owed.out.splitlines()[1].split() == [f"#{number}", "ops", asked["ts"], "rev"]
    assert (await tell_beside(ops, "delivery", number)).out.split() == [f"#{number}", "rev", "recorded"]
    assert f"[wants an answer] [calls you] [proof {proof}]" in (await tell_beside(rev, "read")).out
    wrong = await tell_beside(rev, "ack", number, "aaaaaaaa")
    assert (wrong.code, "proof" in wrong.err) == (3, True)
    assert (await tell_beside(rev, "ack", number, proof)).out == f"noted: #{number} is before you\n"
    assert (await tell_beside(rev, "ack", number, proof)).out.endswith("(it was said before)\n")
    late = await tell_beside(ops, "delivery", number, "--wait", "answered", "--seconds", "0")
    assert (late.code, late.out.split()[2], "did not come as far" in late.err) == (5, "in_context", True)
    nothing = await tell_beside(rev, "delivery", "--wait", "answered")
    assert (nothing.code, "said nothing" in nothing.err) == (4, True)

    async with trio.open_nursery() as nursery:

        async def wait() -> None:
            waited = await tell_beside(ops, "delivery", number, "--wait", "answered", "--seconds", "120")
            assert (waited.code, waited.out.split()[:3]) == (0, [f"#{number}", "rev", "done"])

        nursery.start_soon(wait)
        await guest.say("main", type="reply", reply_to=asked["id"], done=True)
    assert (await tell_beside(ops, "delivery")).out.split()[:3] == [f"#{number}", "rev", "done"]
    newest = await tell_beside(ops, "delivery", "--wait", "answered")
    assert (newest.code, newest.out.split()[:3]) == (0, [f"#{number}", "rev", "done"])
    assert (await tell_beside(ops, "requests")).out == "nothing waits for an answer\n"


def test_what_was_acknowledged_is_known_after_the_daemon_was_killed(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    with serving(home, "up", "lab", "--port", "0", "--json") as up:
        invitation = json.loads(tell(home, "room", "invite", "bob", "--json").out)
        assert tell(other, "room", "join", "-", "--json", stdin=invitation["browser_url"]).code == 0
        said = [json.loads(tell(home, "send", "bob", "look", "--json").out)["message"] for _ in range(3)]
        assert tell(other, "ack", str(said[0]["id"]), said[0]["proof"], "--json").code == 0
        assert tell(other, "ack", str(said[1]["id"]), said[1]["proof"], "--done", "--json").code == 0
        up.stop(signal.SIGKILL)
    kept = (home / "rooms" / "lab" / "deliveries.jsonl").read_bytes()
    port = str(urlsplit(invitation["browser_url"]).port)
    with serving(home, "room", "serve", "lab", "--port", port, "--json"):
        told = json.loads(tell(home, "delivery", "--json").out)["deliveries"]
        assert [one["recipients"][0]["state"] for one in told] == ["recorded", "done", "in_context"]
        assert tell(other, "ack", str(said[1]["id"]), said[1]["proof"], "--json").code == 0
    assert (home / "rooms" / "lab" / "deliveries.jsonl").read_bytes().startswith(kept)


async def test_a_wait_that_is_over_says_what_did_not_come_however_the_time_was_cut(
    room: RunningRoom, tmp_path: Path
) -> None:
    await room.invite("rev")
    ops = home_of(room, tmp_path / "ops").root
    number = str((await room.host.say("@rev which branch?"))["id"])
    late = await tell_beside(ops, "delivery", number, "--wait", "answered", "--seconds", "0.5")
    assert (late.code, "did not come as far as answered within 0.5 seconds" in late.err) == (5, True)
    await room.host.post("/close")
    with trio.fail_after(30):
        closed = await tell_beside(ops, "delivery", number, "--wait", "answered", "--seconds", "600")
    assert (closed.code, "before the room was closed" in closed.err) == (5, True)


def test_whoever_waits_for_an_answer_keeps_nobody_out_of_a_room_that_is_not_served(tmp_path: Path) -> None:
    home = tmp_path / "home"
    tell(home, "room", "start", "lab")
    tell(home, "room", "invite", "bob")
    assert tell(home, "send", "bob", "look").code == 0
    assert tell(home, "delivery", "--wait", "recorded", "--seconds", "0").code == 0
    waited = tell(home, "delivery", "--wait", "answered", "--seconds", "0.5", "--json")
    assert (waited.code, waited.error["error"]) == (5, "not_served")


async def test_that_more_wait_for_an_answer_is_said(
    room: RunningRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentgather.http.delivery.PEOPLE_MAX", 1)
    await room.invite("rev")
    ids = [(await room.host.say("@rev ready?", need_reply=True))["id"] for _ in range(2)]
    told = (await tell_beside(home_of(room, tmp_path / "ops").root, "requests")).out.splitlines()
    assert (told[1].split()[0], told[2:]) == (f"#{ids[0]}", ["and more: these are the oldest"])
