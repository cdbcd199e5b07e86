"""The task board: what is on it, and one resource for each step of a task's life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agentgather.api.query_values import read_count, read_id
from agentgather.api.task_bodies import READY, TASKS_MAX, read_added, read_status, read_step, read_task_id
from agentgather.api.task_json import task_json
from agentgather.http.asked import Asked, json_answer
from agentgather.room.state import RoomState
from agentgather.room.tasks.claiming import is_ready
from agentgather.room.tasks.events import TaskAdded
from agentgather.room.tasks.refusals import TaskNotFound
from agentgather.room.tasks.task import TaskId
from agentgather.serving.answer import Answer


def list_tasks(asked: Asked) -> Answer:
    """A page of tasks by id, without their long texts. It is a sign of life, and moves no mark."""
    status = read_status(asked.query("status"))
    after = asked.query("after_id")
    after_id = 0 if after is None else read_id(after, code="invalid_after_id", field="after_id")
    limit = asked.query("limit")
    tasks_max = (
        TASKS_MAX if limit is None else read_count(limit, code="invalid_limit", field="limit", count_max=TASKS_MAX)
    )
    state = asked.room.state
    found = []
    for task in state.tasks.each(after_id=after_id):
        if status in (None, task.status) or (status == READY and is_ready(state, task, by=asked.alias)):
            found.append(task)
            if len(found) > tasks_max:
                break
    has_more = len(found) > tasks_max
    del found[tasks_max:]
    _seen(asked)
    return json_answer(
        {
            "ok": True,
            "tasks": [task_json(task, state.tasks, is_whole=False) for task in found],
            "next_after_id": found[-1].id if has_more else None,
            "has_more": has_more,
            "last_id": state.last_id,
            "claim_lease_seconds": asked.room.limits.claim_lease_seconds,
        }
    )


async def add(asked: Asked) -> Answer:
    """Add a task. 201 once it is on disk; 200 with `idempotent` when this client_id had added it before."""
    command = read_added(await asked.body(), actor=asked.alias)
    _seen(asked)
    outcome = await asked.room.submit(command)
    records = [outcome.post.record] if outcome.post is not None else outcome.records
    (added,) = [record.event for record in records if isinstance(record.event, TaskAdded)]
    answer = _answer(outcome.state, added.task)
    return json_answer(answer | {"idempotent": True}) if outcome.is_repeat else json_answer(answer, 201)


def show(asked: Asked, *, task_id: str) -> Answer:
    _seen(asked)
    return json_answer(_answer(asked.room.state, read_task_id(task_id)))


def step(name: str) -> Callable[..., Awaitable[Answer]]:
    """The resource that takes this step with a task, and answers the task as it is then."""

    async def take(asked: Asked, *, task_id: str) -> Answer:
        body = await asked.body()
        number = read_task_id(task_id)
        command = read_step(name, body, actor=asked.alias, task=number)
        _seen(asked)
        outcome = await asked.room.submit(command)
        return json_answer(_answer(outcome.state, number))

    return take


def _seen(asked: Asked) -> None:
    asked.room.presence.touch(asked.alias, now=asked.room.clock())


def _answer(state: RoomState, task_id: TaskId) -> dict[str, object]:
    task = state.tasks.find(task_id)
    if task is None:
        raise TaskNotFound(f"there is no task {task_id} in this room; the newest is {state.tasks.last_id}")
    return {"ok": True, "task": task_json(task, state.tasks)}
