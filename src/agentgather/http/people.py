"""Coming, going and being called something; and what only the host may do to seats."""

from __future__ import annotations

from datetime import datetime

from agentgather.api.bodies import read_invite, read_join, read_profile, read_set_labels, read_through_id, read_ttl
from agentgather.api.durations import parse_ttl
from agentgather.http.asked import Asked, json_answer
from agentgather.http.qr_code import qr_rows
from agentgather.http.status import public_participant
from agentgather.live.desk import Issued
from agentgather.room.commands import Leave, Remove, Rotate
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.participant import Attention
from agentgather.room.shell_commands import browser_url, card_command
from agentgather.serving.answer import Answer


async def join(asked: Asked) -> Answer:
    await asked.room.submit(read_join(await asked.body(), actor=asked.alias))
    asked.room.presence.touch(asked.alias, now=asked.room.clock(), attention=Attention.ATTENDING)
    return json_answer({"ok": True, "participant": asked.alias})


async def leave(asked: Asked) -> Answer:
    """Go away for now: the seat and its token stay."""
    await asked.body()
    await asked.room.submit(Leave(asked.alias))
    asked.room.presence.touch(asked.alias, now=asked.room.clock(), attention=Attention.AWAY)
    return json_answer({"ok": True})


def show_profile(asked: Asked) -> Answer:
    return json_answer({"ok": True, "participant": public_participant(asked.room, asked.alias)})


async def set_profile(asked: Asked) -> Answer:
    command = read_profile(await asked.body(), actor=asked.alias)
    asked.room.presence.touch(asked.alias, now=asked.room.clock())
    await asked.room.submit(command)
    return show_profile(asked)


async def set_labels(asked: Asked, *, alias: str) -> Answer:
    """Say what somebody does here. The answer is how they are shown from now on."""
    command = read_set_labels(await asked.body(), actor=asked.alias, of=Alias(alias))
    await asked.room.submit(command)
    return json_answer({"ok": True, "participant": public_participant(asked.room, command.alias)})


async def mark_read(asked: Asked) -> Answer:
    """Say how far one has read; never moves backwards, never beyond what there is. Answered once it is on disk."""
    room = asked.room
    through_id = min(read_through_id(await asked.body()), room.timeline.last_id)
    now = room.clock()
    room.presence.touch(asked.alias, now=now)
    read_id = room.presence.read(asked.alias, through_id=through_id, now=now)
    await asked.open_room.desk.settle_marks()
    return json_answer({"ok": True, "read_id": read_id})


async def invite(asked: Asked) -> Answer:
    """Give somebody a seat. The answer is the only place its token is ever shown."""
    body = await asked.body()
    command = read_invite(body, actor=asked.alias)
    lifetime = parse_ttl(ttl, field="ttl") if (ttl := read_ttl(body)) is not None else None
    expires_at = asked.room.clock() + lifetime if lifetime is not None else None
    issued = await asked.open_room.desk.issue(command, expires_at=expires_at)
    return json_answer(_invitation(asked, issued), 201)


async def rotate(asked: Asked, *, alias: str) -> Answer:
    await asked.body()
    issued = await asked.open_room.desk.issue(Rotate(asked.alias, Alias(alias)))
    return json_answer(_invitation(asked, issued))


async def remove(asked: Asked, *, alias: str) -> Answer:
    await asked.body()
    await asked.room.submit(Remove(asked.alias, Alias(alias)))
    return json_answer({"ok": True, "alias": alias})


def _invitation(asked: Asked, issued: Issued) -> dict[str, object]:
    expires_at: datetime | None = issued.credential.expires_at
    link = browser_url(asked.base_url, issued.token)
    return {
        "ok": True,
        "room": asked.room.id,
        "alias": issued.seat.alias,
        "kind": issued.seat.kind.value,
        "role": issued.seat.role.value,
        "labels": list(issued.seat.labels),
        "token": issued.token,
        "expires_at": timestamp(expires_at) if expires_at else None,
        "card_command": card_command(asked.base_url, issued.token),
        "browser_url": link,
        "qr": qr_rows(link),
    }
