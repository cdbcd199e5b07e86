"""`agentgather room status`: who is here, what holds, and how far everybody is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from agentgather.api.durations import format_duration
from agentgather.cli.columns import columns
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import Output, single
from agentgather.cli.room_wakes import spent_line
from agentgather.cli.turn import Turn, take_turn
from agentgather.settings.exposure import is_local_url

_FOREVER_MS = 2**53 - 1  # what the protocol says of somebody whose last sign of life cannot be told


def status(*, flags: Flags = ANYONE) -> int:
    """Show who is here, what holds, and how far everybody has read."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.status())
        turn.output.answer(answer, *_lines(answer, turn.output))

    return take_turn(flags, work)


def _lines(answer: Mapping[str, Any], output: Output) -> list[str]:
    state = single(answer.get("room_status"))
    lines = [
        output.paint(f"{single(answer.get('room'))} is {state}", "1") + _until(answer),
        f"you are {single(answer.get('me'))} ({single(answer.get('role', 'guest'))}); "
        f"{single(answer.get('last_id', '?'))} records; brief version {single(answer.get('brief_version'))}; "
        f"attendance {single(answer.get('attendance_policy'))}",
    ]
    public = answer.get("public_url")
    if isinstance(public, str) and not is_local_url(public):
        lines.append(f"published at {single(public)}")
    if paused := answer.get("paused"):
        names = ", ".join(single(alias) for alias in paused)
        lines.append(f"paused until a human speaks: {names} (agentgather room continue)")
    if isinstance(session := answer.get("session"), dict):
        lines.append(session_line(session))
    if isinstance(wakes := answer.get("wakes"), dict) and wakes.get("free_at"):
        lines.append(spent_line(wakes))
    return [*lines, "", *roster(answer)]


def session_line(session: Mapping[str, Any]) -> str:
    """The session that is on, in a line."""
    minutes = session.get("expected_minutes")
    expected = f", about {minutes} minutes were expected" if type(minutes) is int else ""
    policy = f", attendance meanwhile {single(session['policy'])}" if session.get("policy") else ""
    return (
        f"a session is on since {single(session.get('started_at'))}, by {single(session.get('by'))}{expected}{policy}"
    )


def _until(answer: Mapping[str, Any]) -> str:
    """How long the room stays, by the room's own clock."""
    try:
        left = datetime.fromisoformat(str(answer["expires_at"])) - datetime.fromisoformat(str(answer["server_time"]))
    except (KeyError, ValueError, TypeError):
        return ""
    return f", {format_duration(left)} left" if answer.get("room_status") == "open" else ""


def roster(answer: Mapping[str, Any]) -> list[str]:
    """The participants of a status answer as a table; what they call themselves is made safe to show."""
    seats = [seat for seat in answer.get("participants", []) if isinstance(seat, dict)]
    rows: list[tuple[object, ...]] = [("WHO", "IS", "ROLE", "DOES", "ATTENTION", "SEEN", "READ")]
    for seat in seats:
        name = seat.get("display_name")
        who = f"{seat.get('alias')} ({name})" if name else seat.get("alias")
        role = seat.get("role") or ("host" if seat.get("is_host") else "guest")
        state = "removed" if seat.get("removed_at") else live_words(seat)
        rows.append(
            (
                who,
                seat.get("kind"),
                role,
                labels_of(seat) or "-",
                state,
                "never" if never_came(seat) else _age(seat.get("last_seen_age_ms")),
                _read(seat),
            )
        )
    return columns(rows)


def live_words(seat: Mapping[str, Any]) -> str:
    """What a participant does now, in words; a room of before live states tells its attendance."""
    if never_came(seat):
        return "not here yet"
    state = seat.get("live_state") or seat.get("attendance_state")
    if state == "working" and seat.get("working_on"):
        return f"working on {single(seat['working_on'])}"
    return single(state).replace("_", " ")


def never_came(seat: Mapping[str, Any]) -> bool:
    """Whether somebody was invited and nothing has been heard of them: they count as seen when their seat was made."""
    return seat.get("has_joined") is False and seat.get("lastSeenAt") == seat.get("joinedAt")


def labels_of(seat: Mapping[str, Any]) -> str:
    """The role labels of a seat, as a person reads them; empty when it has none."""
    labels = seat.get("labels")
    return ", ".join(str(label) for label in labels) if isinstance(labels, list) else ""


def _read(seat: Mapping[str, Any]) -> str:
    through_id = max((value for name in ("read_id", "delivered_id") if type(value := seat.get(name)) is int), default=0)
    return f"#{through_id}" if through_id else "-"


def _age(age_ms: object) -> str:
    if type(age_ms) is not int or age_ms >= _FOREVER_MS:
        return "never"
    if age_ms < 5_000:
        return "now"
    unit = 1_000 if age_ms < 60_000 else 60_000 if age_ms < 86_400_000 else 3_600_000
    return f"{format_duration(timedelta(milliseconds=age_ms - age_ms % unit))} ago"
