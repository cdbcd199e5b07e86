"""The task board as a fold: what was known, and one more event, make what is known now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from immutables import Map

from agentgather.room.names import Alias, MessageId
from agentgather.room.tasks import events
from agentgather.room.tasks.task import Lapse, Task, TaskId, TaskStatus


@dataclass(frozen=True, slots=True)
class Added:
    """What an author already added under one client_id, and the record that says so."""

    message_id: MessageId
    event: events.TaskAdded


@dataclass(frozen=True, slots=True)
class TaskBoard:
    """The tasks of a room. `unfinished` and `finished` together are all of them; `claimed` says who holds which.

    All maps are persistent: the cost of an event does not grow with the board.
    """

    last_id: int = 0
    unfinished: Map[TaskId, Task] = field(default_factory=Map)
    finished: Map[TaskId, Task] = field(default_factory=Map)
    claimed: Map[TaskId, Alias] = field(default_factory=Map)
    added: Map[tuple[Alias, str], Added] = field(default_factory=Map)

    def find(self, task_id: TaskId) -> Task | None:
        return self.unfinished.get(task_id) or self.finished.get(task_id)

    def each(self, *, after_id: int = 0) -> Iterator[Task]:
        """The tasks after `after_id`, by id."""
        for number in range(after_id + 1, self.last_id + 1):
            if (task := self.find(TaskId(number))) is not None:
                yield task

    def pending(self, depends_on: tuple[TaskId, ...]) -> tuple[TaskId, ...]:
        """Those of `depends_on` that are not completed. A cancelled one never will be."""
        return tuple(one for one in depends_on if not self._is_completed(one))

    def held_by(self, alias: Alias) -> tuple[TaskId, ...]:
        """What `alias` holds, by id."""
        return tuple(sorted(task_id for task_id, holder in self.claimed.items() if holder == alias))

    def waiting_for(self, task_id: TaskId) -> tuple[Task, ...]:
        """The unfinished tasks that depend on this one directly, by id."""
        return tuple(
            sorted((task for task in self.unfinished.values() if task_id in task.depends_on), key=lambda task: task.id)
        )

    def _is_completed(self, task_id: TaskId) -> bool:
        task = self.finished.get(task_id)
        return task is not None and task.status is TaskStatus.COMPLETED


def apply(board: TaskBoard, event: events.TaskEvent, *, at: datetime, message_id: MessageId) -> TaskBoard:
    """The board after one more event, which record `message_id` told at `at`."""
    if isinstance(event, events.TaskAdded):
        return _added(board, event, at=at, message_id=message_id)
    task = board.unfinished.get(event.task)
    if task is None:  # a damaged log lost what came before: the rest of the board still stands
        return board
    match event:
        case events.TaskClaimed():
            return _put(board, task, status=TaskStatus.CLAIMED, holder=event.by, claimed_at=at, lapsed=None)
        case events.TaskReleased():
            return _put(board, task, **_FREE)
        case events.TaskLapsed():
            return _put(board, task, **_FREE, lapsed=Lapse(event.holder, event.reason, at))
        case events.TaskReassigned():
            is_taken_away = event.assignee is not None and task.holder not in (None, event.assignee)
            return _put(board, task, assignee=event.assignee, **(_FREE if is_taken_away else {}))
        case events.TaskEdited():
            changes = {name: getattr(event, name) for name in ("title", "description", "depends_on", "due")}
            return _put(board, task, **changes)
        case events.TaskCompleted():
            return _finished(board, task, TaskStatus.COMPLETED, by=event.by, at=at, result=event.result)
        case events.TaskCancelled():
            return _finished(board, task, TaskStatus.CANCELLED, by=event.by, at=at, result=event.reason)


_FREE: dict[str, Any] = {"status": TaskStatus.OPEN, "holder": None, "claimed_at": None}


def _added(board: TaskBoard, event: events.TaskAdded, *, at: datetime, message_id: MessageId) -> TaskBoard:
    if board.find(event.task) is not None:  # a damaged log again
        return board
    task = Task(
        event.task,
        event.title,
        event.description,
        added_by=event.by,
        added_at=at,
        depends_on=event.depends_on,
        assignee=event.assignee,
        due=event.due,
    )
    added = board.added
    if event.client_id is not None:
        added = added.set((event.by, event.client_id), Added(message_id, event))
    unfinished = board.unfinished.set(task.id, task)
    return replace(board, last_id=max(board.last_id, task.id), unfinished=unfinished, added=added)


def _put(board: TaskBoard, task: Task, **changes: Any) -> TaskBoard:
    changed = replace(task, **changes)
    return replace(board, unfinished=board.unfinished.set(task.id, changed), claimed=_claimed(board, changed))


def _finished(board: TaskBoard, task: Task, status: TaskStatus, *, by: Alias, at: datetime, result: str) -> TaskBoard:
    done = replace(task, **{**_FREE, "status": status}, finished_by=by, finished_at=at, result=result, lapsed=None)
    return replace(
        board,
        unfinished=board.unfinished.delete(task.id),
        finished=board.finished.set(task.id, done),
        claimed=_claimed(board, done),
    )


def _claimed(board: TaskBoard, task: Task) -> Map[TaskId, Alias]:
    if task.holder is not None:
        return board.claimed.set(task.id, task.holder)
    return board.claimed.delete(task.id) if task.id in board.claimed else board.claimed
