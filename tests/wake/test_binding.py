"""Finding an agent's pane by process and terminal, in a real tmux (agentgather.wake.binding)."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from agentgather.wake import processes
from agentgather.wake.binding import Unbound, bind
from agentgather.wake.tmux import Tmux, TmuxTrouble
from agentgather.wake.tmux_session import start_in_tmux
from tests.wake.tmux_server import Server, tmux_server, until_runs


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with tmux_server(tmp_path_factory.mktemp("tmux")) as running:
        yield running


def named(program: str, *words: str) -> str:
    """A shell command for a process that calls itself `program`."""
    return f"exec -a {program} sleep {' '.join(['100000', *words])}"


async def agent(server: Server, program: str) -> tuple[str, int]:
    """The pane and the pid of a new agent."""
    pane = server.new_pane(f"bash -c '{named(program)}'")
    await until_runs(program)
    return pane, server.pid_of(pane)


async def test_a_pane_is_found_by_the_process_in_it(server: Server) -> None:
    pane, pid = await agent(server, "thinker")
    bound = await bind(server.tmux, pid=pid)
    assert (bound.pane, bound.pid, bound.program) == (pane, pid, "thinker")
    assert bound.is_alive()
    assert bound.is_in_front()
    assert await bind(server.tmux, pane=pane, pid=pid, program="thinker") != bound  # a new mark: the newest one counts
    assert server.run("show-options", "-p", "-v", "-t", pane, "@agentgather_bound") != bound.mark


async def test_a_pane_is_found_by_the_name_of_the_only_program_of_that_kind(server: Server) -> None:
    pane, pid = await agent(server, "lonely")
    assert (await bind(server.tmux, program="lonely")).pid == pid
    assert (await bind(server.tmux, pane=pane)).pid == pid


async def test_two_panes_that_it_could_be_are_named_and_none_is_chosen(server: Server) -> None:
    first, _ = await agent(server, "twin")
    second, _ = await agent(server, "twin")
    await until_runs("twin", count=2)
    with pytest.raises(Unbound) as refused:
        await bind(server.tmux, program="twin")
    assert refused.value.code == "ambiguous"
    assert {one.pane for one in refused.value.candidates} == {first, second}
    assert (await bind(server.tmux, program="twin", pane=second)).pane == second


async def test_a_launcher_and_its_child_of_the_same_name_are_one_agent(server: Server) -> None:
    inner = 'bash -c "exec -a pair sleep 100000" & wait'
    pane = server.new_pane(f"exec bash -c 'exec -a pair bash -c '\"'\"'{inner}'\"'\"''")
    await until_runs("pair", count=2)
    assert (await bind(server.tmux, program="pair")).pid == server.pid_of(pane)


async def test_what_an_agent_runs_beside_itself_is_not_the_agent(server: Server) -> None:
    script = "import time\ntime.sleep(100000)"
    folder = Path(server.run("display-message", "-p", "-t", "main:", "#{pane_current_path}"))
    folder.joinpath("coder.py").write_text(script)
    pane = server.new_pane(f"cd {folder}; python3 coder.py app-server & exec python3 coder.py")
    await until_runs("coder", count=2)
    assert (await bind(server.tmux, program="coder")).pid == server.pid_of(pane)
    helper = next(one for one in processes.processes() if one.program == "coder" and one.is_helper)
    with pytest.raises(Unbound) as refused:
        await bind(server.tmux, pid=helper.pid, program="coder")
    assert refused.value.code == "other_program"


async def test_what_is_not_so_is_refused_by_its_name(server: Server) -> None:
    pane, pid = await agent(server, "sure")
    other, _ = await agent(server, "other")
    ended = subprocess.Popen(["true"])
    ended.wait()
    alone = subprocess.Popen(["sleep", "100000"], start_new_session=True)
    asked = [
        ({}, "nothing_given"),
        ({"pane": "%99999"}, "no_pane"),
        ({"pid": ended.pid}, "no_process"),
        ({"pid": alone.pid}, "no_terminal"),
        ({"pid": pid, "pane": other}, "no_pane"),
        ({"pid": pid, "program": "claude"}, "other_program"),
        ({"pane": pane, "program": "claude"}, "no_process"),
    ]
    try:
        for given, code in asked:
            with pytest.raises(Unbound) as refused:
                await bind(server.tmux, **given)  # type: ignore[arg-type]
            assert refused.value.code == code, given
    finally:
        alone.kill()
        alone.wait()


async def test_without_a_tmux_nothing_is_bound(tmp_path: Path) -> None:
    with pytest.raises(Unbound) as refused:
        await bind(Tmux(socket_path=tmp_path / "none"), pid=os.getpid())
    assert refused.value.code == "no_tmux"


async def test_a_binding_knows_when_its_process_has_gone_or_another_program_is_in_front(server: Server) -> None:
    pane = server.new_pane("bash --norc -i")
    await until_runs("bash", tty=server.run("display-message", "-p", "-t", pane, "#{pane_tty}"))
    bound = await bind(server.tmux, pid=server.pid_of(pane))
    server.run("send-keys", "-t", pane, "-l", "exec -a editor sleep 100000 &\nfg\n")
    server.run("send-keys", "-t", pane, "Enter")
    with trio.fail_after(60):
        while bound.is_in_front():
            await trio.sleep(0.02)
    assert bound.is_alive()
    server.run("kill-pane", "-t", pane)
    with trio.fail_after(60):
        while bound.is_alive():
            await trio.sleep(0.02)


async def test_a_tmux_that_does_not_answer_is_given_up_at_the_deadline(server: Server) -> None:
    slow = Tmux(socket_path=server.tmux.socket_path, answer_seconds=0.3)
    with pytest.raises(TmuxTrouble) as given_up:
        await slow.ask("wait-for", "never")
    assert not given_up.value.is_gone


async def test_ps_tells_the_same_as_proc(server: Server) -> None:
    _, pid = await agent(server, "seen")
    by_proc = processes.process(pid)
    by_ps = next(one for one in processes._by_ps("-p", str(pid)))
    assert by_proc is not None
    for field in ("pid", "parent", "group", "front_group", "tty", "words"):
        assert getattr(by_proc, field) == getattr(by_ps, field), field


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["claude"], "claude"),
        (["/usr/bin/claude", "--resume"], "claude"),
        (["node", "--no-warnings", "/opt/x/codex.js", "chat"], "codex"),
        (["python3.11", "/opt/agent.py"], "agent"),
        (["-bash"], "bash"),
        (["claude   "], "claude"),
        ([""], ""),
        ([" "], ""),
        ([], ""),
    ],
)
def test_the_name_of_a_program_is_that_of_its_script(words: list[str], program: str) -> None:
    assert processes.Process(1, 0, 1, 1, "", "", tuple(words)).program == program


async def test_a_server_that_is_started_here_keeps_no_token_for_its_panes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARD", "curl -H 'Authorization: Bearer agt_PLANTED-token-000000'")
    monkeypatch.setenv("AGENTGATHER_TOKEN", "agt_PLANTED-token-000000")
    tmux = Tmux(socket_path=Path(f"/tmp/agt-{secrets.token_hex(4)}"), answer_seconds=60)
    try:
        await tmux.ask("-f", "/dev/null", "new-session", "-d", "sleep 100000")
        kept = await tmux.ask("show-environment", "-g")
    finally:
        await tmux.ask("kill-server")
        assert tmux.socket_path is not None
        tmux.socket_path.unlink(missing_ok=True)
    assert "PATH=" in kept
    assert "PLANTED" not in kept


async def test_a_folder_s_name_is_nothing_that_tmux_runs(server: Server, tmp_path: Path) -> None:
    """tmux takes the folder of -c for a format, and what a format holds between #( and ) for a command."""
    ran = tmp_path / "ran"
    (folder := tmp_path / f"#(touch {ran}) #{{pane_id}}").mkdir(
        parents=True
    )  # folders in one another, which is no matter
    session = await start_in_tmux(server.tmux, ["sleep", "100000"], name="odd", environ={}, folder=folder)
    try:
        begun_in = Path(f"/proc/{session.bound.pid}/cwd").resolve()
    finally:
        await session.end()
    assert not ran.exists()
    assert begun_in == folder


async def test_a_session_has_the_name_that_tmux_gives_it(server: Server, tmp_path: Path) -> None:
    """tmux puts a _ in the place of each . and : of a name."""
    session = await start_in_tmux(server.tmux, ["sleep", "100000"], name="v1.2:a", environ={}, folder=tmp_path)
    assert server.run("display-message", "-p", "-t", session.bound.pane, "#{session_name}") == session.name
    await session.end()
    assert server.run("list-sessions", "-F", "#{session_name}") == "main"
