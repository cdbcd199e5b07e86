"""`attend`: stay in the room, over restarts of its host and of this command, until it closes or something happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from agentgather.cli.cursor import Cursor, next_command, open_cursor
from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.record_lines import FAINT, record_lines
from agentgather.cli.turn import Turn, take_turn
from agentgather.cli.waiting import check_hold, ending
from agentgather.client.answers import Record, Waited
from agentgather.client.follow import FIRST_PATIENCE_SECONDS, Ended, Follower

if TYPE_CHECKING:
    from agentgather.cli.attend_exec import ExecPlan

Until = Literal["message", "mention", "close"]

_STEERING = frozenset({"brief.changed", "policy.set"})  # what the host says without saying it
TURN_SECONDS = 600.0  # for a program to answer one message: a model thinks for minutes
TURN_SECONDS_MAX = 86_400.0
NOTE_AFTER_SECONDS = 1.0  # a pause shorter than this is nothing to tell


def attend(
    *,
    until: Until = "close",
    since: int | None = None,
    hold: float | None = None,
    limit_for: Annotated[str | None, Parameter(name="--for")] = None,
    patience: float = FIRST_PATIENCE_SECONDS,
    max_turns: int | None = None,
    exec: str | None = None,
    once: Annotated[bool, Parameter(negative=())] = False,
    turn_seconds: float | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Stay, and hear everything until the room closes.

    What was shown is remembered once it is out of our hands: stopped at any point, the same command goes on without a
    gap, and repeats the last batch at most. Restarts of the host are waited out.

    Parameters
    ----------
    until
        message: end when somebody else says something (or the host changes brief or policy). mention: when
        somebody calls you. close: when the room closes.
    since
        Start after this message; 0 for the beginning. Default: after the last one shown.
    hold
        Seconds one wait is held, 0 to 55. Default: 25.
    limit_for
        End after this long, such as 100s or 5m, whatever happens; for tools that stop a command of their own.
    patience
        Seconds to try a room that never answered yet.
    exec
        Let this program answer what concerns you: the message on its standard input, the answer from its output.
    once
        With --exec: end after the first reply.
    max_turns
        With --exec: end after so many replies. Otherwise after so many waits.
    turn_seconds
        With --exec: how long the program may take for one message, 0 for as long as it likes. Default: 600.
    """
    check_hold(hold)
    if exec is not None:
        from agentgather.cli.attend_exec import attend_with

        exec_plan = _exec_plan(
            exec, until, since, hold, limit_for, patience, max_turns=max_turns, is_once=once, turn_seconds=turn_seconds
        )
        return take_turn(flags, lambda turn: attend_with(turn, exec_plan))
    if once or turn_seconds is not None:
        raise Failure("usage", "--once and --turn-seconds go with --exec")
    plan = _Plan(until, since, hold, _seconds(limit_for), patience, max_turns)
    return take_turn(flags, lambda turn: _attend(turn, plan))


def _exec_plan(
    command: str,
    until: Until,
    since: int | None,
    hold: float | None,
    limit_for: str | None,
    patience: float,
    *,
    max_turns: int | None,
    is_once: bool,
    turn_seconds: float | None,
) -> ExecPlan:
    """Raises Failure for options that do not go together, and for a program that is not there."""
    from agentgather.cli.attend_exec import ExecPlan
    from agentgather.wake.program import ProgramUnusable, words_of

    if until != "close" or (is_once and max_turns is not None):
        raise Failure("usage", "with --exec, --once or --max-turns says when to end, and --until is not for it")
    if max_turns is not None and max_turns < 1:
        raise Failure("usage", "--max-turns is a number of replies, 1 or more", field="max_turns")
    if turn_seconds is not None and not 0 <= turn_seconds <= TURN_SECONDS_MAX:
        raise Failure("usage", f"--turn-seconds is 0 to {TURN_SECONDS_MAX:g}", field="turn_seconds")
    try:
        words = words_of(command)
    except ProgramUnusable as unusable:
        raise Failure("usage", f"--exec: {unusable}", field="exec") from None
    return ExecPlan(
        words,
        turn_seconds=TURN_SECONDS if turn_seconds is None else turn_seconds or float("inf"),
        replies_max=1 if is_once else max_turns,
        since=since,
        hold=hold,
        seconds=_seconds(limit_for),
        patience=patience,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    until: Until
    since: int | None
    hold: float | None
    seconds: float
    patience: float
    max_turns: int | None


async def _attend(turn: Turn, plan: _Plan) -> int:
    import trio

    cursor = await open_cursor(turn, since=plan.since)
    follower = Follower(
        lambda: turn.reach(may_open_room=False),
        since_id=cursor.since_id,
        hold_seconds=plan.hold,
        patience_seconds=plan.patience,
        on_pause=_Pauses(turn).tell,
    )
    if turn.output.is_live:
        turn.output.line(turn.output.paint(f"{cursor.room} as {cursor.alias}; Ctrl-C to leave it be", FAINT))
        turn.output.flush()
    async with follower:
        with trio.move_on_after(plan.seconds):
            return await _hear(turn, plan, cursor, follower)
    if not turn.output.is_json:
        return OK
    turn.output.answer(_idle(turn, plan, cursor))
    return OK


async def _hear(turn: Turn, plan: _Plan, cursor: Cursor, follower: Follower) -> int:
    turns = 0
    while True:
        try:
            waited = await follower.next()
        except Ended as ended:
            return ending(ended.reason)
        turns += 1
        is_done = _is_due(plan, waited, me=cursor.alias) or turns == plan.max_turns
        if waited.records or waited.is_last or is_done:
            _show(turn, plan, waited, cursor=cursor, since_id=follower.since_id)
        if waited.is_last:
            return ending(waited.reason)
        if is_done:
            return OK


def _show(turn: Turn, plan: _Plan, waited: Waited, *, cursor: Cursor, since_id: int) -> None:
    """One batch: printed, flushed, and only then remembered."""
    command = None if waited.is_last else _again(turn, plan, since_id=since_id)
    lines = [record_lines(record, me=cursor.alias, output=turn.output) for record in waited.records]
    turn.output.answer({**waited.raw, "cli_next_cmd": command}, *lines)
    cursor.keep(since_id)


def _is_due(plan: _Plan, waited: Waited, *, me: str) -> bool:
    if plan.until == "message":
        return any(_is_said(record, me=me) for record in waited.records)
    if plan.until == "mention":
        return any(record.calls(me) and record.author != me for record in waited.records)
    return False


def _is_said(record: Record, *, me: str) -> bool:
    if record.type == "system":
        return record.event_kind in _STEERING
    return record.author != me


def _again(turn: Turn, plan: _Plan, *, since_id: int) -> str:
    until = ("--until", plan.until) if plan.until != "close" else ()
    return next_command(turn, "attend", *until, since_id=since_id)


def _idle(turn: Turn, plan: _Plan, cursor: Cursor) -> dict[str, object]:
    """What is told when the time is over and nothing ended the waiting."""
    return {
        "ok": True,
        "room": cursor.room,
        "participant": cursor.alias,
        "heartbeat": True,
        "messages": [],
        "mentioned": False,
        "concerns": [],
        "next_since_id": cursor.since_id,
        "keep_waiting": True,
        "reason": "heartbeat",
        "cli_next_cmd": _again(turn, plan, since_id=cursor.since_id),
    }


def _seconds(written: str | None) -> float:
    if written is None:
        return float("inf")
    from agentgather.api.durations import parse_duration

    return parse_duration(f"{written}s" if written.isdecimal() else written, field="--for").total_seconds()


class _Pauses:
    """Tells a person that the room is away, once an outage."""

    def __init__(self, turn: Turn) -> None:
        self._output = turn.output
        self._last_told = ""

    def tell(self, error: Exception, seconds: float) -> None:
        if self._output.is_json or seconds < NOTE_AFTER_SECONDS or str(error) == self._last_told:
            return
        self._last_told = str(error)
        self._output.note(f"waiting for the room: {single(error)}")
