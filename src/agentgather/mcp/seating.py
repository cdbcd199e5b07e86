"""A seat for an agent of this machine, without anybody being asked: by the authority of whoever owns this home.

The host's token lies in this home, in a file that only its owner may read. Whoever runs us could read it and say `room invite`
themselves; this says it for them, to the daemon that serves the room on this machine, and keeps the new seat's token beside it.
Nothing of it works from elsewhere: it takes the host's own file, and no endpoint gives a seat to somebody for being near. A
seat that was taken away stays away: whoever was removed is told, and is not invited again under another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import trio

from agentgather.client.doors import reach
from agentgather.client.errors import Refused
from agentgather.client.persist import persist
from agentgather.client.room_client import RoomClient
from agentgather.client.seat import ActingSeat
from agentgather.mcp.claim import Claim
from agentgather.mcp.trouble import Trouble
from agentgather.room.names import Alias, RoomId, new_alias
from agentgather.room.refusals import Refusal
from agentgather.store.home import Home, Seat

SEATS_MAX = 32  # of one client's in one room: more than run on one machine
KNOWN = {"claude-code": "claude", "codex-mcp-client": "codex", "gemini-cli-mcp-client": "gemini", "mcp": "agent"}
NAMELESS = "agent"
ALIAS_CHARACTERS_MAX = 40
BESIDE_SECONDS = 10.0  # for the other process of one agent to be given the seat that both want
LOOK_SECONDS = 0.1


def alias_for(client_name: str | None) -> Alias:
    """What an agent is called that runs in a client of this name: claude for claude-code, the name itself, else agent."""
    name = KNOWN.get((client_name or "").lower(), client_name or NAMELESS)
    slug = (
        re.sub(r"[^a-z0-9]+", "-", name.lower())
        .strip("-")
        .removesuffix("-mcp-client")[:ALIAS_CHARACTERS_MAX]
        .strip("-")
    )
    with suppress(Refusal):
        return new_alias(slug)
    return Alias(NAMELESS)


async def take_seat(
    home: Home, room: RoomId, *, wanted: Alias | None, client_name: str | None
) -> tuple[Seat, Claim | None]:
    """The seat of this home's agent in `room`, which a daemon of this machine serves.

    `wanted` is that seat and no other: two processes that want it act as one, as when one agent runs two of us. Without it,
    the first of claude, claude-2, … that nobody sits on. Raises Trouble, Refused, Unreachable, OSError.
    """
    if wanted is not None:
        claim = Claim.take(home, room, wanted)
        seat = await (_beside(home, room, wanted) if claim is None else _sit(home, room, wanted, claim))
        if seat is None:
            raise Trouble(
                "alias_taken",
                f"{wanted} sits in {room} already, and its token is not in this home",
                next_step=f"ask your user for another --alias, or to join with {wanted}'s own invitation",
            )
        return seat, claim
    for alias in _names(alias_for(client_name)):
        claim = Claim.take(home, room, alias)
        if claim is None:
            continue
        seat = await _sit(home, room, alias, claim)
        if seat is not None:
            return seat, claim
    raise Trouble("room_full", f"{SEATS_MAX} agents of this kind sit in {room} already")


async def _sit(home: Home, room: RoomId, alias: Alias, claim: Claim) -> Seat | None:
    """The seat that `claim` is on. Without one the claim is let go: it would be in our own way when we are asked again."""
    seat = None
    try:
        seat = await _seat(home, room, alias, claim)
    finally:
        if seat is None:
            claim.release()
    return seat


async def _beside(home: Home, room: RoomId, alias: Alias) -> Seat | None:
    """The seat that another process sits on: it may be invited just now."""
    until = trio.current_time() + BESIDE_SECONDS
    while True:
        seat = await _seat(home, room, alias, None)
        if seat is not None or trio.current_time() >= until:
            return seat
        await trio.sleep(LOOK_SECONDS)


def _names(base: Alias) -> Iterator[Alias]:
    for number in count(1):
        if number > SEATS_MAX:
            return
        yield base if number == 1 else Alias(f"{base}-{number}")


async def _seat(home: Home, room: RoomId, alias: Alias, claim: Claim | None) -> Seat | None:
    """The seat of `alias`, kept or new; None when it is somebody else's."""
    kept = next((seat for seat in home.seats() if (seat.room, seat.alias) == (room, alias)), None)
    if kept is not None and await _is_good(kept, home):
        if claim is not None:
            claim.end_inviting()
        return kept
    async with reach(await _host(home, room), home, may_open_room=False) as host:
        return await _invited(home, room, alias, claim, host)


async def _is_good(seat: Seat, home: Home) -> bool:
    """Whether the kept seat opens the room; False for that of a room before it, or one that was given to another."""
    try:
        async with reach(
            ActingSeat(seat.base_url, seat.token, seat.room, seat.alias), home, may_open_room=False
        ) as client:
            status = await persist(client.status)
    except Refused as refused:
        if refused.code == "unauthorized":
            return False
        raise
    if status["is_host"]:
        raise Trouble(
            "host_seat",
            f"{seat.alias} is the seat of the room's host, a person's",
            next_step="ask your user for another --alias",
        )
    return True


async def _host(home: Home, room: RoomId) -> ActingSeat:
    """The host's own seat, from this home."""
    current = home.current()
    for seat in dict.fromkeys([*([current] if current is not None else []), *home.seats()]):
        if seat.room != room:
            continue
        acting = ActingSeat(seat.base_url, seat.token, seat.room, seat.alias)
        with suppress(Refused):
            async with reach(acting, home, may_open_room=False) as client:
                if (await persist(client.status))["is_host"]:
                    return acting
    raise Trouble(
        "host_required",
        f"the token of {room}'s host is not in this home, so nobody can be given a seat from here",
        next_step="ask your user for an invitation, and to run `agentgather room join` with it",
    )


async def _invited(home: Home, room: RoomId, alias: Alias, claim: Claim | None, host: RoomClient) -> Seat | None:
    """A new seat, its token kept in the home; None when somebody sits there. Only whoever has the claim invites."""
    if claim is None:
        return None
    known = next((one for one in (await persist(host.status))["participants"] if one["alias"] == alias), None)
    is_again = known is not None and claim.was_inviting and "removed_at" not in known
    if known is not None and not is_again:
        return None
    claim.begin_inviting()
    try:
        issued = await host.invite(alias, is_rotation=is_again)
    except Refused as refused:
        claim.end_inviting()
        if refused.code == "alias_taken":
            return None
        raise
    seat = Seat(room, alias, host.base_url, str(issued["token"]))
    home.keep_seat(seat, is_current=False)
    claim.end_inviting()
    return seat
