"""`agentgather task add`, `edit` and `reassign`: what is to be done, after what, by whom, until when."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Annotated, Any

from cyclopts import Parameter

from agentgather.api.durations import parse_duration
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.stdin import file_text, given_text
from agentgather.cli.task_lines import state
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.message import timestamp
from agentgather.room.names import Alias, alias
from agentgather.room.refusals import InvalidTtl

Numbers = Annotated[list[int] | None, Parameter(negative=())]
File = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


def add(
    *title: str,
    description: File = None,
    file: File = None,
    after: Numbers = None,
    assign: str | None = None,
    due: str | None = None,
    client_id: str | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Put a task on the board.

    Parameters
    ----------
    title
        What is to be done, in a few words.
    description
        The rest of it; `-` reads it from standard input.
    file
        Read the description from this file.
    after
        The number of a task that has to be completed first; repeat it for several.
    assign
        The alias who alone may claim it; it is called. Default: everybody may.
    due
        Until when: 2h, 3d, or a moment such as 2026-01-05T09:30. It is shown, and nothing more.
    client_id
        The id that makes adding again safe. Default: a new one.
    """
    if not title:
        raise Failure("usage", "what is to be done?", hint='agentgather task add "Write the tests" --after 1')
    text = _long(description, file) or ""
    assignee = _alias(assign) if assign is not None else None
    own_id = client_id or f"cli-{token_urlsafe(12)}"
    until = _due(due) if due is not None else None

    async def work(turn: Turn) -> None:
        answer = await turn.ask(
            lambda room: room.add_task(
                " ".join(title),
                client_id=own_id,
                description=text,
                depends_on=tuple(after or ()),
                assignee=assignee,
                due=until,
            )
        )
        again = " (it was there already)" if answer.get("idempotent") is True else ""
        task = answer.get("task") or {}
        turn.output.answer(answer, f"added task {single(task.get('id'))}, {state(task)}{again}")

    return take_turn(flags, work)


def edit(
    task: int,
    /,
    *,
    title: str | None = None,
    description: File = None,
    file: File = None,
    after: Numbers = None,
    after_nothing: Annotated[bool, Parameter(negative=())] = False,
    due: str | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Change a task you added; the host may change any. What is not named stays.

    Parameters
    ----------
    task
        The number of the task.
    title
        What is to be done.
    description
        The rest of it; `-` reads it from standard input.
    file
        Read the description from this file.
    after
        The number of a task that has to be completed first, in place of those before; repeat it for several.
    after_nothing
        It waits for no other task any more.
    due
        Until when, as in `task add`; none takes it away.
    """
    changes: dict[str, Any] = {}
    if title is not None:
        changes["title"] = title
    if (text := _long(description, file)) is not None:
        changes["description"] = text
    if after and after_nothing:
        raise Failure("usage", "--after and --after-nothing say opposite things")
    if after or after_nothing:
        changes["depends_on"] = after or []
    if due is not None:
        changes["due"] = None if due == "none" else _due(due)
    if not changes:
        raise Failure("usage", "there is nothing to change", hint='agentgather task edit 3 --title "Write the tests"')

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.edit_task(task, changes))
        told = answer.get("task") or {}
        turn.output.answer(answer, f"task {task} is now: {single(told.get('title'))} ({state(told)})")

    return take_turn(flags, work)


def reassign(
    task: int,
    assignee: str | None = None,
    /,
    *,
    everybody: Annotated[bool, Parameter(negative=())] = False,
    flags: Flags = ANYONE,
) -> int:
    """Say who alone may claim a task you added; the host may say it of any, and takes it from whoever else holds it.

    Parameters
    ----------
    task
        The number of the task.
    assignee
        The alias; it is called.
    everybody
        Everybody may claim it.
    """
    if (assignee is None) != everybody:
        raise Failure("usage", "name an alias, or say --everybody", hint="agentgather task reassign 3 bob")
    to = _alias(assignee) if assignee is not None else None

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.reassign_task(task, to))
        told = f"task {task} is for {to or 'everybody'}, {state(answer.get('task') or {})}"
        turn.output.answer(answer, told)

    return take_turn(flags, work)


def _alias(name: str) -> Alias:
    return alias(name.removeprefix("@"))


def _long(text: str | None, file: str | None) -> str | None:
    if text is not None and file is not None:
        raise Failure("usage", "the description was given twice", hint="as --description TEXT or as --file PATH")
    if file is not None:
        return file_text(file, of="the file")
    return given_text(text, of="the description") if text is not None else None


def _due(text: str) -> str:
    """A length of time from now, or a moment (by this machine's time where it names no zone), as the room reads it."""
    try:
        return timestamp(datetime.now(UTC) + parse_duration(text, field="due"))
    except InvalidTtl:
        pass
    try:
        return timestamp(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        raise Failure("invalid_due", "--due is 2h, 3d, or a moment such as 2026-01-05T09:30", field="due") from None
