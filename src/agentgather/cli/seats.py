"""Which seat a command acts as: the one named, the one of a token handed in, or the current one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from agentgather.cli.failures import Failure
from agentgather.cli.flags import Flags
from agentgather.client.environ import TOKEN_VARIABLE
from agentgather.client.seat import ActingSeat
from agentgather.room.names import alias, room_id
from agentgather.store.home import Home, Seat

URL_VARIABLE = "AGENTGATHER_URL"
TOKEN_BYTES_MAX = 4_096  # a token file holds a line; whatever is larger is another file


def acting_seat(flags: Flags, home: Home, *, environ: Mapping[str, str] = os.environ) -> ActingSeat:
    """The seat that `flags`, the environment and `home` choose, in that order. Raises Failure, DocumentDamaged."""
    token = handed_token(flags, environ)
    if token is None:
        seat = _stored(flags.room, home)
        if flags.url is not None:
            raise Failure("usage", "--url goes with --token-file, or with AGENTGATHER_TOKEN", field="url")
        again = _pairs(("--room", f"{seat.room}@{seat.alias}" if flags.room else None), ("--home", flags.home))
        return ActingSeat(seat.base_url, seat.token, seat.room, seat.alias, again)
    again = _pairs(
        ("--token-file", flags.token_file), ("--url", flags.url), ("--room", flags.room), ("--home", flags.home)
    )
    url = flags.url or environ.get(URL_VARIABLE) or None
    if url is None:
        stored = _stored(flags.room, home)
        return ActingSeat(stored.base_url, token, stored.room, again=again)
    return ActingSeat(checked_url(url), token, again=again)


def _stored(wanted: str | None, home: Home) -> Seat:
    if wanted is None:
        current = home.current()
        if current is None:
            raise Failure(
                "no_room",
                "you have no seat in any room yet",
                hint="open a room with `agentgather up NAME`, or take a seat with `agentgather room join INVITATION`",
            )
        return current
    name, at, who = wanted.partition("@")
    room, seated = room_id(name), alias(who) if at else None
    current = home.current()
    if current is not None and current.room == room and seated in (None, current.alias):
        return current
    seats = [seat for seat in home.seats() if seat.room == room and seated in (None, seat.alias)]
    if not seats:
        raise Failure("seat_not_found", f"you have no seat {wanted} in this home", hint="see: agentgather room list")
    if len(seats) > 1:
        names = ", ".join(f"{seat.room}@{seat.alias}" for seat in seats)
        raise Failure("usage", f"you have several seats in {room}: {names}", hint="name one of them with --room")
    return seats[0]


def checked_url(url: str) -> str:
    """`url` as a base URL of a room, without its trailing slash. Raises Failure."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url or parts.query or parts.username is not None:
        raise Failure("usage", "that is no room's URL", hint="it looks like http://127.0.0.1:8787 or https://host/room")
    return url.partition("#")[0].rstrip("/")


def handed_token(flags: Flags, environ: Mapping[str, str]) -> str | None:
    """The token of --token-file or of the environment, None when neither has one. Raises Failure, OSError."""
    if flags.token_file is not None:
        with open(flags.token_file, "rb") as file:
            content = file.read(TOKEN_BYTES_MAX + 1)
        return checked_token(content, where=flags.token_file)
    handed = environ.get(TOKEN_VARIABLE) if flags.room is None else None
    return checked_token(handed.encode(errors="replace"), where=TOKEN_VARIABLE) if handed else None


def checked_token(content: bytes, *, where: str) -> str:
    """The token in `content`, which came from `where`. Raises Failure for anything that cannot be one."""
    token = content.strip().decode("ascii", "replace")
    if not 1 <= len(token) <= TOKEN_BYTES_MAX or not token.isascii() or not token.isprintable() or " " in token:
        raise Failure("usage", f"{where} holds no token: one line of printable characters without blanks")
    return token


def _pairs(*pairs: tuple[str, str | None]) -> tuple[str, ...]:
    return tuple(word for name, value in pairs if value is not None for word in (name, value))
