"""What became of messages as JSON: as it is kept, one mark a line, and as it is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agentgather.api.event_parts import text, whole
from agentgather.room.delivery.marks import Acknowledged, Fetched, Mark, WakeOutcome, Woken
from agentgather.room.delivery.report import Delivery, Request, Stage
from agentgather.room.message import Message, moment, timestamp
from agentgather.room.names import Alias, MessageId

Json = dict[str, Any]


def mark_json(mark: Mark) -> Json:
    """A mark as it is kept."""
    written: Json = {"id": mark.message_id, "who": mark.alias, "at": timestamp(mark.at)}
    match mark:
        case Fetched():
            return written | {"mark": "fetched"}
        case Acknowledged():
            return written | {"mark": "done" if mark.is_done else "in_context"}
        case Woken():
            return written | {"mark": "woken"} | _wake_json(mark)


def read_mark(value: Mapping[str, Any]) -> Mark:
    """The mark that a kept object stands for. Raises KeyError, TypeError or ValueError."""
    place = MessageId(whole(value["id"])), Alias(text(value["who"])), moment(text(value["at"]))
    match value["mark"]:
        case "fetched":
            return Fetched(*place)
        case "in_context" | "done" as said:
            return Acknowledged(*place, is_done=said == "done")
        case "woken":
            trouble, wake_id = text(value.get("trouble", "")), text(value.get("wake_id", ""))
            return Woken(*place, text(value["via"]), WakeOutcome(value["outcome"]), trouble, wake_id)
    raise ValueError("no mark of this version")


def delivery_answer(record: Message, found: Iterable[Delivery], *, moments: Mapping[int, str]) -> Json:
    """What became of one message at each of those it is for. `moments` has the time of each record that answered it."""
    return {
        "message_id": record.id,
        "recorded_at": record.ts,
        "need_reply": record.needs_reply,
        "retracted": record.is_retracted,
        "recipients": [recipient_answer(one, moments=moments) for one in found],
    }


def recipient_answer(one: Delivery, *, moments: Mapping[int, str]) -> Json:
    """One recipient: the furthest state, when each was first seen (null: it was not), and every wake that is remembered."""
    seen = one.seen
    done_at = timestamp(seen.done_at) if seen.done_at else moments.get(one.done_id or 0)
    return {
        "participant": one.alias,
        "state": one.stage.value,
        "fetched_at": timestamp(seen.fetched_at) if seen.fetched_at else None,
        "in_context_at": timestamp(seen.in_context_at) if seen.in_context_at else None,
        "answered_at": moments.get(one.answer_id or 0),
        "answer_id": one.answer_id,
        "done_at": done_at,
        "wakes": [{"at": timestamp(wake.at), **_wake_json(wake)} for wake in seen.wakes],
    }


def _wake_json(wake: Woken) -> Json:
    told: Json = {"via": wake.via, "outcome": wake.outcome.value}
    if wake.trouble:
        told["trouble"] = wake.trouble
    return told | ({"wake_id": wake.wake_id} if wake.wake_id else {})


def requests_answer(requests: Iterable[Request], *, moments: Mapping[int, str], has_more: bool) -> Json:
    return {
        "ok": True,
        "requests": [
            {
                "message_id": one.message_id,
                "from": one.by,
                "asked_at": moments.get(one.message_id),
                "waiting_for": list(one.waiting_for),
            }
            for one in requests
        ],
        "has_more": has_more,
    }


def read_stage(written: str) -> Stage | None:
    """The state of this name, None when there is none."""
    return Stage(written) if written in Stage.__members__.values() else None
