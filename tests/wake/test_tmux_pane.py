"""Waking an agent in a real tmux pane: exactly once, never over somebody's draft, never into a turn (wake.tmux_pane)."""

from __future__ import annotations

import os
import re
import secrets
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trio
from proofs.wakes.program import Program, start_program

from agentgather.wake.adapter import Look, Submitted, Wake
from agentgather.wake.binding import bind
from agentgather.wake.tmux import Tmux
from agentgather.wake.tmux_pane import Pace, TmuxPane
from tests.wake.tmux_server import Person, Server, tmux_server

PACE = Pace(quiet=0.15, enter_delay=0.05, show=60, confirm=60)
ODD = "[agentgather] lab: 2 new for \"ann\" & 'bob' $(touch /tmp/x) `id` \\ %s ~ é 漢字かな 한글 🙂 ﷽ e\u0301 ; exit #"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with tmux_server(tmp_path_factory.mktemp("tmux")) as running:
        yield running


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(dir="/tmp") as short:
        yield Path(short)


def wake(line: str) -> Wake:
    return Wake(secrets.token_hex(4), "http://127.0.0.1:8787", 7, "mention", line)


async def adapter_of(program: Program, *, pace: Pace = PACE) -> TmuxPane:
    return TmuxPane(program.server.tmux, await program.bind(), pace=pace)


async def woken(adapter: TmuxPane, line: str) -> None:
    """As `wake` goes about it: what was surely not submitted is tried again."""
    one = wake(line)
    with trio.fail_after(60):
        while True:
            look = await adapter.look()
            assert look is not Look.GONE
            if look is Look.QUIET and (submission := await adapter.submit(one)).outcome is not Submitted.NO:
                break
    assert submission.outcome is Submitted.YES, submission


async def becomes(adapter: TmuxPane, wanted: Look) -> None:
    with trio.fail_after(60):
        while await adapter.look() is not wanted:
            await trio.sleep(0.02)


@pytest.mark.parametrize(("is_cursor_hidden", "width", "height"), [(False, 80, 24), (True, 40, 12), (False, 400, 120)])
async def test_a_line_is_submitted_once_and_the_turn_is_seen_to_end(
    server: Server, folder: Path, is_cursor_hidden: bool, width: int, height: int
) -> None:
    program = await start_program(server, folder, is_cursor_hidden=is_cursor_hidden, width=width, height=height)
    adapter = await adapter_of(program)
    program.tell(turn_seconds=0.4)
    lines = [ODD, "漢" * 60 + " " + "e\u0301" * 69]
    for line in lines:
        await woken(adapter, line)
    one = wake("[agentgather] the last")
    submission = await adapter.submit(one)
    while submission.trouble == "working":
        submission = await adapter.submit(one)
    with trio.fail_after(60):
        assert await adapter.took_effect(one, submission)
    assert program.submitted() == [*lines, one.line]
    assert not any("cancelled" in each for each in program.happened())
    assert server.run("list-buffers") == ""


async def test_an_enter_that_was_lost_is_pressed_again_and_nothing_is_pasted_twice(
    server: Server, folder: Path
) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program, pace=replace(PACE, confirm=0.5))
    program.tell(lose_enters=3)
    one = wake("[agentgather] 1 new")
    submission = await adapter.submit(one)
    assert (submission.outcome, submission.trouble) == (Submitted.NO, "draft_sits")  # two were lost
    assert await adapter.look() is Look.QUIET  # the draft is ours
    with trio.fail_after(60):
        while (await adapter.submit(one)).outcome is Submitted.NO:
            pass
    assert program.submitted() == [one.line]
    assert sum("pasted" in each for each in program.happened()) == 1


async def test_a_draft_of_ours_that_somebody_took_away_is_not_pasted_again(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program, pace=replace(PACE, confirm=0.1))
    program.tell(lose_enters=1000)
    one = wake("[agentgather] 1 new")
    assert (await adapter.submit(one)).trouble == "draft_sits"
    program.press("C-u")
    while (await program.now())["draft"]:
        await trio.sleep(0.01)
    again = await adapter.submit(one)
    assert (again.outcome, again.trouble) == (Submitted.UNSURE, "taken_late")
    program.tell(lose_enters=0)
    await woken(adapter, "[agentgather] 2 new")
    assert program.submitted() == ["[agentgather] 2 new"]


async def test_a_paste_of_a_person_s_is_not_taken_for_one_of_ours_that_sat_there(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program, pace=replace(PACE, confirm=0.1))
    program.tell(fold=True, lose_enters=2)
    one = wake("[agentgather] 1 new")
    assert (await adapter.submit(one)).trouble == "draft_sits"
    assert await adapter.look() is Look.QUIET  # what is folded there is ours
    program.press("C-u")
    server.run("set-buffer", "-b", "persons", "the half of what a person has to say")
    server.run("paste-buffer", "-d", "-p", "-b", "persons", "-t", program.pane)
    while not (await program.now())["draft"].startswith("the half"):
        await trio.sleep(0.01)
    while (submission := await adapter.submit(one)).trouble == "working":
        pass
    assert (submission.outcome, submission.trouble) == (Submitted.NO, "typing")
    assert program.submitted() == []


async def test_a_running_turn_and_a_draft_are_left_alone(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program)
    program.tell(begin_turn=3600)
    await program.now()
    assert await adapter.look() is Look.WORKING
    assert (await adapter.submit(wake("no"))).trouble == "working"
    program.press("Escape")
    await program.until(lambda each: "cancelled" in each)
    for draft in ("half of a", "漢", "> "):
        program.type(draft)
        assert await adapter.look() is Look.TYPING, draft
        assert (await adapter.submit(wake("no"))).trouble == "typing"
        assert (await program.now())["draft"] == draft
        program.press("C-u")
        await program.now()
    await woken(adapter, "now")
    assert program.submitted() == ["now"]


async def test_a_key_between_the_last_look_and_the_paste_stops_the_paste(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program)
    keyboard = adapter._keyboard
    seen = await keyboard.see()
    program.type("w")
    while (await keyboard.see()).screen.draft != "w":
        await trio.sleep(0.01)
    assert not await keyboard.paste("no", seen=seen)
    assert not await keyboard.enter(seen=seen)
    assert (await program.now())["draft"] == "w"
    assert server.run("list-buffers") == ""


async def test_somebody_at_a_terminal_of_the_pane_is_not_written_over(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program)
    person = Person(server)
    try:
        await person.come(program.pane)
        seen = await adapter._keyboard.see()
        await trio.sleep(1.1)  # tmux tells whole seconds
        person.type("a\x7f")  # typed and taken back: nothing of it is seen on the screen
        await becomes(adapter, Look.TYPING)
        while (await adapter._keyboard.see()).activity == seen.activity:
            await trio.sleep(0.01)
        assert not await adapter._keyboard.paste("no", seen=seen)
    finally:
        person.go()


async def test_what_a_pane_shows_is_never_taken_for_what_tmux_says(server: Server) -> None:
    rows = ["keys and more of them", "agentgather-shows", "$ "]
    pane = server.new_pane("printf '%s\\n' " + " ".join(f"'{row}'" for row in rows) + "; exec sleep 100000")
    bound = await bind(server.tmux, pane=pane)
    adapter = TmuxPane(server.tmux, bound, pace=PACE)
    with trio.fail_after(60):
        while not (seen := await adapter._keyboard.see()).screen.captured.startswith(rows[0]):
            await trio.sleep(0.02)
    assert [row.strip() for row in seen.screen.captured.splitlines()[:2]] == rows[:2]
    assert seen.key_age_seconds is None


async def test_a_pane_that_does_not_take_keys_is_left_alone(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program)
    server.run("copy-mode", "-t", program.pane)
    assert await adapter.look() is Look.TYPING
    server.run("send-keys", "-t", program.pane, "-X", "cancel")
    server.run("set-option", "-w", "-t", program.pane, "synchronize-panes", "on")
    assert (await adapter.submit(wake("no"))).outcome is Submitted.NO
    server.run("set-option", "-w", "-t", program.pane, "synchronize-panes", "off")
    beside = server.run("split-window", "-d", "-P", "-F", "#{pane_id}", "-t", program.pane, "sleep 100000")
    server.run("select-pane", "-t", beside)
    server.run("resize-pane", "-Z", "-t", beside)
    await woken(adapter, "behind a zoomed pane")
    assert program.submitted() == ["behind a zoomed pane"]


async def test_a_pane_that_is_anothers_now_is_gone(server: Server, folder: Path) -> None:
    program = await start_program(server, folder)
    first = await adapter_of(program)
    assert await first.look() is Look.QUIET
    seen = await first._keyboard.see()
    second = await adapter_of(program)
    assert await first.look() is Look.GONE
    assert not await first._keyboard.paste("no", seen=seen)  # tmux itself knows who is bound
    await woken(second, "to the newest")
    program.server.run("respawn-pane", "-k", "-t", program.pane, "bash --norc -i")  # the same pane, another program
    assert await second.look() is Look.GONE
    assert (await second.submit(wake("no"))).outcome is Submitted.NO
    assert program.submitted() == ["to the newest"]


async def test_a_pane_that_closes_between_look_and_paste_gets_nothing_and_leaves_no_buffer(
    server: Server, folder: Path
) -> None:
    program = await start_program(server, folder)
    adapter = await adapter_of(program)
    seen = await adapter._keyboard.see()
    server.run("kill-pane", "-t", program.pane)
    assert not await adapter._keyboard.paste("no", seen=seen)
    assert await adapter.look() is Look.GONE
    assert server.run("list-buffers") == ""


async def test_a_tmux_that_hangs_is_not_written_to(server: Server, folder: Path) -> None:
    with tmux_server(folder) as hung:
        program = await start_program(hung, folder)
        bound = await program.bind()
        adapter = TmuxPane(Tmux(socket_path=hung.tmux.socket_path, answer_seconds=0.5), bound, pace=PACE)
        pid = int(hung.run("display-message", "-p", "#{pid}"))
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await adapter.look() is Look.WORKING
            assert (await adapter.submit(wake("no"))).outcome is Submitted.NO
        finally:
            os.kill(pid, signal.SIGCONT)
    assert await adapter.look() is Look.GONE
    assert (await adapter.submit(wake("no"))).outcome is Submitted.NO


async def test_a_shell_is_woken_at_its_prompt_alone(server: Server, folder: Path) -> None:
    history = folder / "history"
    rc = folder / "rc"
    rc.write_text(f"HISTFILE={history}\nPROMPT_COMMAND='history -a'\nPS1='\\u@host:\\w\\$ '\nset +H\n")
    pane = server.new_pane(f"exec bash --rcfile {rc} -i")
    adapter = TmuxPane(server.tmux, await bind(server.tmux, pane=pane, program="bash"), pace=PACE)
    await woken(adapter, "# " + ODD)
    server.run("send-keys", "-t", pane, "echo 'an unfinished", "Enter")
    assert await adapter.look() is Look.TYPING
    server.run("send-keys", "-t", pane, "C-c")
    await becomes(adapter, Look.QUIET)
    server.run("send-keys", "-t", pane, "sleep 100000", "Enter")
    await becomes(adapter, Look.WORKING)
    server.run("send-keys", "-t", pane, "C-z")
    await woken(adapter, "# again")
    assert [line for line in history.read_text().splitlines() if line[0] == "#"] == ["# " + ODD, "# again"]


async def test_a_prompt_of_ones_own_is_taught(server: Server, folder: Path) -> None:
    heard = folder / "heard"
    loop = f'while IFS= read -e -r -p "ask me: " line; do printf "%s\\n" "$line" >> {heard}; done'
    pane = server.new_pane(f"exec bash --norc -c '{loop}'")
    bound = await bind(server.tmux, pane=pane, program="bash")
    assert await TmuxPane(server.tmux, bound, pace=PACE).look() is Look.WORKING  # no input is seen: nothing is typed
    adapter = TmuxPane(server.tmux, bound, prompt=re.compile("ask me:"), pace=PACE)
    await woken(adapter, ODD)
    assert heard.read_text() == ODD + "\n"
    server.run("send-keys", "-t", pane, "-l", "half")
    assert await adapter.look() is Look.TYPING


@pytest.mark.parametrize("line", ["", " ", "two\nlines", "\x1b[201~", "a\x00", "x" * 201, "\u202e", "tab\t"])
async def test_what_could_steer_a_terminal_is_not_typed(server: Server, line: str) -> None:
    bound = await bind(server.tmux, pane="main:0.0")
    submission = await TmuxPane(server.tmux, bound).submit(wake(line))
    assert (submission.outcome, submission.trouble) == (Submitted.NO, "line_unfit")
