"""Opening a room in this home: its first record, its directory, and the host's own seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Group, Parameter

from agentgather.api.durations import parse_ttl
from agentgather.cli.failures import Failure
from agentgather.cli.stdin import file_text
from agentgather.live.credentials import mint_token, token_digest
from agentgather.room.founding import found
from agentgather.room.message import moment
from agentgather.room.names import RoomId, new_alias
from agentgather.room.participant import Kind, Policy
from agentgather.room.refusals import InvalidTtl
from agentgather.settings.shape import Settings
from agentgather.store.home import Home, Seat
from agentgather.store.opening import create_room


@Parameter(name="*", group=Group("The new room", sort_key=10))
@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoomFlags:
    alias: str = "host"
    "Your name in the room."

    kind: Kind = Kind.HUMAN
    "What its host is."

    brief: str = ""
    "The room's shared context, in Markdown."

    brief_file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    "Read the brief from this file (- for standard input)."

    attendance: Policy = Policy.MANUAL_OK
    "What attendance you expect."

    ttl: str | None = None
    "How long the room stays open: 24h, 90m, 2d, or none. Default: the setting ttl."

    expires_at: Annotated[str | None, Parameter(show=False)] = None


NEW_ROOM = NewRoomFlags()


@dataclass(frozen=True, slots=True)
class Opened:
    """The host's seat in a room that was just opened, and when the room ends (None: never)."""

    seat: Seat
    expires_at: datetime | None


def open_new_room(
    home: Home, room: RoomId, flags: NewRoomFlags, *, base_url: str, settings: Settings, is_current: bool = True
) -> Opened:
    """Create `room`; its host's seat becomes the current one, unless that is for whoever serves the room to say.

    Raises RoomExists, the Refusal of what cannot be (an alias, a brief, a ttl), Failure, StorageFull, StorageFailed.
    """
    now = datetime.now(UTC)
    host = new_alias(flags.alias)
    expires_at = _end(flags, ttl=settings.start.ttl, now=now)
    first = found(
        room,
        host=host,
        host_kind=flags.kind,
        brief=_brief(flags),
        policy=flags.attendance,
        expires_at=expires_at,
        now=now,
        limits=settings.room,
    )
    token = mint_token()
    seat = Seat(room, host, base_url, token)
    create_room(
        home, first, host_token_hash=token_digest(token), keep_token=lambda: home.keep_seat(seat, is_current=False)
    )
    if is_current:
        home.keep_seat(seat)
    return Opened(seat, expires_at)


def _end(flags: NewRoomFlags, *, ttl: str, now: datetime) -> datetime | None:
    if flags.expires_at is not None:
        if flags.ttl is not None:
            raise Failure("usage", "--ttl and --expires-at both say when the room ends; give one", field="ttl")
        try:
            return moment(flags.expires_at)
        except ValueError:
            raise InvalidTtl("expires-at is a moment such as 2030-01-05T09:30:00Z", field="expires_at") from None
    length = parse_ttl(flags.ttl if flags.ttl is not None else ttl)
    return None if length is None else now + length


def _brief(flags: NewRoomFlags) -> str:
    if flags.brief_file is None:
        return flags.brief
    if flags.brief:
        raise Failure("usage", "--brief and --brief-file both give a brief; choose one", field="brief")
    return file_text(flags.brief_file, of="the brief")
