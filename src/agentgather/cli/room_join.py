"""`agentgather room join`: take the seat of an invitation, and keep it in this home."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from agentgather.cli.cursor import forget_namesake
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.invitation import Invitation, read_invitation
from agentgather.cli.main import HYPHEN
from agentgather.cli.output import Output, output_for, single
from agentgather.cli.seats import URL_VARIABLE, checked_token, checked_url, handed_token
from agentgather.cli.stdin import file_text, is_file
from agentgather.client.doors import reach
from agentgather.client.environ import TOKEN_VARIABLE
from agentgather.client.persist import persist
from agentgather.client.seat import ActingSeat
from agentgather.room.names import alias as parse_alias
from agentgather.room.names import room_id
from agentgather.store.home import Home, Seat

DEFAULT_URL = "http://127.0.0.1:8787"


def join(
    invitation: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    *,
    alias: str | None = None,
    token: str | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Take the seat of an invitation: join the room, keep the token in this home, and act as this seat from now on.

    `agentgather room join -` reads the link or the card from standard input, where no process list shows it.

    Parameters
    ----------
    invitation
        A link with #token=, a file that holds a link or a card, or - for standard input. Or the room's name or URL,
        for a token given otherwise.
    alias
        The alias you expect to be.
    token
        The token. Better: --token-file, AGENTGATHER_TOKEN, or the invitation on standard input.
    """
    import trio

    output, home = output_for(is_json=flags.json), flags.open_home()
    room, found = _invitation(invitation, token=token, flags=flags)
    return trio.run(_join, home, output, found, room, alias)


async def _join(home: Home, output: Output, found: Invitation, room: str | None, alias: str | None) -> int:
    here = room_id(room) if room is not None else None
    visitor = ActingSeat(found.base_url, found.token, room=here)
    async with reach(visitor, home) as client:
        status = await persist(client.status)
        seat = _seat(found, status, room=room, alias=alias)
        is_open = status.get("room_status") == "open"
        if is_open:
            await persist(client.join)
        await forget_namesake(home, seat.room, seat.alias, client)
    home.keep_seat(seat)
    answer: dict[str, Any] = {"ok": True, "room": seat.room, "alias": seat.alias, "baseUrl": seat.base_url}
    answer["room_status"] = "open" if is_open else "closed"
    lines = [f"you are {seat.alias} in {seat.room}, at {single(seat.base_url)}"]
    lines.append("next: agentgather attend" if is_open else "the room is closed: you can read it, nothing can be added")
    output.answer(answer, *lines)
    return 0


def _seat(found: Invitation, status: dict[str, Any], *, room: str | None, alias: str | None) -> Seat:
    """The seat that the room says the token is. Raises Failure when another was expected."""
    seat = Seat(room_id(str(status.get("room"))), parse_alias(str(status.get("me"))), found.base_url, found.token)
    if room is not None and seat.room != room:
        raise Failure("room_not_found", f"the room there is {seat.room}, not {single(room)}", field="room")
    if alias is not None and seat.alias != alias:
        raise Failure("participant_mismatch", f"that token is {seat.alias}'s, not {single(alias)}'s", field="alias")
    return seat


def _invitation(given: str | None, *, token: str | None, flags: Flags) -> tuple[str | None, Invitation]:
    """The room's name where one was given, and the invitation. Raises Failure, OSError."""
    handed = checked_token(token.encode(errors="replace"), where="--token") if token is not None else None
    is_explicit = handed is not None or flags.token_file is not None
    handed = handed or handed_token(flags, os.environ)
    if given is None:
        if handed is None and flags.room is None:
            raise Failure(
                "usage", "what were you invited with?", hint="agentgather room join LINK, or - for standard input"
            )
        return _named(flags.room, handed, flags)
    if given in (HYPHEN, "-"):
        return flags.room, _elsewhere(read_invitation(file_text(given, of="the invitation")), flags)
    if "://" in given:
        if "token=" in given:
            return flags.room, _elsewhere(read_invitation(given), flags)
        if handed is None:
            raise _no_token()
        return flags.room, Invitation(checked_url(given), handed)
    if is_file(given) and not is_explicit:
        return flags.room, _elsewhere(read_invitation(file_text(str(Path(given)), of="the invitation")), flags)
    if "/" in given or "." in given:
        raise Failure("file_not_found", f"there is no file {single(given)}", field="invitation")
    return _named(given, handed, flags)


def _named(room: str | None, token: str | None, flags: Flags) -> tuple[str | None, Invitation]:
    if token is None:
        raise _no_token()
    return room, Invitation(checked_url(flags.url or os.environ.get(URL_VARIABLE) or DEFAULT_URL), token)


def _elsewhere(found: Invitation, flags: Flags) -> Invitation:
    """The invitation, to the URL that was asked for instead where one was."""
    return replace(found, base_url=checked_url(flags.url)) if flags.url is not None else found


def _no_token() -> Failure:
    return Failure(
        "usage",
        "a room's name or URL alone opens no seat: the token is missing",
        hint=f"give the whole link, or add --token-file, or set {TOKEN_VARIABLE}",
    )
