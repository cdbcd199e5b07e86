"""The task board as the OpenAPI document describes it: its operations, what it takes and answers, and its events."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.api.task_bodies import READY, TASKS_MAX
from agentgather.http.openapi_operation import NEW, NOTHING, Operation, okay
from agentgather.http.openapi_shapes import (
    ALIAS,
    BY_DEFAULT,
    CURSOR,
    FLAG,
    MOMENT,
    SAFE_INTEGER_MAX,
    YES,
    Schema,
    choice,
    fields,
    many,
    named,
    nullable,
    text,
    whole,
)
from agentgather.room.limits import RoomLimits
from agentgather.room.tasks.task import LapseReason, TaskStatus

_LIMITS = RoomLimits()

TASK_ID: Schema = whole(least=1, most=SAFE_INTEGER_MAX)
_LONG = f"{_LIMITS.task_text_units_max:,} UTF-16 units at most {BY_DEFAULT}"
_TITLE = text(f"one line of {_LIMITS.task_title_units_max} UTF-16 units at most {BY_DEFAULT}", pattern="\\S")
_DEPENDS_ON = many(TASK_ID) | {
    "description": f"what has to be completed first: {_LIMITS.task_depends_max} tasks at most {BY_DEFAULT}"
}
_ASSIGNEE = nullable(ALIAS) | {"description": "who alone may claim it; null: everybody"}
_DUE = nullable(MOMENT) | {"description": "shown, and nothing more"}

_CHANGED = (*NEW, "read_only", "loop_guard", "task_not_found", "task_finished")
_TEXT = ("invalid_text", "text_too_long")
_SHAPE = (*_TEXT, "invalid_depends_on", "dependency_cycle", "invalid_due")


def task_operations() -> dict[tuple[str, str], Operation]:
    """The board's operations by method and path."""
    one = okay(task=named("Task"))
    return {
        ("GET", paths.TASKS): Operation(
            "listTasks",
            "A page of the task board, by number, without the long texts",
            named("Tasks"),
            ("invalid_status", "invalid_after_id", "invalid_limit"),
            query={
                "status": choice((*TaskStatus, READY), description=f"{READY}: open, and you may claim it now"),
                "after_id": CURSOR | {"description": "the number of a task; 0 stands before the first"},
                "limit": whole("tasks at most", least=1, most=TASKS_MAX),
            },
        ),
        ("POST", paths.TASKS): Operation(
            "addTask",
            "Add a task: 201 once it is on disk, 200 when this client_id had added it before",
            one,
            (
                *NEW,
                "read_only",
                "loop_guard",
                *_SHAPE,
                "invalid_assignee",
                "invalid_client_id",
                "id_reused",
                "board_full",
            ),
            body=named("NewTask"),
            status=201,
            another=(200, fields({"ok": YES, "task": named("Task"), "idempotent": YES})),
            another_means="it was added before",
        ),
        ("GET", paths.TASK): Operation("showTask", "One task with its long texts", one, ("task_not_found",)),
        ("POST", paths.TASK_CLAIM): Operation(
            "claimTask",
            "Take a task: of all who ask exactly one gets it, the others are told who",
            one,
            (*_CHANGED, "already_claimed", "not_assignee", "dependencies_pending"),
            body=NOTHING,
        ),
        ("POST", paths.TASK_RELEASE): Operation(
            "releaseTask", "Give a task back; the host may take it back", one, (*_CHANGED, "not_holder"), body=NOTHING
        ),
        ("POST", paths.TASK_COMPLETE): Operation(
            "completeTask",
            "Say that your task is done, and what came of it",
            one,
            (*_CHANGED, *_TEXT, "not_holder"),
            body=fields({}, {"result": text(_LONG)}),
        ),
        ("POST", paths.TASK_CANCEL): Operation(
            "cancelTask",
            "Take a task off the board for good: by whoever added it, or the host",
            one,
            (*_CHANGED, *_TEXT, "not_author"),
            body=fields({}, {"reason": text(_LONG)}),
        ),
        ("POST", paths.TASK_REASSIGN): Operation(
            "reassignTask",
            "Say who alone may claim a task; whoever else holds it loses it",
            one,
            (*_CHANGED, "not_author", "invalid_assignee", "already_claimed"),
            body=fields({"assignee": _ASSIGNEE}, examples=[{"assignee": "rev"}]),
        ),
        ("POST", paths.TASK_EDIT): Operation(
            "editTask",
            "Change what a task says and what it waits for; a field that is left out stays",
            one,
            (*_CHANGED, *_SHAPE, "not_author", "dependencies_pending"),
            body=fields({}, {"title": _TITLE, "description": text(_LONG), "depends_on": _DEPENDS_ON, "due": _DUE}),
        ),
    }


TASKS_TAKEN: dict[str, Schema] = {
    "NewTask": fields(
        {"title": _TITLE},
        {
            "description": text(_LONG),
            "depends_on": _DEPENDS_ON,
            "assignee": _ASSIGNEE,
            "due": _DUE,
            "client_id": nullable(
                text("one of your own for each task makes it safe to ask again", pattern="^[A-Za-z0-9._:-]{1,128}$")
            ),
        },
        examples=[{"title": "Write the tests", "client_id": "ops-task-1"}],
    ),
}

_TASK: dict[str, Schema] = {
    "id": TASK_ID,
    "title": text(),
    "status": choice(TaskStatus),
    "depends_on": many(TASK_ID),
    "blocked_by": many(TASK_ID) | {"description": "those that are not completed; of a finished task none"},
    "assignee": nullable(ALIAS),
    "holder": nullable(ALIAS),
    "claimed_at": nullable(MOMENT),
    "due": nullable(MOMENT),
    "added_by": ALIAS,
    "added_at": MOMENT,
    "finished_by": nullable(ALIAS),
    "finished_at": nullable(MOMENT),
    "lapsed": nullable(fields({"holder": ALIAS, "reason": choice(LapseReason), "at": MOMENT}))
    | {"description": "the last claim that ended by itself, until the next one"},
}

TASKS_ANSWERED: dict[str, Schema] = {
    "Task": fields(
        {**_TASK, "description": text(), "result": text("of a completed task; of a cancelled one the reason")},
        description="A task of the board.",
    ),
    "ListedTask": fields(_TASK, description="A Task without `description` and `result`."),
    "Tasks": fields(
        {
            "ok": YES,
            "tasks": many(named("ListedTask")),
            "next_after_id": nullable(TASK_ID),
            "has_more": FLAG,
            "last_id": CURSOR | {"description": "the newest record that these tasks know of"},
            "claim_lease_seconds": whole("without a sign of life of its holder, and a claim lapses"),
        }
    ),
}

TASK_EVENTS: dict[str, dict[str, Schema]] = {
    "task.added": {
        "by": ALIAS,
        "task": TASK_ID,
        "title": text(),
        "description": text(),
        "depends_on": many(TASK_ID),
        "assignee": nullable(ALIAS),
        "due": nullable(MOMENT),
        "client_id": nullable(text()),
    },
    "task.claimed": {"by": ALIAS, "task": TASK_ID},
    "task.released": {"by": ALIAS, "task": TASK_ID},
    "task.completed": {"by": ALIAS, "task": TASK_ID, "result": text()},
    "task.cancelled": {"by": ALIAS, "task": TASK_ID, "reason": text()},
    "task.reassigned": {"by": ALIAS, "task": TASK_ID, "assignee": nullable(ALIAS)},
    "task.edited": {
        "by": ALIAS,
        "task": TASK_ID,
        "title": text(),
        "description": text(),
        "depends_on": many(TASK_ID),
        "due": nullable(MOMENT),
    },
    "task.lapsed": {"task": TASK_ID, "holder": ALIAS, "reason": choice(LapseReason)},
}
