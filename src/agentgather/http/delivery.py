"""What became of a message: asked by whoever said it, told by those it is for, and which requests are still open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import trio

from agentgather.api.bodies import read_ack, read_wake
from agentgather.api.delivery_json import delivery_answer, read_stage, recipient_answer, requests_answer
from agentgather.api.errors import RequestRefused
from agentgather.api.proof import is_proven
from agentgather.api.query_values import read_count, read_hold, read_message_id
from agentgather.http.asked import Asked, json_answer
from agentgather.http.wakes import other_agents
from agentgather.live.live_room import LiveRoom
from agentgather.room.delivery.marks import Acknowledged
from agentgather.room.delivery.recipients import recipients, sender
from agentgather.room.delivery.report import Stage, deliveries, delivery, has_reached, may_see, open_requests
from agentgather.room.delivery.rules import check_recipient, woken
from agentgather.room.message import Message
from agentgather.room.names import MessageId
from agentgather.room.refusals import NotAuthor, WrongProof
from agentgather.serving.answer import Answer

LISTED_MAX = 200
LISTED = 20
LOOKED_AT_MAX = 5_000  # records, for the newest that one said
PEOPLE_MAX = 2_000  # of all that is listed, each in some 250 bytes: an answer may have to pass a broker (1 MiB)

Listed = TypeVar("Listed")


async def show_delivery(asked: Asked, *, message_id: str) -> Answer:
    """What became of a message; with `state`, held until it came so far at everybody it is for, or `hold` is over."""
    room = asked.room
    record = room.timeline.find(read_message_id(message_id)).record
    if not may_see(record, asked.alias, is_host=asked.seat.is_host):
        who = sender(record)
        raise NotAuthor(f"message {record.id} is {who}'s; only its author and the host may see what became of it")
    written, hold = asked.query("state"), asked.query("hold")
    rules = asked.rules
    seconds = rules.hold_seconds if hold is None else read_hold(hold, seconds_max=rules.hold_seconds_max)
    if written is None:
        return json_answer({"ok": True, **_told(room, record)})
    stage = read_stage(written)
    if stage is None:
        raise RequestRefused("invalid_state", f"state is one of {', '.join(Stage)}", field="state")
    if not _has_reached(room, record, stage):
        room.presence.touch(asked.alias, now=room.clock())
        with room.holding(asked.alias, is_peek=True), trio.move_on_after(seconds):
            while _may_come(asked) and not _has_reached(room, record, stage):
                await room.deliveries.news()
    asked.check_still_admitted()
    record = room.timeline.find(record.id).record  # it may have been taken back meanwhile
    return json_answer({"ok": True, **_told(room, record), "reached": _has_reached(room, record, stage)})


async def acknowledge(asked: Asked, *, message_id: str) -> Answer:
    """The caller has the message before it, and gives its proof back. Answered once that is on disk; again changes nothing."""
    proof, is_done = read_ack(await asked.body())
    room, alias, now = asked.room, asked.alias, asked.room.clock()
    kept = room.timeline.find(read_message_id(message_id))
    record = kept.record
    check_recipient(record, alias)
    if not is_proven(kept.line, proof):
        room.deliveries.admit(alias, now=now)  # a guess counts
        raise WrongProof(
            f"that is not the proof of message {record.id}; read it again (GET /messages/{record.id}) and give back its proof",
            field="proof",
        )
    room.presence.touch(alias, now=now)
    seen = room.deliveries.book.of(record.id, alias)
    is_repeat = seen.in_context_at is not None and (seen.done_at is not None or not is_done)
    if not is_repeat or not room.deliveries.is_durable:
        room.deliveries.admit(alias, now=now)
        await room.deliveries.note(Acknowledged(record.id, alias, now, is_done=is_done))
    one = delivery(record, alias, answers=room.state.answers, book=room.deliveries.book)
    told = recipient_answer(one, moments=_moments(room, (one.answer_id, one.done_id)))
    return json_answer(
        {"ok": True, "message_id": record.id, "delivery": told} | ({"idempotent": True} if is_repeat else {})
    )


async def note_wake(asked: Asked, *, message_id: str) -> Answer:
    """What the caller's own wake adapter did about a message that is for the caller."""
    told = read_wake(await asked.body())
    room, now = asked.room, asked.room.clock()
    record = room.timeline.find(read_message_id(message_id)).record
    mark = woken(record, asked.alias, at=now, **told)
    room.deliveries.admit(asked.alias, now=now)
    await room.deliveries.note(mark)
    room.wakes.told(mark, others=other_agents(room, asked.alias), board=room.state.wakes, limits=room.limits, now=now)
    return json_answer({"ok": True, "message_id": record.id})


def list_deliveries(asked: Asked) -> Answer:
    """What became of the newest messages that the caller said and that are for somebody, newest first."""
    room, limit = asked.room, asked.query("limit")
    count = LISTED if limit is None else read_count(limit, code="invalid_limit", field="limit", count_max=LISTED_MAX)
    end = len(room.timeline)
    records = (room.timeline.at(place).record for place in range(end - 1, max(-1, end - 1 - LOOKED_AT_MAX), -1))
    mine = (record for record in records if record.author == asked.alias and recipients(record))
    shown, _ = _listed(mine, lambda record: len(recipients(record)), count_max=count)
    return json_answer({"ok": True, "deliveries": [_told(room, record) for record in shown]})


def list_requests(asked: Asked) -> Answer:
    """The messages that need a reply and have not got it from everybody: those that ask the caller, or that the caller asked."""
    of, by = asked.query("of"), asked.query("by")
    if (of, by) not in ((None, None), ("me", None), (None, "me"), ("all", None)):
        raise RequestRefused("invalid_of", "ask with of=me, with by=me or with of=all", field="of" if of else "by")
    room, alias = asked.room, asked.alias
    asker, debtor = (alias if of is None else None), (alias if by is None and of != "all" else None)
    found = open_requests(room.state, room.deliveries.book, by=asker, of=debtor)
    shown, has_more = _listed(found, lambda one: len(one.waiting_for), count_max=LISTED_MAX)
    moments = _moments(room, [one.message_id for one in shown])
    return json_answer(requests_answer(shown, moments=moments, has_more=has_more))


def _listed(found: Iterable[Listed], people: Callable[[Listed], int], *, count_max: int) -> tuple[list[Listed], bool]:
    """The first of `found`, one at least and as many as an answer tells of; and whether there are more."""
    shown: list[Listed] = []
    left = PEOPLE_MAX
    for one in found:
        left -= people(one)
        if shown and (left < 0 or len(shown) == count_max):
            return shown, True
        shown.append(one)
    return shown, False


def _told(room: LiveRoom, record: Message) -> dict[str, object]:
    book, state = room.deliveries.book, room.state
    found = deliveries(record, answers=state.answers, book=book)
    ids = [number for one in found for number in (one.answer_id, one.done_id)]
    return delivery_answer(record, found, moments=_moments(room, ids))


def _moments(room: LiveRoom, ids: Iterable[MessageId | None]) -> dict[int, str]:
    kept = {number: room.timeline.get(number) for number in ids if number is not None}
    return {number: one.record.ts for number, one in kept.items() if one is not None}


def _has_reached(room: LiveRoom, record: Message, stage: Stage) -> bool:
    return has_reached(stage, record, answers=room.state.answers, book=room.deliveries.book)


def _may_come(asked: Asked) -> bool:
    """Whether anything more can come of waiting."""
    return asked.room.state.is_open and not asked.room.is_dismissed and asked.is_still_admitted
