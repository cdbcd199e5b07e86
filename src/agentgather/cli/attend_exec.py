"""`attend --exec`: a program answers what concerns its seat, one message after the other, and each answer is recorded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import trio

from agentgather.cli.cursor import Cursor, open_cursor
from agentgather.cli.exit_codes import OK
from agentgather.cli.handler import Handled, Handler
from agentgather.cli.output import single
from agentgather.cli.turn import Turn
from agentgather.cli.waiting import ending
from agentgather.client.answers import Record, Waited, read_record
from agentgather.client.backoff import Backoff
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.follow import Ended, Follower
from agentgather.signals import stop_on_signal
from agentgather.wake.cause import cause_of, sender_of

BATCHES_MAX = 100  # that are heard and not yet handled; then waiting stops, and the room keeps the rest
PAUSED_SECONDS = 60.0  # how often a paused agent tries again while nothing is heard
_OF_THIS_ANSWER = frozenset({"invalid_text", "text_too_long", "invalid_to", "invalid_reply_to"})
_ONLY_SAID_HERE = frozenset({"stopped", "time", "max_turns"})


@dataclass(frozen=True, slots=True)
class ExecPlan:
    """`words` are the program; `replies_max` None: as many as the loop guard allows."""

    words: Sequence[str]
    turn_seconds: float
    replies_max: int | None
    since: int | None
    hold: float | None
    seconds: float
    patience: float


async def attend_with(turn: Turn, plan: ExecPlan) -> int:
    """Answer until the room closes, the budget or the time is over, or we are told to stop.

    Raises Failure, Refused, Unreachable.
    """
    cursor = await open_cursor(turn, since=plan.since)
    follower = Follower(
        lambda: turn.reach(may_open_room=False),
        since_id=cursor.since_id,
        hold_seconds=plan.hold,
        patience_seconds=plan.patience,
    )
    answering = Answering(turn, plan, cursor, follower)
    answering.tell(
        {"what": "attending", "room": cursor.room, "alias": cursor.alias, "since_id": cursor.since_id},
        f"{cursor.room} as {cursor.alias}: answering what comes after #{cursor.since_id}; Ctrl-C to stop",
    )
    reason = "stopped"
    async with follower, trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal, answering)
        with trio.move_on_after(plan.seconds) as time:
            reason = await answering.keep()
        if time.cancelled_caught:
            reason = "time"
        nursery.cancel_scope.cancel()
    answering.tell(
        {"what": "done", "replies": answering.replies, "reason": reason},
        f"done ({reason.replace('_', ' ')}): {answering.replies} {'reply' if answering.replies == 1 else 'replies'}",
    )
    return OK if reason in _ONLY_SAID_HERE else ending(reason)


class Answering:
    """One task hears, so that the seat attends also while its program works; one handles, strictly in order."""

    def __init__(self, turn: Turn, plan: ExecPlan, cursor: Cursor, follower: Follower) -> None:
        self.replies = 0
        self._turn = turn
        self._plan = plan
        self._cursor = cursor
        self._follower = follower
        self._handler = Handler(plan.words, turn_seconds=plan.turn_seconds)
        self._scope = trio.CancelScope()
        self._reason = "stopped"
        self._retracted: set[int] = set()
        self._news = trio.Event()

    def stop(self) -> None:
        """End with what is done; the program that runs is ended too."""
        self._scope.cancel()

    async def keep(self) -> str:
        """Answer until something ends it, and say what: stopped, max_turns, closed, removed or unauthorized."""
        send, receive = trio.open_memory_channel[Waited](BATCHES_MAX)
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hear, send)
                async for waited in receive:
                    if await self._is_enough(waited):
                        self._end("max_turns")
        return self._reason

    def tell(self, event: dict[str, Any], line: str, *, is_trouble: bool = False) -> None:
        """An event for programs, or a line for people: trouble goes to standard error."""
        if is_trouble and not self._turn.output.is_json:
            self._turn.output.note(line)
        else:
            self._turn.output.answer({"ok": True, **event}, line)

    def _end(self, reason: str) -> None:
        self._reason = reason
        self._scope.cancel()

    async def _hear(self, send: trio.MemorySendChannel[Waited]) -> None:
        while True:
            try:
                waited = await self._follower.next()
            except Ended as ended:
                self._end(ended.reason)
                return
            self._retracted |= {number for one in waited.records if (number := _taken_back(one)) is not None}
            if waited.is_last:  # nothing that is not answered by now can be
                self._end(waited.reason)
                return
            if waited.records:
                self._news.set()
                self._news = trio.Event()
                await send.send(waited)

    async def _is_enough(self, waited: Waited) -> bool:
        """Handle what concerns us of one batch, and say whether the budget is used up. The cursor is never ahead."""
        for record in concerning(waited, me=self._cursor.alias):
            if record.id in self._retracted or record.id <= self._cursor.since_id:
                continue
            await self._handle(record)
            self._cursor.keep(record.id)
            if self.replies == self._plan.replies_max:
                return True
        self._cursor.keep(waited.next_since_id)
        return False

    async def _handle(self, record: Record) -> None:
        sender = sender_of(record)
        self.tell({"what": "received", "id": record.id, "from": sender}, f"#{record.id} of {sender}: handed over")
        handled = await self._handler.handle(record.text, facts=self._facts(record, sender))
        if not handled.answer:
            self._tell_no_reply(record, sender, handled)
            return
        try:
            answer = await self._post(record, handled.answer)
        except Refused as refused:
            if refused.code == "room_closed":
                self._end("closed")
            elif refused.code == "id_reused":
                self._tell_unsaid(record, sender, why="answered_before", how="it was answered before")
            elif refused.code in _OF_THIS_ANSWER:
                self._tell_unsaid(record, sender, why=refused.code, how=f"its answer was refused: {refused.message}")
            else:
                raise
            return
        self.replies += 1
        said = read_record(answer.get("message"))
        self.tell(
            {"what": "replied", "id": said.id, "reply_to": record.id, "to": sender, "turn": self.replies},
            f"#{record.id} of {sender}: answered with #{said.id}",
        )

    async def _post(self, record: Record, text: str) -> dict[str, Any]:
        """Record the answer, once however often it is tried; who is paused waits for its voice. Raises Refused, Unreachable."""
        to: tuple[str, ...] = (sender_of(record),) if record.needs_reply and record.author != "system" else ()
        backoff = Backoff()
        is_told = False
        while True:
            news = self._news
            try:
                async with self._turn.reach(may_open_room=False) as room:
                    return await room.post(
                        text, client_msg_id=f"exec-{record.id}", message_type="reply", reply_to=record.id, to=to
                    )
            except Refused as refused:
                if refused.code == "loop_guard":
                    if not is_told:
                        self.tell(
                            {"what": "paused", "id": record.id}, f"waiting: {single(refused.message)}", is_trouble=True
                        )
                    is_told = True
                    with trio.move_on_after(refused.retry_after_seconds or PAUSED_SECONDS):
                        await news.wait()
                    continue
                if refused.code == "invalid_to" and to:  # who asked has gone since
                    to = ()
                    continue
                if not refused.is_passing and refused.status != 404:  # a broker whose host is away for a moment
                    raise
                pause = backoff.next_seconds(at_least=refused.retry_after_seconds)
            except Unreachable as silent:
                if not silent.is_passing:
                    raise
                pause = backoff.next_seconds()
            await trio.sleep(pause)

    def _facts(self, record: Record, sender: str) -> dict[str, str]:
        return {
            "AGENTGATHER_ROOM_URL": self._turn.seat.base_url,
            "AGENTGATHER_ROOM": self._cursor.room,
            "AGENTGATHER_ALIAS": self._cursor.alias,
            "AGENTGATHER_FROM": sender,
            "AGENTGATHER_MESSAGE_ID": str(record.id),
        }

    def _tell_no_reply(self, record: Record, sender: str, handled: Handled) -> None:
        if handled.failed is None:
            told = {"what": "no_reply", "id": record.id, "from": sender, "why": "empty"}
            self.tell(told, f"#{record.id} of {sender}: no answer")
            return
        event = {
            "what": "no_reply",
            "id": record.id,
            "from": sender,
            "why": handled.failed.value,
            "exit_code": handled.exit_code,
            "stderr": handled.complaint,
        }
        how = f"{handled.failed}" if handled.exit_code is None else f"{handled.failed} {handled.exit_code}"
        line = f"#{record.id} of {sender}: no answer, the program failed ({how}) {single(handled.complaint)}"
        self.tell(event, line.rstrip(), is_trouble=True)

    def _tell_unsaid(self, record: Record, sender: str, *, why: str, how: str) -> None:
        event = {"what": "no_reply", "id": record.id, "from": sender, "why": why}
        self.tell(event, f"#{record.id} of {sender}: {how}", is_trouble=True)


def concerning(waited: Waited, *, me: str) -> list[Record]:
    """The records of a batch that concern `me`, in order: the room says which; of one of 0.1 it is told from the record."""
    if waited.concerns is None:
        return [record for record in waited.records if cause_of(record, me=me) is not None]
    ids = {one.id for one in waited.concerns}
    return [record for record in waited.records if record.id in ids and record.author != me and not record.is_retracted]


def _taken_back(record: Record) -> int | None:
    """The message that a note says was taken back."""
    event = record.raw.get("event")
    if record.event_kind != "message.retracted" or not isinstance(event, dict):
        return None
    number = event.get("message_id")
    return number if type(number) is int else None
