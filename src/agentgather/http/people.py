"""Coming, going and being called something; and what only the host may do to seats."""

from __future__ import annotations

from datetime import datetime

from agentgather.api.attention_bodies import Work, read_session_id, read_work
from agentgather.api.bodies import (
    read_attention,
    read_invite,
    read_join,
    read_profile,
    read_set_labels,
    read_through_id,
    read_ttl,
)
from agentgather.api.durations import parse_ttl
from agentgather.http.asked import Asked, json_answer
from agentgather.http.qr_code import qr_rows
from agentgather.http.status import public_participant
from agentgather.live.desk import Issued
from agentgather.room.commands import Leave, Remove, Rotate, SetProfile
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.participant import Attention
from agentgather.room.shell_commands import browser_url, card_command
from agentgather.serving.answer import Answer


async def join(asked: Asked) -> Answer:
    """Come. Whoever names its session and finds another one alive at this seat is warned, and let in."""
    body, room = await asked.body(), asked.room
    command, session = read_join(body, actor=asked.alias), read_session_id(body)
    now = room.clock()
    was_alive = room.seen_age_ms(asked.alias, now=now) <= room.stale_after_ms
    await room.submit(command)
    room.presence.touch(asked.alias, now=now, attention=Attention.ATTENDING)
    answer = {"ok": True, "participant": asked.alias}
    if session is not None and room.presence.enter(asked.alias, session=session, now=now) and was_alive:
        answer["warning"] = _TWO_SESSIONS.format(asked.alias)
    return json_answer(answer)


_TWO_SESSIONS = (
    "another session used {}'s seat a moment ago; if both go on, each misses what the other is told: let one of them leave, or "
    "ask the host for a second seat"
)


async def leave(asked: Asked) -> Answer:
    """Go away for now: the seat and its token stay."""
    await asked.body()
    await asked.room.submit(Leave(asked.alias))
    asked.room.presence.touch(asked.alias, now=asked.room.clock(), attention=Attention.AWAY)
    asked.room.presence.rest(asked.alias)
    asked.room.presence.depart(asked.alias)
    return json_answer({"ok": True})


def show_profile(asked: Asked) -> Answer:
    return json_answer({"ok": True, "participant": public_participant(asked.room, asked.alias)})


async def set_profile(asked: Asked) -> Answer:
    body = await asked.body()
    return await _say_of_oneself(asked, read_profile(body, actor=asked.alias), read_work(body))


async def set_attention(asked: Asked) -> Answer:
    """Say how one's attention is had, or what one works on."""
    body = await asked.body()
    return await _say_of_oneself(asked, read_attention(body, actor=asked.alias), read_work(body))


async def _say_of_oneself(asked: Asked, command: SetProfile, work: Work | None) -> Answer:
    room, now = asked.room, asked.room.clock()
    room.presence.touch(asked.alias, now=now)
    await room.submit(command)
    if work is not None and work.is_on:
        room.presence.work(asked.alias, on=work.text, now=now)
    elif work is not None:
        room.presence.rest(asked.alias)
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
