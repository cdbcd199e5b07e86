"""`watch`: one wait, for whoever would rather loop themselves."""

from __future__ import annotations

from agentgather.cli.cursor import next_command, open_cursor
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.record_lines import record_lines
from agentgather.cli.turn import Turn, take_turn
from agentgather.cli.waiting import check_hold, ending
from agentgather.client.follow import Ended, Follower

PATIENCE_SECONDS = 8.0  # one turn, not a siege: a daemon that restarts is back by then


def watch(*, since: int | None = None, hold: float | None = None, flags: Flags = ANYONE) -> int:
    """Wait once: until something is said, or the hold is over.

    Parameters
    ----------
    since
        Wait for what comes after this message. Default: after the last one shown.
    hold
        Seconds to wait at most, 0 to 55. Default: 25.
    """
    check_hold(hold)
    return take_turn(flags, lambda turn: _watch(turn, since=since, hold=hold))


async def _watch(turn: Turn, *, since: int | None, hold: float | None) -> int:
    cursor = await open_cursor(turn, since=since)
    follower = Follower(
        lambda: turn.reach(may_open_room=False),
        since_id=cursor.since_id,
        hold_seconds=hold,
        patience_seconds=PATIENCE_SECONDS,
    )
    async with follower:
        try:
            waited = await follower.next()
        except Ended as ended:
            return ending(ended.reason)
    command = None if waited.is_last else next_command(turn, "watch", since_id=follower.since_id)
    lines = [record_lines(record, me=cursor.alias, output=turn.output) for record in waited.records]
    if waited.reason == "heartbeat" and command:
        lines.append(f"next: {command}")
    turn.output.answer({**waited.raw, "cli_next_cmd": command}, *lines)
    cursor.keep(follower.since_id)
    return ending(waited.reason) if waited.is_last else 0
