"""`agentgather wake hook`: the Stop hook of Claude Code. An agent that is about to stop hears of what is waiting for it."""

from __future__ import annotations

import json
import sys
import time
from secrets import token_urlsafe

import trio

from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import failure_of, sole
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import json_line, single
from agentgather.cli.turn import Turn, open_turn
from agentgather.cli.wake_plan import taken_up
from agentgather.client.follow import Ended, Follower
from agentgather.wake.adapter import Look, Submitted
from agentgather.wake.asking_room import ask_room
from agentgather.wake.cause import causes_of
from agentgather.wake.marks import marks
from agentgather.wake.notebook import AlreadyWaking, Notebook
from agentgather.wake.rules import WakeRules
from agentgather.wake.steps import Step
from agentgather.wake.told import Told

INPUT_BYTES_MAX = 256 * 1024
HOLD_SECONDS = 20.0
HOLD_SECONDS_MAX = 3600.0  # a hook's own deadline is what its configuration says
LEAVE_SECONDS = 5.0  # beside the hold, for a room that is slow
VIA = "claude-hook"
_RULES = WakeRules(coalesce_seconds=0)


def hook(*, hold: float = HOLD_SECONDS, flags: Flags = ANYONE) -> int:
    """Answer a Stop hook of Claude Code: what waits for the agent lets it go on, anything else lets it stop.

    Reads the hook's JSON from standard input, and waits at most the hold for something that concerns the agent. It points
    at the same thing once, within the budget, and never while it already made the agent go on. Trouble lets the agent stop.

    Parameters
    ----------
    hold
        Seconds to wait for something, 0 to look only.
    """
    answer: dict[str, object] = {}
    try:
        if may_hold(sys.stdin.buffer.read(INPUT_BYTES_MAX)):
            turn = open_turn(flags)
            answer = trio.run(_answer, turn, min(max(0.0, hold), HOLD_SECONDS_MAX))
    except Exception as raised:  # noqa: BLE001 - a hook that fails would show its trouble to a model, or keep it from stopping
        failure = failure_of(sole(raised))
        sys.stderr.write(f"agentgather wake hook: {single(failure.message if failure else type(raised).__name__)}\n")
    sys.stdout.write(json_line(answer) + "\n")
    sys.stdout.flush()
    return OK


def may_hold(given: bytes) -> bool:
    """Whether the agent may be made to go on: it is stopping, and it is not so that it went on for a hook already."""
    try:
        told = json.loads(given)
    except (ValueError, RecursionError):
        return False
    if not isinstance(told, dict) or told.get("hook_event_name") != "Stop":
        return False
    return told.get("stop_hook_active") is False


async def _answer(turn: Turn, hold: float) -> dict[str, object]:
    line: str | None = None
    with trio.move_on_after(hold + LEAVE_SECONDS):
        line = await _line(turn, hold)
    return {} if line is None else {"decision": "block", "reason": line}


async def _line(turn: Turn, hold: float) -> str | None:
    """The pointer to what waits for the agent, once it is noted that it was given; None when there is nothing."""
    room, me = await turn.who()
    notebook = Notebook(turn.home, room, me, of="hook")
    try:
        with notebook.held():
            plan, _ = taken_up(turn, _RULES, room=room, me=me, notebook=notebook, seen=await turn.ask(marks))
            follower = Follower(
                lambda: turn.reach(may_open_room=False),
                since_id=plan.since_id,
                hold_seconds=min(hold, 25.0),
                is_peek=True,
            )
            until = trio.current_time() + hold
            async with follower:
                while True:
                    if plan.next(time.time()).step is Step.LOOK:
                        plan.fetched((await turn.ask(marks)).fetched_id, now=time.time())
                    if plan.next(time.time()).step is Step.LOOK:
                        break
                    try:
                        waited = await follower.next()
                    except Ended:
                        return None
                    plan.hear(causes_of(waited, me=me), through_id=follower.since_id, now=time.time())
                    is_over = waited.is_last or trio.current_time() >= until
                    if is_over and plan.next(time.time()).step is not Step.LOOK:
                        notebook.keep(plan.note(), via=VIA)
                        return None
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
    except AlreadyWaking:
        return None  # another hook of the same agent holds
    return None


async def _report(turn: Turn, told: tuple[Told, ...]) -> None:
    """Tell the room, if it takes no longer than a moment."""
    from agentgather.wake.reports import Reports

    reports = Reports(lambda: turn.reach(may_open_room=False), via=VIA)
    for one in told:
        reports.add(one)
    with trio.move_on_after(2.0):
        await reports.flush()
