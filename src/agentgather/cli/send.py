"""`send` and `reply`: one message, recorded once however often the way to the room breaks."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.stdin import file_text, given_text
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.answers import read_record
from agentgather.client.asking import Json
from agentgather.room.addressing import ALL, ROLE
from agentgather.room.names import RESERVED_ALIASES, Alias, alias, label

Switch = Annotated[bool, Parameter(negative=())]
Many = Annotated[list[str] | None, Parameter(negative=())]


def send(
    *words: str,
    text: str | None = None,
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    to: Many = None,
    type: str | None = None,
    client_msg_id: str | None = None,
    need_reply: Switch = False,
    flags: Flags = ANYONE,
) -> int:
    """Say something to somebody; everybody in the room reads it.

    The first word is an alias, the others are the text: `agentgather send bob the build is green`. With --to all
    words are text. A lone `-` for the text reads it from standard input.

    Parameters
    ----------
    words
        The alias to call, then the text.
    text
        The text, instead of words.
    file
        Read the text from this file (`-`: standard input).
    to
        Address the message without naming anybody in the text: to an alias, to role:LABEL (whoever has that label), or to
        all; repeat it for several.
    type
        question, status, request_review, request_debug or handoff; default: message.
    client_msg_id
        The id that makes sending again safe. Default: a new one.
    need_reply
        Ask whom it is for to answer it.
    """
    names = tuple(_recipient(name) for name in to or ())
    spoken = list(words)
    called = None if names else _first(spoken)
    said = _said(spoken, text=text, file=file)

    async def work(turn: Turn) -> None:
        answer = await say(
            turn,
            f"@{called} {said}" if called else said,
            to=names,
            message_type=type,
            client_msg_id=client_msg_id,
            needs_reply=need_reply,
        )
        _tell(turn, answer, called=(called,) if called else names)

    return take_turn(flags, work)


def reply(
    message_id: int,
    /,
    *words: str,
    text: str | None = None,
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    to: Many = None,
    client_msg_id: str | None = None,
    done: Switch = False,
    flags: Flags = ANYONE,
) -> int:
    """Answer a message. The words are the text; a lone `-` reads it from standard input.

    Parameters
    ----------
    message_id
        The number of the message that is answered.
    words
        The text.
    text
        The text, instead of words.
    file
        Read the text from this file (`-`: standard input).
    to
        Address the reply to this alias, to role:LABEL or to all; repeat it for several.
    client_msg_id
        The id that makes sending again safe. Default: a new one.
    done
        Say that what the message asked is done.
    """
    names = tuple(_recipient(name) for name in to or ())
    said = _said(list(words), text=text, file=file)

    async def work(turn: Turn) -> None:
        answer = await say(
            turn,
            said,
            to=names,
            message_type="reply",
            reply_to=message_id,
            client_msg_id=client_msg_id,
            is_done=done,
        )
        record = read_record(answer["message"])
        turn.output.answer(answer, f"sent #{record.id} in reply to #{record.reply_to}{_again(answer)}")

    return take_turn(flags, work)


async def say(
    turn: Turn,
    text: str,
    *,
    client_msg_id: str | None = None,
    message_type: str | None = None,
    reply_to: int | None = None,
    to: tuple[str, ...] = (),
    needs_reply: bool = False,
    is_done: bool = False,
) -> Json:
    """Post once, over as many tries as it takes: every try carries the same id."""
    own_id = client_msg_id or f"cli-{token_urlsafe(12)}"
    return await turn.ask(
        lambda room: room.post(
            text,
            client_msg_id=own_id,
            message_type=message_type,
            reply_to=reply_to,
            to=to,
            needs_reply=needs_reply,
            is_done=is_done,
        )
    )


def _first(spoken: list[str]) -> Alias:
    if not spoken:
        raise Failure("usage", "whom is it for?", hint="agentgather send ALIAS words of the message")
    return _called(spoken.pop(0))


def _called(name: str) -> Alias:
    return alias(name.removeprefix("@"))


def _recipient(name: str) -> str:
    """An alias, `role:<label>` or `all`, as `--to` takes it. Raises InvalidAlias or InvalidLabels."""
    if name.startswith(ROLE):
        return ROLE + label(name.removeprefix(ROLE))
    return name if name == ALL else _called(name)


def _said(spoken: list[str], *, text: str | None, file: str | None) -> str:
    """The text from the one place it was given in. Raises Failure."""
    given = [bool(spoken), text is not None, file is not None]
    if sum(given) != 1:
        reason = "there is nothing to say" if not any(given) else "the text was given twice"
        raise Failure("usage", reason, hint="give it as words, as --text, as --file, or as - on standard input")
    if file is not None:
        return file_text(file, of="the file")
    return given_text(text if text is not None else " ".join(spoken), of="the text")


def _tell(turn: Turn, answer: Json, *, called: tuple[str, ...]) -> None:
    record = read_record(answer["message"])
    turn.output.answer(answer, f"sent #{record.id} to {' '.join(single(name) for name in called)}{_again(answer)}")
    missed = [name for name in called if not record.calls(name) and name not in RESERVED_ALIASES]
    if missed and not turn.output.is_json:
        turn.output.note(f"note: nobody called {', '.join(missed)} is in the room; everybody there can read it")


def _again(answer: Json) -> str:
    return " (it was there already)" if answer.get("idempotent") is True else ""
