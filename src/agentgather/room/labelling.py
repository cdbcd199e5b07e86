"""The rules of role labels: what somebody does here, said by the host or by themselves. A label permits nothing."""

from __future__ import annotations

from agentgather.room import events
from agentgather.room.commands import SetLabels
from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message
from agentgather.room.names import Label
from agentgather.room.participant import Participant
from agentgather.room.refusals import InvalidLabels, Removed
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState


def set_labels(
    state: RoomState, command: SetLabels, *, seat: Participant, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """Give `seat` the labels of `command` in place of its own. The same ones again say nothing."""
    if seat.is_removed:
        raise Removed(f"{seat.alias} was removed; invite it again with rotation to let it back in")
    check_labels(command.labels, limits=limits)
    if set(command.labels) == set(seat.labels):
        return []
    check_may_speak(state, actor, limits=limits)
    noted = labelled(seat, command.labels, by=actor, scribe=scribe)
    return [noted, *pause(state, actor, scribe=scribe, limits=limits)]


def labelled(seat: Participant, labels: tuple[Label, ...], *, by: Participant, scribe: Scribe) -> Message:
    """The note that `seat` has these labels now."""
    said = f", says {by.alias}" if by.alias != seat.alias else ""
    text = f"{seat.alias} {having(labels)} now{said}"
    return scribe.note(text, events.LabelsSet(seat.alias, labels, by.alias))


def having(labels: tuple[Label, ...]) -> str:
    """Labels as a note names them: they are slugs and hold no prose."""
    if not labels:
        return "has no role"
    return f"has the role{'s' if len(labels) > 1 else ''} {', '.join(labels)}"


def check_labels(labels: tuple[Label, ...] | None, *, limits: RoomLimits) -> None:
    if labels is not None and len(labels) > limits.labels_max:
        raise InvalidLabels(f"{len(labels)} labels are too many; {limits.labels_max} is the maximum", field="labels")
