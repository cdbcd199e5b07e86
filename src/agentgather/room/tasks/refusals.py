"""Every no of the task board."""

from __future__ import annotations

from agentgather.room.refusals import Refusal


class TaskNotFound(Refusal):
    code = "task_not_found"


class InvalidDependsOn(Refusal):
    code = "invalid_depends_on"


class InvalidAssignee(Refusal):
    code = "invalid_assignee"


class InvalidDue(Refusal):
    code = "invalid_due"


class InvalidClientId(Refusal):
    code = "invalid_client_id"


class DependencyCycle(Refusal):
    code = "dependency_cycle"


class DependenciesPending(Refusal):
    code = "dependencies_pending"


class AlreadyClaimed(Refusal):
    code = "already_claimed"


class NotAssignee(Refusal):
    code = "not_assignee"


class TaskFinished(Refusal):
    code = "task_finished"


class BoardFull(Refusal):
    code = "board_full"
