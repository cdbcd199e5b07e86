"""Waking by a program: no shell, two variables, no token; one at a time, and ended at its deadline."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import trio

from agentgather.store.processes import is_alive
from agentgather.wake.adapter import Look, Submitted, Wake
from agentgather.wake.program import ProgramUnusable, environment, open_program, words_of

WAKE = Wake("w", "http://127.0.0.1:8787/lab", 40, "mention", "look")
NOTE = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open(sys.argv[1], 'w'))"


def python(code: str, *words: str) -> str:
    return " ".join([sys.executable, "-c", f'"{code}"', *words])


async def test_it_is_run_with_two_variables_and_its_own_words_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTGATHER_TOKEN", "agt_PLANTED-token-000000")
    monkeypatch.setenv("CARD", "curl -H 'Authorization: Bearer agt_PLANTED-token-000000'")
    path = tmp_path / "noted"
    with trio.fail_after(60):
        async with open_program(python(NOTE, str(path), "'$HOME; true'")) as program:
            submission = await program.submit(WAKE)
            assert await program.took_effect(WAKE, submission)
    words, environ = json.loads(path.read_text())
    assert words == [str(path), "$HOME; true"]
    new = {name: text for name, text in environ.items() if os.environ.get(name) != text}
    new.pop("LC_CTYPE", None)  # python's own
    assert new == {"AGENTGATHER_ROOM_URL": WAKE.room_url, "AGENTGATHER_SINCE_ID": "40"}
    assert "agt_" not in json.dumps(environ)


async def test_a_program_that_runs_is_an_agent_that_works() -> None:
    with trio.fail_after(60):
        async with open_program("sleep 600") as program:
            assert (await program.submit(WAKE)).outcome is Submitted.YES
            assert await program.look() is Look.WORKING
            second = await program.submit(WAKE)
            assert (second.outcome, second.trouble) == (Submitted.NO, "working")


async def test_a_program_that_does_not_end_is_ended_at_its_deadline() -> None:
    with trio.fail_after(60):
        async with open_program("sleep 600", deadline_seconds=0.1) as program:
            assert not await program.took_effect(WAKE, await program.submit(WAKE))
            assert await program.look() is Look.QUIET


async def test_what_a_program_started_is_ended_with_it(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    deaf = f"trap '' TERM; sleep 300 & echo $! > {path}; wait"
    with trio.fail_after(60):
        async with open_program(f'sh -c "{deaf}"', leave_seconds=0.2) as program:
            await program.submit(WAKE)
            while not path.exists() or not path.read_text().strip():
                await trio.sleep(0.01)
        pid = int(path.read_text())
        while is_alive(pid):
            await trio.sleep(0.01)


async def test_what_a_program_started_has_the_time_to_end_in_order_though_the_program_itself_is_gone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "said"
    tidy = (
        f"(trap 'sleep 0.2; echo done > {path}; exit' TERM; echo ready > {path}; while :; do sleep 0.01; done) & wait"
    )
    with trio.fail_after(60):
        async with open_program(f'sh -c "{tidy}"', leave_seconds=30) as program:
            await program.submit(WAKE)
            while not path.exists() or not path.read_text():
                await trio.sleep(0.01)
    assert path.read_text() == "done\n"


async def test_a_program_that_fails_did_not_act() -> None:
    with trio.fail_after(60):
        async with open_program("false") as program:
            assert not await program.took_effect(WAKE, await program.submit(WAKE))


@pytest.mark.parametrize("command", ["", "  ", "'", "no-such-program-anywhere --x", "/etc/passwd"])
def test_what_is_no_program_is_refused(command: str) -> None:
    with pytest.raises(ProgramUnusable):
        words_of(command)


def test_whatever_looks_like_a_token_stays_behind() -> None:
    assert set(environment({"A": "1", "B": "x agt_PLANTED-token-000000", "AGENTGATHER_TOKEN": "?"}, WAKE)) == {
        "A",
        "AGENTGATHER_ROOM_URL",
        "AGENTGATHER_SINCE_ID",
    }
