"""`handoff`: hand work over with all that is needed to go on. The words themselves travel, never the path to them."""

from __future__ import annotations

import errno
from secrets import token_urlsafe
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure, failure_of
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.parts import split
from agentgather.cli.send import say
from agentgather.cli.stdin import file_text, given_text, is_file
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.answers import read_record
from agentgather.client.asking import Json
from agentgather.client.errors import Refused, Unreachable
from agentgather.room.names import Alias, alias
from agentgather.room.text import utf16_units

UNITS_MAX = 24_000  # of a handoff's text, in UTF-16 units
LARGE_UNITS_MAX = 64_000  # with --large


def handoff(
    to: str,
    words: str | None = None,
    /,
    *,
    summary: str | None = None,
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    large: Annotated[bool, Parameter(negative=())] = False,
    client_msg_id: str | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Hand work over, with all that is needed to go on.

    What does not fit into one message goes out in several that refer to the first.

    Parameters
    ----------
    to
        The alias that takes over.
    words
        The text as one word; a lone `-` reads it from standard input.
    summary
        The text, or the name of a file that holds it.
    file
        The file that holds the text (`-`: standard input).
    large
        Allow 64,000 characters in place of 24,000.
    client_msg_id
        The id that makes handing over again safe. Default: a new one.
    """
    called = alias(to.removeprefix("@"))
    text = _text(words, summary=summary, file=file)
    units, units_max = utf16_units(text), LARGE_UNITS_MAX if large else UNITS_MAX
    if units > units_max:
        hint = "shorten it" if large else f"shorten it, or allow {LARGE_UNITS_MAX} with --large"
        raise Failure("text_too_long", f"the handoff has {units} characters, {units_max} is the maximum", hint=hint)
    if not text.strip():
        raise Failure("usage", "there is nothing to hand over")
    return take_turn(flags, lambda turn: _hand_over(turn, called, text, own_id=client_msg_id))


def _text(words: str | None, *, summary: str | None, file: str | None) -> str:
    if sum(source is not None for source in (words, summary, file)) != 1:
        raise Failure("usage", "give the text once", hint="as --summary TEXT, --file PATH, or - for standard input")
    if words is not None:
        return given_text(words, of="the text")
    if file is not None:
        return file_text(file, of="the file")
    assert summary is not None  # the only one left
    if is_file(summary):
        return file_text(summary, of="the file")
    if summary.startswith(("/", "./", "../", "~/")) and not any(blank in summary for blank in " \n\t"):
        raise FileNotFoundError(errno.ENOENT, "no such file, and a path helps nobody elsewhere", summary)
    return summary


async def _hand_over(turn: Turn, called: Alias, text: str, *, own_id: str | None) -> None:
    """Post the parts in order. The first is what the others reply to."""
    parts = split(text, head=lambda number, count, first: _head(called, number, count, first))
    base = own_id or f"cli-{token_urlsafe(12)}"
    answers: list[Json] = []
    first: int | None = None
    for number, part in enumerate(parts, start=1):
        said = _head(called, number, len(parts), first) + part
        part_id = base if len(parts) == 1 else f"{base}-{number}"
        try:
            answer = await say(turn, said, client_msg_id=part_id, message_type="handoff", reply_to=first)
        except (Refused, Unreachable) as error:
            raise _cut_short(error, answers, count=len(parts), base=base) from error
        answers.append(answer)
        first = first or read_record(answer["message"]).id
    ids = [read_record(answer["message"]).id for answer in answers]
    numbers = ", ".join(f"#{one}" for one in ids)
    turn.output.answer({**answers[0], "parts": ids}, f"handed over to {called}: {numbers}")


def _head(called: Alias, number: int, count: int, first: int | None) -> str:
    if count == 1:
        return f"@{called} HANDOFF\n\n"
    continues = f", continues #{first}" if first else ""
    return f"@{called} HANDOFF part {number}/{count}{continues}\n\n"


def _cut_short(error: Exception, answers: list[Json], *, count: int, base: str) -> Exception:
    """The error of a handoff of which some parts are in the room already."""
    failure = failure_of(error)
    if not answers or failure is None:
        return error
    ids = ", ".join(f"#{read_record(answer['message']).id}" for answer in answers)
    failure.message = f"{len(answers)} of {count} parts are in the room ({ids}), then: {failure.message}"
    failure.hint = f"hand over again with --client-msg-id {base}: what is there is not repeated"
    return failure
