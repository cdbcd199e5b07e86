"""`agentgather wake hook`: the Stop hook of Claude Code. An agent that is about to stop hears of what is waiting for it."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Annotated

import trio
from cyclopts import Parameter

from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import failure_of
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import json_line, output_for, single
from agentgather.cli.seat_here import SeatHere, seat_here
from agentgather.cli.seats import handed_token
from agentgather.cli.turn import Turn, open_turn
from agentgather.cli.wake_plan import taken_up
from agentgather.client.errors import sole
from agentgather.client.follow import Ended, Follower
from agentgather.room.names import Alias
from agentgather.wake.adapter import Look, Submitted
from agentgather.wake.asking_room import ask_room
from agentgather.wake.cause import causes_of
from agentgather.wake.marks import marks
from agentgather.wake.notebook import AlreadyWaking, Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.rules import WakeRules
from agentgather.wake.steps import Step
from agentgather.wake.told import Told

INPUT_BYTES_MAX = 256 * 1024
HOLD_SECONDS = 20.0
HOLD_SECONDS_MAX = 86_400.0  # a hook's own deadline is what its configuration says
WAIT_SECONDS = 25.0  # of one wait of the hold, and until it is seen that the agent has gone
GATHER_SECONDS = 2.0  # an agent that turned to something else meanwhile fetches what is said by itself
LEAVE_SECONDS = 5.0  # beside the hold, for a room that is slow
VIA = "claude-hook"
WAKE = 2  # the exit code by which a hook with asyncRewake wakes its agent, with what stands on standard error
Switch = Annotated[bool, Parameter(negative=())]
_RULES = WakeRules(coalesce_seconds=0)


def hook(*, hold: float = HOLD_SECONDS, here: Switch = False, rewake: Switch = False, flags: Flags = ANYONE) -> int:
    """Answer a Stop hook of Claude Code: what waits for the agent lets it go on, anything else lets it stop.

    Reads the hook's JSON from standard input, and waits at most the hold for something that concerns the agent. It points
    at the same thing once, within the budget, and never while it already made the agent go on. Trouble lets the agent stop.
    Without a seat that is named it acts as the one that `agentgather mcp` took for the agent that runs the hook.

    Parameters
    ----------
    hold
        Seconds to wait for something, 0 to look only.
    here
        Act as no other seat than that of the agent that runs the hook; while it has none, there is nothing to tell.
    rewake
        For a hook with asyncRewake: the agent stops meanwhile, and is woken by the exit code 2.
    """
    line: str | None = None
    try:
        if may_hold(sys.stdin.buffer.read(INPUT_BYTES_MAX), is_rewake=rewake):
            stopping = _stopping(flags, is_here=here, is_rewake=rewake)
            if stopping is not None:
                line = trio.run(_answer, stopping, min(max(0.0, hold), HOLD_SECONDS_MAX))
    except Exception as raised:  # noqa: BLE001 - a hook that fails would show its trouble to a model, or keep it from stopping
        failure = failure_of(sole(raised))
        sys.stderr.write(f"agentgather wake hook: {single(failure.message if failure else type(raised).__name__)}\n")
    if rewake:
        if line is not None:
            sys.stderr.write(f"{line}\n")
        return OK if line is None else WAKE
    sys.stdout.write(json_line({} if line is None else {"decision": "block", "reason": line}) + "\n")
    sys.stdout.flush()
    return OK


def may_hold(given: bytes, *, is_rewake: bool = False) -> bool:
    """Whether the agent may be made to go on: it is stopping, and it is not so that it went on for a hook already.

    `is_rewake`: it has stopped when it is woken, so that it is kept from nothing, and what it went on for before is over.
    """
    try:
        told = json.loads(given)
    except (ValueError, RecursionError):
        return False
    if not isinstance(told, dict) or told.get("hook_event_name") != "Stop":
        return False
    return is_rewake or told.get("stop_hook_active") is False


@dataclass(frozen=True, slots=True)
class _Stopping:
    """The agent that stops: the turn of its seat and, where it is the one that runs us, the server that sits there for it."""

    turn: Turn
    is_rewake: bool
    here: SeatHere | None = None

    @property
    def has_gone(self) -> bool:
        return self.here is not None and not self.here.is_taken()


def _stopping(flags: Flags, *, is_here: bool, is_rewake: bool) -> _Stopping | None:
    """Who stops; None when there is only the agent that runs us to ask about, and it has no seat."""
    is_named = flags.room is not None or handed_token(flags, os.environ) is not None
    home = flags.open_home()
    here = seat_here(home) if is_here or not is_named else None
    if here is not None:
        return _Stopping(Turn(home, here.seat, output_for(is_json=flags.json)), is_rewake, here)
    return None if is_here else _Stopping(open_turn(flags), is_rewake)


async def _answer(stopping: _Stopping, hold: float) -> str | None:
    """The pointer to what waits for the agent, once it is noted that it was given; None when there is nothing."""
    room, me = await stopping.turn.who()
    notebook = Notebook(stopping.turn.home, room, me, of="hook")
    with (
        suppress(AlreadyWaking),
        notebook.held(),
        trio.move_on_after(hold + LEAVE_SECONDS),
    ):  # or another hook of it holds
        seen = await stopping.turn.ask(marks)
        plan, _ = taken_up(stopping.turn, _RULES, room=room, me=me, notebook=notebook, seen=seen)
        try:
            return await _heard(stopping, plan, notebook, me=me, hold=hold)
        except Ended:
            return None
    return None


async def _heard(stopping: _Stopping, plan: WakePlan, notebook: Notebook, *, me: Alias, hold: float) -> str | None:
    """Wait for something to point at, for as long as the hold lasts and the agent lives. Raises Ended."""
    turn, until = stopping.turn, trio.current_time() + hold
    async with Follower(
        lambda: turn.reach(may_open_room=False),
        since_id=plan.since_id,
        hold_seconds=min(hold, WAIT_SECONDS),
        is_hold_firm=False,
        is_peek=True,
    ) as follower:
        while True:
            if plan.next(time.time()).step is Step.LOOK:
                if stopping.is_rewake:
                    await trio.sleep(GATHER_SECONDS)
                plan.fetched((await turn.ask(marks)).fetched_id, now=time.time())
            if stopping.has_gone:
                return None
            if plan.next(time.time()).step is Step.LOOK:
                line = await _pointer(turn, plan, notebook)
                if line is not None or not stopping.is_rewake:
                    return line
            waited = await follower.next()
            plan.hear(causes_of(waited, me=me), through_id=follower.since_id, now=time.time())
            is_over = waited.is_last or trio.current_time() >= until
            if is_over and plan.next(time.time()).step is not Step.LOOK:
                notebook.keep(plan.note(), via=VIA)
                return None


async def _pointer(turn: Turn, plan: WakePlan, notebook: Notebook) -> str | None:
    """The line for the agent, when it may be woken now; what became of that is remembered, and told to the room."""
    wake, told = plan.looked(Look.QUIET, wake_id=f"wake-{token_urlsafe(9)}", now=time.time())
    is_granted = False
    if wake is not None:
        is_granted, told = await ask_room(lambda: turn.reach(may_open_room=False), plan, wake, now=time.time())
    if is_granted:
        told = plan.submitted(Submitted.YES, now=time.time())
        plan.verified(has_effect=False, now=time.time())
    notebook.keep(plan.note(), via=VIA)
    await _report(turn, told)
    return wake.line if wake is not None and is_granted else None


async def _report(turn: Turn, told: tuple[Told, ...]) -> None:
    """Tell the room, if it takes no longer than a moment."""
    from agentgather.wake.reports import Reports

    reports = Reports(lambda: turn.reach(may_open_room=False), via=VIA)
    for one in told:
        reports.add(one)
    with trio.move_on_after(2.0, shield=True):  # what is noted as pointed at is answered, however late it has become
        await reports.flush()
