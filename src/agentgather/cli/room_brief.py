"""`agentgather room brief`: the room's shared context, read and replaced."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.stdin import file_text, given_text
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.text import visible


def view(*, flags: Flags = ANYONE) -> int:
    """Show the room's brief, as it is: without a newline of its own when it is piped."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.brief())
        if turn.output.is_json:
            turn.output.answer(answer)
            return
        body = visible(str(answer["brief"]["body"]))
        sys.stdout.write(body + ("\n" if turn.output.is_live and body and not body.endswith("\n") else ""))
        turn.output.flush()

    return take_turn(flags, work)


def set_brief(
    *words: str,
    body: str | None = None,
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    flags: Flags = ANYONE,
) -> int:
    """Replace the room's brief. A lone `-` reads it from standard input.

    Parameters
    ----------
    words
        The new brief.
    body
        The new brief, instead of words.
    file
        Read the new brief from this file (- for standard input).
    """
    if (bool(words), body is not None, file is not None).count(True) != 1:
        raise Failure("usage", "give the new brief once: as words, as --body, as --file, or as - on standard input")
    if file is not None:
        text = file_text(file, of="the brief")
    else:
        text = given_text(body if body is not None else " ".join(words), of="the brief")
    if not text.strip():
        raise Failure("usage", "the new brief is empty", hint="say in a sentence what the room is for")

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.set_brief(text))
        turn.output.answer(answer, f"the brief is now version {int(answer['brief']['brief_version'])}")

    return take_turn(flags, work)
