"""`agentgather run`: start an agent in a terminal of its own, joined and woken; released when it or the room ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from agentgather.cli.agent_seat import AgentSeat, agent_seat
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import Output
from agentgather.cli.run_background import run_in_background
from agentgather.cli.run_lines import announce, tell_end
from agentgather.cli.run_place import Kind, RunPlace, open_run, place_of
from agentgather.cli.turn import Turn, take_turn
from agentgather.cli.waiting import ending
from agentgather.cli.wake_lines import told_line
from agentgather.cli.wake_plan import taken_up
from agentgather.client.errors import Refused, Unreachable
from agentgather.room import names
from agentgather.wake.declaring import declared
from agentgather.wake.keeping import Tell, Waking
from agentgather.wake.marks import marks
from agentgather.wake.notebook import AlreadyWaking, Notebook
from agentgather.wake.reports import Reports
from agentgather.wake.rules import WakeRules
from agentgather.wake.started import EndedAtOnce, Started
from agentgather.wake.told import Told

CARD_WORD = "{card}"
LEAVE_SECONDS = 10.0
AT_ONCE_SECONDS = 2.0  # whoever ends within them is told to have ended at once
Switch = Annotated[bool, Parameter(negative=())]


def run(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    alias: str,
    session: str | None = None,
    socket: str | None = None,
    in_: Annotated[Kind | None, Parameter(name="--in")] = None,
    prompt: str | None = None,
    detach: Switch = False,
    in_background: Annotated[Path | None, Parameter(show=False)] = None,
    flags: Flags = ANYONE,
) -> int:
    """Start an agent in a terminal of its own, joined to the room as ALIAS, and wake it until it ends or the room does.

    `agentgather run --alias bob -- claude "read {card} and take part"`. {card} stands for the path of its Attend Card, which is
    in AGENTGATHER_CARD too; its own `agentgather` commands act as ALIAS. Its token is in a file that only you can read.

    Parameters
    ----------
    command
        The program and its words, after --. No shell reads them.
    alias
        Who it is in the room. Who hosts the room makes the seat by that.
    session
        The name of the tmux session. Default: ROOM-ALIAS.
    socket
        The name of the tmux server's socket. Default: the server you are in, else the default one.
    in_
        tmux: in a session of tmux, that anybody of yours can attach to. pty: in the terminal where this runs, or in none where
        there is none. Default: tmux where it is installed.
    prompt
        A regular expression for what stands before the input of the program, where it is none of the usual signs.
    detach
        Do it in the background, and return once the agent runs.
    """
    if not command:
        raise Failure("usage", "what is to be run? its words come after --", field="command")
    named = names.alias(alias)
    where = place_of(in_, session=session, socket=socket)
    if shutil.which(command[0]) is None:
        raise Failure("file_not_found", f"there is no program {command[0]!r}", field="command")
    try:
        taught = re.compile(prompt) if prompt is not None else None
    except re.error as wrong:
        raise Failure("usage", f"--prompt is no regular expression: {wrong}", field="prompt") from None
    if detach:
        given = {"--in": where.kind, "--session": session, "--socket": socket, "--prompt": prompt}
        options = [word for name, value in given.items() if value is not None for word in (name, value)]
        return run_in_background(flags, named, command, options=options)
    plan = _Plan(command, named, where, taught, in_background)
    return take_turn(flags, lambda turn: _run(turn, plan))


@dataclass(frozen=True, slots=True)
class _Plan:
    command: tuple[str, ...]
    alias: names.Alias
    where: RunPlace
    prompt: re.Pattern[str] | None
    in_background: Path | None  # where it was asked for, and that nobody reads more than our first line

    @property
    def has_our_output(self) -> bool:
        """Whether the program is shown where we print our answers."""
        return self.where.kind == "pty" and self.in_background is None


async def _run(turn: Turn, plan: _Plan) -> int:
    if plan.has_our_output:
        turn.output = Output(is_json=turn.output.is_json, stdout=sys.stderr)
    agent = await agent_seat(turn, plan.alias)
    notebook = Notebook(agent.turn.home, agent.seat.room, plan.alias)
    try:
        with notebook.held():
            return await _until_told_to_stop(agent, notebook, plan)
    except AlreadyWaking as other:
        raise Failure("already_waking", str(other), hint=f"{plan.alias} is run already; stop that first") from None


async def _until_told_to_stop(agent: AgentSeat, notebook: Notebook, plan: _Plan) -> int:
    """Start it, stay beside it, and release it; 0 when we are told to stop, at whatever moment and however often."""
    code = 0
    with trio.open_signal_receiver(*stops()) as signals:
        async with trio.open_nursery() as listening:  # to the very end: a signal that nobody hears would end us at once
            with trio.CancelScope() as working:
                listening.start_soon(_stop, signals, working)
                await agent.arrive()
                try:
                    code = await _from_start_to_end(agent, notebook, plan)
                finally:
                    await _leave(agent)
            listening.cancel_scope.cancel()
    return code


def stops() -> tuple[signal.Signals, ...]:
    """How we are told to stop: also by the end of our terminal, unless somebody saw to it that this is no matter (nohup)."""
    asked = (signal.SIGINT, signal.SIGTERM)
    return asked if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*asked, signal.SIGHUP)


async def _stop(signals: AsyncIterator[int], working: trio.CancelScope) -> None:
    async for _ in signals:
        working.cancel()


async def _from_start_to_end(agent: AgentSeat, notebook: Notebook, plan: _Plan) -> int:
    """Nothing of what was started goes on after it; answers the exit code."""
    began = trio.current_time()
    words = [word.replace(CARD_WORD, str(agent.card)) for word in plan.command]
    try:
        async with open_run(
            plan.where,
            words,
            name=f"{agent.seat.room}-{agent.seat.alias}",
            environ=agent.environ(),
            folder=plan.in_background,
        ) as started:
            status, code = await _beside(agent, started, notebook, plan)
    except EndedAtOnce as ended:
        tell_end(agent, ended.status, is_at_once=True, said=ended.said)
        return ended.status
    if status is not None:
        tell_end(agent, status, is_at_once=trio.current_time() - began < AT_ONCE_SECONDS)
    return code


async def _beside(agent: AgentSeat, started: Started, notebook: Notebook, plan: _Plan) -> tuple[int | None, int]:
    """Wake it until it ends or the room does; answers its exit status, if it ended by itself, and the exit code."""
    status, code = None, 0
    is_silent = plan.has_our_output and sys.stderr.isatty()  # a line of ours would tear what the program shows

    def tell(told: Told) -> None:
        if not is_silent:
            agent.turn.output.answer({"ok": True, **told.to_json()}, told_line(told))

    waking = await _waking(agent, started, notebook, prompt=plan.prompt, tell=tell)
    if not is_silent:
        announce(agent, started)
    if plan.in_background is not None:
        os.dup2(2, 1)  # whoever read our first line has gone; the rest is for the log
    async with declared(waking.reach), trio.open_nursery() as nursery:

        async def watch() -> None:
            nonlocal status, code
            status = code = await started.ended()
            nursery.cancel_scope.cancel()

        nursery.start_soon(watch)
        reason = await waking.keep()
        code = ending(reason)
        nursery.cancel_scope.cancel()
    return status, code


async def _waking(
    agent: AgentSeat, started: Started, notebook: Notebook, *, prompt: re.Pattern[str] | None, tell: Tell
) -> Waking:
    turn, seat = agent.turn, agent.seat
    seen = await turn.ask(marks)
    plan, left = taken_up(turn, WakeRules(), room=seat.room, me=seat.alias, notebook=notebook, seen=seen)
    plan.another_agent_came(now=time.time())
    adapter = started.adapter(prompt=prompt)
    return Waking(
        plan,
        adapter,
        notebook,
        reach=lambda: turn.reach(may_open_room=False),
        me=seat.alias,
        tell=tell,
        report=Reports(lambda: turn.reach(may_open_room=False), via=adapter.name),
        left=left,
    )


async def _leave(agent: AgentSeat) -> None:
    """The room hears that the agent has gone; one that is over needs no telling."""
    with trio.move_on_after(LEAVE_SECONDS, shield=True), suppress(Refused, Unreachable):
        await agent.leave()
