"""`agentgather task claim`, `release`, `complete` and `cancel`: the steps of a task's life. Each may be taken again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.stdin import file_text, given_text
from agentgather.cli.task_lines import state, task_lines
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.asking import Json
from agentgather.client.room_client import RoomClient

File = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


def claim(task: int, /, *, flags: Flags = ANYONE) -> int:
    """Take a task. Of all who try exactly one gets it; the others are told who.

    Parameters
    ----------
    task
        The number of the task.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.claim_task(task))
        turn.output.answer(answer, "it is yours", *task_lines(answer.get("task") or {}))

    return take_turn(flags, work)


def release(task: int, /, *, flags: Flags = ANYONE) -> int:
    """Give a task back. The host may take one back from whoever holds it.

    Parameters
    ----------
    task
        The number of the task.
    """
    return _step(flags, lambda room: room.release_task(task))


def complete(task: int, /, *words: str, file: File = None, flags: Flags = ANYONE) -> int:
    """Say that a task you hold is done, and what came of it.

    Parameters
    ----------
    task
        The number of the task.
    words
        What came of it; a lone `-` reads it from standard input.
    file
        Read it from this file.
    """
    result = _told(words, file)
    return _step(flags, lambda room: room.complete_task(task, result=result))


def cancel(task: int, /, *words: str, file: File = None, flags: Flags = ANYONE) -> int:
    """Take a task that you added off the board, for good; the host may take any.

    Parameters
    ----------
    task
        The number of the task.
    words
        Why; a lone `-` reads it from standard input.
    file
        Read it from this file.
    """
    reason = _told(words, file)
    return _step(flags, lambda room: room.cancel_task(task, reason=reason))


def _step(flags: Flags, question: Callable[[RoomClient], Awaitable[Json]]) -> int:
    async def work(turn: Turn) -> None:
        answer = await turn.ask(question)
        task = answer.get("task") or {}
        turn.output.answer(answer, f"task {single(task.get('id'))} ({single(task.get('title'))}): {state(task)}")

    return take_turn(flags, work)


def _told(words: tuple[str, ...], file: str | None) -> str:
    """The words, or the file; nothing of neither."""
    if words and file is not None:
        raise Failure("usage", "the text was given twice", hint="as words, or as --file PATH")
    if file is not None:
        return file_text(file, of="the file")
    return given_text(" ".join(words), of="the text") if words else ""
