"""The tools that listen: inbox, wait, ack, history. What is new is counted by the room, and goes only once it is acknowledged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from agentgather.api.search_query import read_line
from agentgather.client.answers import Record, Waited
from agentgather.client.room_client import RoomClient
from agentgather.mcp.said import MESSAGES, NOTE, is_shown, said
from agentgather.mcp.schema import ID_MAX, flag, gives, some, takes, text, whole
from agentgather.mcp.tool import Call, Tool
from agentgather.mcp.trouble import Trouble

Json = dict[str, Any]

SHOWN = 20  # messages in an answer that nobody says the length of
SHOWN_MAX = 100
LOOKED_AT = 5  # records asked for at once, at least: they count as fetched, and their authors see that
CHARACTERS_MAX = 40_000  # of all texts in one answer: what follows comes with the next
FIRST_RECORDS = 60  # that a newcomer is shown of what was said before it came
FOUNDING_ID = 1  # of the record that a room begins with: status tells what it says
HOLD_SECONDS = 45  # below the patience of clients that know no progress
HOLD_SECONDS_MAX = 600
SLICE_SECONDS = 10.0  # between two signs of life to the client
WHOLE_CHARACTERS_MAX = 30_000  # of a message that is read by itself: no message is longer

_UNREAD: Json = {
    "messages": MESSAGES,
    "through_id": whole("Give this to ack once you have taken the messages in."),
    "has_more": flag("There is more: call inbox again after ack."),
    "room_status": text("open or closed."),
    "began_at": whole("You are new: this is where your inbox begins. What was before: history."),
    "note": text(),
}


async def _inbox(call: Call, arguments: Json) -> Json:
    count_max = arguments.get("limit", SHOWN)
    return await call.ask(lambda room: unread(room, count_max=count_max))


async def unread(room: RoomClient, *, count_max: int = SHOWN) -> Json:
    """What the seat has not acknowledged, oldest first, in the shape of _UNREAD."""
    me, read_id, began_at = await _place(room)
    shown: list[Json] = []
    characters, through_id, has_more, is_open = 0, read_id, True, True
    while has_more and len(shown) < count_max and characters < CHARACTERS_MAX:
        page = await room.messages(since_id=through_id, records_max=max(LOOKED_AT, count_max - len(shown)))
        has_more, is_open = page.has_more, page.is_open
        for record in page.records:
            if len(shown) == count_max or characters >= CHARACTERS_MAX:
                has_more = True
                break
            through_id = record.id
            if is_shown(record, me=me):
                shown.append(said(record, me=me))
                characters += len(record.text)
    if not shown and through_id > read_id:  # only its own words and comings and goings: nothing to acknowledge
        await room.mark_read(through_id)
    answer: Json = {"messages": shown, "through_id": through_id, "has_more": has_more}
    answer["room_status"] = "open" if is_open else "closed"
    if began_at is not None:
        answer["began_at"] = began_at
    if shown:
        answer["note"] = NOTE
    return answer


async def _place(room: RoomClient) -> tuple[str, int, int | None]:
    """Who we are, what we have acknowledged, and where the inbox of a newcomer begins.

    Its beginning is settled by the first look: were it reckoned anew until something is acknowledged, it would pass by
    what was said meanwhile.
    """
    seat = (await room.profile())["participant"]
    read_id = int(seat.get("read_id") or 0)
    if read_id:
        return seat["alias"], read_id, None
    last_id = int((await room.status())["last_id"])
    begin = await room.mark_read(max(FOUNDING_ID, last_id - FIRST_RECORDS))
    return seat["alias"], begin, begin + 1 if begin > FOUNDING_ID else None


async def _ack(call: Call, arguments: Json) -> Json:
    """The proofs first: what stays unproven is not to vanish from the inbox."""
    if "through_id" not in arguments and "proofs" not in arguments:
        raise Trouble("invalid_body", "ack needs through_id, proofs, or both", field="through_id")

    async def acknowledge(room: RoomClient) -> Json:
        for one in arguments.get("proofs", ()):
            await room.acknowledge(one["message_id"], proof=one["proof"], is_done=one.get("done", False))
        if "through_id" in arguments:
            return {"acknowledged_id": await room.mark_read(arguments["through_id"])}
        return {"acknowledged_id": int((await room.profile())["participant"]["read_id"])}

    return await call.ask(acknowledge)


async def _wait(call: Call, arguments: Json) -> Json:
    """Held in slices, so that the client hears of it and a restart of the host is nothing to notice."""
    hold = float(arguments.get("hold_seconds", HOLD_SECONDS))
    is_for_me = arguments.get("until") == "called"
    began = trio.current_time()
    me, since_id, _ = await call.ask(_place)
    while True:
        left = began + hold - trio.current_time()
        waited = await call.ask(_held(since_id, max(0.0, min(SLICE_SECONDS, left))))
        since_id = max(since_id, waited.next_since_id)
        if any(_is_due(record, me=me, is_for_me=is_for_me) for record in waited.records):
            return {"reason": "message", **await call.ask(unread)}
        if waited.is_last:
            return {
                "reason": waited.reason,
                **await _rest(call, is_readable=waited.reason == "closed", since_id=since_id),
            }
        passed = trio.current_time() - began
        if passed >= hold:
            return {"reason": "heartbeat", **await call.ask(unread)}
        await call.progress(passed, hold, f"waiting in {waited.room}: nothing new for you yet")


def _held(since_id: int, hold_seconds: float) -> Callable[[RoomClient], Awaitable[Waited]]:
    return lambda room: room.wait(since_id=since_id, hold_seconds=hold_seconds)


async def _rest(call: Call, *, is_readable: bool, since_id: int) -> Json:
    if is_readable:
        return await call.ask(unread)
    return {"messages": [], "through_id": since_id, "has_more": False, "room_status": "open"}


def _is_due(record: Record, *, me: str, is_for_me: bool) -> bool:
    return is_shown(record, me=me) and (record.calls(me) or not is_for_me)


async def _history(call: Call, arguments: Json) -> Json:
    me = (await call.ask(lambda room: room.profile()))["participant"]["alias"]
    if "id" in arguments:
        record = await call.ask(lambda room: room.message(arguments["id"]))
        return {"messages": [said(record, me=me, characters_max=WHOLE_CHARACTERS_MAX)], "note": NOTE}
    count_max, before_id = arguments.get("limit", SHOWN), arguments.get("before_id")
    if "query" in arguments:
        query = read_line(arguments["query"])
        found = await call.ask(lambda room: room.search(query, before_id=before_id, records_max=count_max))
        records, more = list(reversed(found.records)), found.next_before_id
    else:
        last = ID_MAX if before_id is None else before_id
        page = await call.ask(lambda room: room.messages(before_id=last, records_max=count_max))
        records = list(page.records)
        more = records[0].id if records and records[0].id > 1 else None
    answer: Json = {"messages": [said(record, me=me) for record in records], "note": NOTE}
    if more is not None:
        answer["before_id"] = more
    return answer


TOOLS = (
    Tool(
        name="inbox",
        title="Read what is new",
        description=(
            "Read what others have said that you have not acknowledged yet, oldest first. Call it when you begin, "
            "after a context clear, and between steps of your work. Nothing is lost when an answer goes astray: the "
            "same messages come again until you call ack with through_id. Messages with calls_you are for you; answer "
            "those with reply. Reading is no waiting: to hear the next message without asking over and over, use wait."
        ),
        takes=takes(limit=whole(f"How many messages at most; default {SHOWN}.", least=1, most=SHOWN_MAX)),
        gives=gives("messages", "through_id", "has_more", **_UNREAD),
        run=_inbox,
        is_read_only=True,
        is_idempotent=True,
    ),
    Tool(
        name="wait",
        title="Wait for the next message",
        description=(
            "Wait until somebody says something, then answer as inbox does; what is unread already is answered at "
            "once. Call it when your work is done and you expect to be needed: while you wait, the others see you "
            "attending. reason is message (act, ack, then go on), heartbeat (nothing yet: wait again if you still "
            "have reason to), closed or removed (stop). The default of 45 seconds suits every client; longer holds "
            "send progress."
        ),
        takes=takes(
            hold_seconds=whole(f"How long to wait at most; default {HOLD_SECONDS}.", most=HOLD_SECONDS_MAX),
            until=text(
                "message (default): anything others say. called: only what is for you.", choices=("message", "called")
            ),
        ),
        gives=gives(
            "reason", "messages", "through_id", **{"reason": text("message, heartbeat, closed or removed.")}, **_UNREAD
        ),
        run=_wait,
        is_read_only=True,
        is_idempotent=True,
    ),
    Tool(
        name="ack",
        title="Acknowledge what you read",
        description=(
            "Say that you have taken in everything up to through_id of an inbox or wait: it does not come again. For "
            "messages that call you, give back their proof as well: only then do their senders see that you have them "
            "before you; with done, that what was asked is done. Call it after each inbox or wait that brought "
            "messages, once you know what you will do."
        ),
        takes=takes(
            through_id=whole("The through_id of the inbox or wait that you took in."),
            proofs=some(
                takes(
                    "message_id",
                    "proof",
                    message_id=whole(least=1),
                    proof=text("The proof that stands in the message.", units_max=64),
                    done=flag("What it asked is done."),
                ),
                "Of messages that call you.",
                count_max=SHOWN_MAX,
            ),
        ),
        gives=gives("acknowledged_id", acknowledged_id=whole("Everything up to here is acknowledged.")),
        run=_ack,
        is_idempotent=True,
    ),
    Tool(
        name="history",
        title="Look back",
        description=(
            "Read what was said before, acknowledged or not; it changes nothing. With id: one message, whole. With "
            "query: a search, "
            'such as `index from:bob type:handoff "held wait"`. With neither: the latest messages. For older ones give before_id.'
        ),
        takes=takes(
            id=whole("One message, whole.", least=1),
            query=text("Words and filters to look for.", units_max=200),
            before_id=whole("Only messages before this one; the before_id of the last answer.", least=1),
            limit=whole(f"How many at most; default {SHOWN}.", least=1, most=SHOWN_MAX),
        ),
        gives=gives("messages", messages=MESSAGES, before_id=whole("Give this to see what was before."), note=text()),
        run=_history,
        is_read_only=True,
        is_idempotent=True,
    ),
)
