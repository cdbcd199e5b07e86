"""The gate: a bearer token becomes a participant. The server decides who speaks, never the request."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.api.errors import RequestRefused
from agentgather.live.credentials import Credential
from agentgather.live.live_room import LiveRoom
from agentgather.room.participant import Participant
from agentgather.room.refusals import Removed

SCHEME = "Bearer "  # case-sensitive, one space; the token is everything after (contract section 2.3)


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header, None when it holds none."""
    if header is None or not header.startswith(SCHEME):
        return None
    return header[len(SCHEME) :] or None


def one_bearer(headers: Sequence[str]) -> str | None:
    """As `bearer`, of all Authorization headers of a request. Raises `bad_request` for more than one.

    Whoever stands before us may have looked at the other (RFC 9110 section 5.3 lets nobody send two).
    """
    if len(headers) > 1:
        raise RequestRefused("bad_request", "the header Authorization stands twice; send it once")
    return bearer(headers[0]) if headers else None


def admit(room: LiveRoom, token: str | None, *, is_open_to_removed: bool = False) -> tuple[Credential, Participant]:
    """Whose token this is. Raises `unauthorized`, `token_expired`, or Removed for somebody who may not come back."""
    if token is None:
        raise RequestRefused(
            "unauthorized",
            "this needs your token: send the header 'Authorization: Bearer <token>' from your invitation",
        )
    return admit_holder(room, room.credentials.find(token), is_open_to_removed=is_open_to_removed)


def admit_holder(
    room: LiveRoom, credential: Credential | None, *, is_open_to_removed: bool = False
) -> tuple[Credential, Participant]:
    """As `admit`, of somebody whose credential was found already; None is a stranger."""
    seat = room.state.participants.get(credential.alias) if credential is not None else None
    if credential is None or seat is None:
        raise RequestRefused(
            "unauthorized",
            "this token opens no seat in this room; it may have been replaced: ask the host for a new one",
        )
    if seat.is_removed and not is_open_to_removed:
        raise Removed(f"{seat.alias} was removed from this room; ask the host for a new invitation")
    if credential.is_expired(room.clock()):
        raise RequestRefused("token_expired", "this invitation has run out; ask the host for a new one")
    return credential, seat
