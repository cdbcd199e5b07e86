"""What the fields of a task may be. Each check raises the refusal that names its field."""

from __future__ import annotations

import re

from agentgather.room.limits import RoomLimits
from agentgather.room.names import Alias
from agentgather.room.participant import Role
from agentgather.room.refusals import InvalidText, TextTooLong
from agentgather.room.state import RoomState
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.refusals import DependencyCycle, InvalidAssignee, InvalidClientId, InvalidDependsOn
from agentgather.room.tasks.task import TaskId, TaskStatus
from agentgather.room.text import is_storable, utf16_units, visible

_BLANKS = re.compile(r"[ \t]+")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def title(text: str, *, limits: RoomLimits) -> str:
    """`text` as a title: one line, trimmed, runs of blanks made one. Raises InvalidText or TextTooLong."""
    one = trimmed(text)
    if not one:
        raise InvalidText("title is blank; say in a few words what is to be done", field="title")
    if not is_storable(text) or visible(one, keep_newlines=False) != one:
        raise InvalidText(
            "title is one line without control or invisible characters; the rest belongs into the description",
            field="title",
        )
    return checked_length(one, field="title", units_max=limits.task_title_units_max)


def trimmed(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def long_text(text: str, *, field: str, limits: RoomLimits) -> str:
    """`text` as a description, a result or a reason; it may be empty. Raises InvalidText or TextTooLong."""
    if not is_storable(text):
        raise InvalidText(f"{field} holds a NUL or half of a surrogate pair; send well-formed Unicode", field=field)
    return checked_length(text, field=field, units_max=limits.task_text_units_max)


def checked_length(text: str, *, field: str, units_max: int) -> str:
    if (units := utf16_units(text)) > units_max:
        raise TextTooLong(f"{field} has {units} UTF-16 units, {units_max} is the maximum", field=field)
    return text


def check_client_id(client_id: str | None) -> None:
    """Raise InvalidClientId."""
    if client_id is not None and not _CLIENT_ID.fullmatch(client_id):
        raise InvalidClientId(
            "client_id is 1 to 128 characters: letters, digits, '.', '_', ':' and '-'", field="client_id"
        )


def check_assignee(state: RoomState, assignee: Alias | None) -> None:
    """Raise InvalidAssignee for somebody who could never claim: not here, removed, or an observer."""
    if assignee is None:
        return
    seat = state.participants.get(assignee)
    if seat is None:
        raise InvalidAssignee(
            f"nobody called {visible(assignee, keep_newlines=False)} is in this room; see /status", field="assignee"
        )
    if seat.is_removed:
        raise InvalidAssignee(f"{assignee} was removed from this room", field="assignee")
    if seat.role is Role.OBSERVER:
        raise InvalidAssignee(f"{assignee} is an observer, who reads and claims nothing", field="assignee")


def check_depends_on(board: TaskBoard, depends_on: tuple[TaskId, ...], *, of: TaskId, limits: RoomLimits) -> None:
    """Raise InvalidDependsOn for what is unknown, cancelled or too much, DependencyCycle when `of` would wait for itself."""
    if len(depends_on) > limits.task_depends_max:
        raise InvalidDependsOn(
            f"depends_on names {len(depends_on)} tasks, {limits.task_depends_max} is the maximum", field="depends_on"
        )
    for one in depends_on:
        if one == of:
            raise DependencyCycle(f"task {of} would wait for itself", field="depends_on", facts={"cycle": [of, of]})
        task = board.find(one)
        if task is None:
            raise InvalidDependsOn(
                f"there is no task {one} to depend on; the newest is {board.last_id}", field="depends_on"
            )
        if task.status is TaskStatus.CANCELLED:
            raise InvalidDependsOn(
                f"task {one} was cancelled and will never be completed; leave it out", field="depends_on"
            )
    if cycle := _way(board, depends_on, to=of):
        told = " -> ".join(map(str, (of, *cycle)))
        raise DependencyCycle(
            f"task {of} would wait for itself: {told}", field="depends_on", facts={"cycle": [of, *cycle]}
        )


def _way(board: TaskBoard, starts: tuple[TaskId, ...], *, to: TaskId) -> tuple[TaskId, ...]:
    """The tasks on a way from one of `starts` along dependencies to the task `to`; empty when there is none."""
    came_from: dict[TaskId, TaskId | None] = dict.fromkeys(starts)
    left = list(starts)
    while left:
        here = left.pop()
        task = board.unfinished.get(here)  # whatever is finished waits for nothing
        for after in task.depends_on if task is not None else ():
            if after == to:
                return (*_back(came_from, here), to)
            if after not in came_from:
                came_from[after] = here
                left.append(after)
    return ()


def _back(came_from: dict[TaskId, TaskId | None], here: TaskId) -> tuple[TaskId, ...]:
    way = [here]
    while (before := came_from[way[-1]]) is not None:
        way.append(before)
    return tuple(reversed(way))
