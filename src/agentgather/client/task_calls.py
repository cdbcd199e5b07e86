"""The task board, as a client asks for it. Every step may be asked again: what is so already is answered as before."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.api import paths
from agentgather.client.asking import Json
from agentgather.client.seat_asker import SeatAsker, filled, given


class TaskCalls(SeatAsker):
    """Each answer is the room's: `{ok, task}`, where a task is as docs/protocol.md tells it."""

    async def tasks(
        self, *, status: str | None = None, after_id: int | None = None, tasks_max: int | None = None
    ) -> Json:
        """A page of the board: {tasks, next_after_id, has_more, last_id, claim_lease_seconds}."""
        return await self._get(paths.TASKS, given(status=status, after_id=after_id, limit=tasks_max))

    async def task(self, task_id: int) -> Json:
        return await self._get(filled(paths.TASK, task_id=task_id))

    async def add_task(
        self,
        title: str,
        *,
        client_id: str,
        description: str = "",
        depends_on: Sequence[int] = (),
        assignee: str | None = None,
        due: str | None = None,
    ) -> Json:
        """Add a task: {ok, task[, idempotent]}. One `client_id` is one task, however often it comes. `due`: a timestamp."""
        body: Json = {"title": title, "client_id": client_id}
        if description:
            body["description"] = description
        if depends_on:
            body["depends_on"] = list(depends_on)
        if assignee is not None:
            body["assignee"] = assignee
        if due is not None:
            body["due"] = due
        return await self._post(paths.TASKS, body)

    async def claim_task(self, task_id: int) -> Json:
        """Take a task. Refused with `already_claimed` carries the fact `holder`, with `dependencies_pending` `pending`."""
        return await self._post(filled(paths.TASK_CLAIM, task_id=task_id))

    async def release_task(self, task_id: int) -> Json:
        return await self._post(filled(paths.TASK_RELEASE, task_id=task_id))

    async def complete_task(self, task_id: int, *, result: str = "") -> Json:
        return await self._post(filled(paths.TASK_COMPLETE, task_id=task_id), {"result": result})

    async def cancel_task(self, task_id: int, *, reason: str = "") -> Json:
        return await self._post(filled(paths.TASK_CANCEL, task_id=task_id), {"reason": reason})

    async def reassign_task(self, task_id: int, assignee: str | None) -> Json:
        """Say who alone may claim it; None: everybody."""
        return await self._post(filled(paths.TASK_REASSIGN, task_id=task_id), {"assignee": assignee})

    async def edit_task(self, task_id: int, changes: Json) -> Json:
        """Change any of `title`, `description`, `depends_on` and `due` (None: no due date); what is left out stays."""
        return await self._post(filled(paths.TASK_EDIT, task_id=task_id), changes)
