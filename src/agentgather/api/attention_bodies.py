"""What clients say of attention: modes and numbers they declare, what they work on, and which session of theirs speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.room.commands import Declaring
from agentgather.room.declaring import SECONDS_MAX
from agentgather.room.live_state import WORKING_ON_UNITS_MAX
from agentgather.room.modes import Mode
from agentgather.room.refusals import InvalidAttention
from agentgather.room.text import is_storable, utf16_units, visible, without_tokens

Json = Mapping[str, Any]

SESSION_ID_UNITS_MAX = 200


@dataclass(frozen=True, slots=True)
class Work:
    """Whether somebody says that it works; `text` is on what, None where it does not say."""

    is_on: bool
    text: str | None = None


def read_declaring(body: Json) -> Declaring | None:
    """What is declared of attention; None where nothing is. Raises InvalidAttention."""
    modes = body.get("supported_modes")
    declaring = Declaring(
        None if modes is None else _modes(modes), _seconds(body, "poll_cadence_s"), _seconds(body, "safety_wake_s")
    )
    return None if declaring == Declaring() else declaring


def read_requested_mode(body: Json) -> Mode | None:
    """The mode that a host asks for. Raises InvalidAttention."""
    asked = body.get("requested_mode")
    return None if asked is None else _mode(asked, field="requested_mode")


def is_about_work(body: Json) -> bool:
    return "working" in body or "working_on" in body


def read_work(body: Json) -> Work | None:
    """What somebody says of its work; None where it says nothing of it. Raises InvalidAttention."""
    if not is_about_work(body):
        return None
    text, is_on = body.get("working_on"), body.get("working")
    if "working" in body and not isinstance(is_on, bool):
        raise InvalidAttention("working is true or false", field="working")
    if text is None:
        return Work(is_on is True)
    if is_on is False:
        raise InvalidAttention("who does not work works on nothing: leave working_on out", field="working_on")
    return Work(is_on=True, text=_line(text))


def read_session_id(body: Json) -> str | None:
    """The opaque name of a client's own session, which nobody is ever shown. Raises InvalidAttention."""
    session = body.get("session_id")
    if session is None:
        return None
    if not isinstance(session, str) or not 1 <= utf16_units(session) <= SESSION_ID_UNITS_MAX:
        raise InvalidAttention(f"session_id is text of 1 to {SESSION_ID_UNITS_MAX} characters", field="session_id")
    return session


def _modes(value: Any) -> tuple[Mode, ...]:
    if not isinstance(value, list) or len(value) > len(Mode):
        raise InvalidAttention(f"supported_modes is a list of modes: {', '.join(Mode)}", field="supported_modes")
    return tuple(_mode(one, field="supported_modes") for one in value)


def _mode(value: Any, *, field: str) -> Mode:
    if not isinstance(value, str) or value not in Mode.__members__.values():
        raise InvalidAttention(f"a mode is one of: {', '.join(Mode)}", field=field)
    return Mode(value)


def _seconds(body: Json, field: str) -> int | None:
    value = body.get(field)
    if value is not None and (type(value) is not int or not 0 <= value <= SECONDS_MAX):
        raise InvalidAttention(f"{field} is whole seconds from 1 to {SECONDS_MAX}; 0 takes it away", field=field)
    return value


def _line(text: Any) -> str:
    """What somebody works on: one line without invisible characters, and without a token in it."""
    if not isinstance(text, str) or not is_storable(text) or visible(text, keep_newlines=False) != text:
        raise InvalidAttention("working_on is one line of text without invisible characters", field="working_on")
    if not 1 <= utf16_units(text.strip()) <= WORKING_ON_UNITS_MAX:
        raise InvalidAttention(f"working_on has 1 to {WORKING_ON_UNITS_MAX} characters", field="working_on")
    return without_tokens(text.strip())
