"""What clients send to the task board is what its log will tell."""

from __future__ import annotations

from agentgather.api.event_json import event_json, read_event
from agentgather.api.task_bodies import read_added
from agentgather.room.tasks.events import TaskAdded
from tests.room.rooms import REV, furnished


def test_a_due_moment_is_the_same_after_the_log_was_read() -> None:
    """Else the same task, added again after a start, would count as another one."""
    command = read_added({"title": "t", "due": "2030-01-05T10:30:00.123456+01:00", "client_id": "a"}, actor=REV)
    (told, *_) = furnished().do(command)
    assert isinstance(told.event, TaskAdded)
    assert read_event(event_json(told.event)) == told.event
    assert told.event.due == command.due
