"""What doctor asks the room itself: whether it answers and records, what time it has, and who else can reach it."""

from __future__ import annotations

from datetime import UTC, datetime

import trio

from agentgather.cli.check import Check
from agentgather.cli.exit_codes import REFUSED
from agentgather.cli.failures import failure_of
from agentgather.cli.turn import Turn
from agentgather.client.asking import Json, ask, new_http
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.room_client import RoomClient
from agentgather.room.names import Alias, RoomId, alias, room_id
from agentgather.room.refusals import Refusal
from agentgather.store.json_files import DocumentDamaged

SKEW_SECONDS_MAX = 5.0  # below it nobody notices; above it "ends in 15 minutes" begins to mislead


async def server_checks(turn: Turn) -> list[Check]:
    """The checks of the seat's room; only the first when nobody answers."""
    async with turn.reach(may_open_room=False) as room:
        began = trio.current_time()
        status = await room.status()
        took_ms = (trio.current_time() - began) * 1000
        me = f"{status.get('me')} ({status.get('role', 'guest')})"
        checks = [
            Check("room-server", f"answers at {room.base_url} in {took_ms:.0f} ms; you are {me}"),
            Check("room-status", f"{status.get('room_status')}, {status.get('last_id', '?')} records"),
            _clock(status, took_ms=took_ms),
            await _health(room),
        ]
    checks.append(_cursor(turn, status))
    public_url = status.get("public_url")
    if isinstance(public_url, str):
        checks.append(await _public(public_url))
    return checks


def failed(name: str, error: BaseException) -> Check:
    """What an expected error says about `name`. Raises what is a bug."""
    failure = failure_of(error)
    if failure is None:
        raise error
    hint = f"; {failure.hint}" if failure.hint else ""
    return Check(name, f"{failure.message}{hint}", failure.exit_code)


def _clock(status: Json, *, took_ms: float) -> Check:
    try:
        there = datetime.fromisoformat(str(status.get("server_time")))
        skew = (there - datetime.now(UTC)).total_seconds() + took_ms / 2000
    except (ValueError, TypeError):
        return Check("clock", "the room does not tell its time")
    if abs(skew) <= SKEW_SECONDS_MAX:
        return Check("clock", f"{abs(skew):.1f} s apart from the room's")
    side = "behind" if skew > 0 else "ahead of"
    return Check("clock", f"this machine's clock is {abs(skew):.0f} s {side} the room's", REFUSED)


async def _health(room: RoomClient) -> Check:
    try:
        health = await room.health()
    except (Refused, Unreachable) as error:
        return failed("storage", error)
    return Check("storage", f"the room can record; its daemon is version {health.get('version')}")


def _cursor(turn: Turn, status: Json) -> Check:
    """A place beyond the end belongs to another room that had this name: whoever waits there waits for nothing."""
    try:
        room, me = room_id(str(status.get("room"))), alias(str(status.get("me")))
        since_id = turn.home.cursor(room, me)
    except (Refusal, DocumentDamaged) as error:
        return failed("cursor", error)
    last_id = status.get("last_id")
    if type(last_id) is int and since_id > last_id:
        message = f"your place is #{since_id}, the room's last record #{last_id}: it is of another room of this name"
        return Check("cursor", message, REFUSED, mend=lambda: _forget(turn, room, me))
    return Check("cursor", f"you were shown everything up to #{since_id}")


def _forget(turn: Turn, room: RoomId, me: Alias) -> str:
    turn.home.cursor_file(room, me).unlink()
    return "the place is forgotten; reading begins with the first record"


async def _public(url: str) -> Check:
    """Whether the published URL leads to a room from here; no token goes along."""
    try:
        async with new_http(url) as http:
            (await ask(http, "GET", f"{url.rstrip('/')}/healthz", token=None)).object()
    except (Refused, Unreachable) as error:
        return failed("public-url", error)
    return Check("public-url", f"{url} leads to a room")
