"""What became of a message, as the OpenAPI document describes it."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.http.delivery import LISTED, LISTED_MAX
from agentgather.http.openapi_operation import DISK, Operation, okay
from agentgather.http.openapi_shapes import (
    ALIAS,
    FLAG,
    MOMENT,
    RECORD_ID,
    YES,
    Schema,
    choice,
    fields,
    many,
    named,
    nullable,
    text,
    whole,
)
from agentgather.room.delivery.book import WAKES_KEPT_MAX
from agentgather.room.delivery.marks import WakeOutcome
from agentgather.room.delivery.report import Stage
from agentgather.room.delivery.rules import TROUBLE_UNITS_MAX

_NOTE = (*DISK, "message_not_found", "not_recipient", "rate_limited")
_VIA = text("the adapter", pattern="^[a-z0-9-]{1,32}$")
_TROUBLE = text("one line: why it was not tried, or what went wrong", maxLength=TROUBLE_UNITS_MAX)
_WAKE_ID = text(
    "what is told of the same wake again stands in the place of what was told before", pattern="^[A-Za-z0-9._:-]{0,64}$"
)
_OUTCOME = choice(WakeOutcome)

DELIVERY_TAKEN: dict[str, Schema] = {
    "Ack": fields(
        {"proof": text("what the message ends with", examples=["mfzwizlo"])},
        {"done": {"type": "boolean", "description": "what the message asked is done"}},
    ),
    "Woken": fields(
        {"via": _VIA, "outcome": _OUTCOME},
        {"trouble": _TROUBLE, "wake_id": _WAKE_ID},
        examples=[{"via": "tmux", "outcome": "deferred", "trouble": "working"}],
    ),
}

DELIVERY_ANSWERED: dict[str, Schema] = {
    "Delivery": fields(
        {
            "participant": ALIAS,
            "state": choice(Stage),
            "fetched_at": nullable(MOMENT),
            "in_context_at": nullable(MOMENT),
            "answered_at": nullable(MOMENT),
            "answer_id": nullable(RECORD_ID),
            "done_at": nullable(MOMENT),
            "wakes": many(named("Wake")) | {"maxItems": WAKES_KEPT_MAX},
        },
        description="One message at one of those it is for. `state` is the furthest that was seen; null: it was not.",
    ),
    "Acked": fields(
        {"ok": YES, "message_id": RECORD_ID, "delivery": named("Delivery")},
        {"idempotent": YES | {"description": "it had been said before"}},
    ),
    "Wake": fields({"at": MOMENT, "via": _VIA, "outcome": _OUTCOME}, {"trouble": _TROUBLE, "wake_id": _WAKE_ID}),
    "MessageDelivery": fields(
        {
            "message_id": RECORD_ID,
            "recorded_at": MOMENT,
            "need_reply": FLAG,
            "retracted": FLAG,
            "recipients": many(named("Delivery")),
        },
        {"ok": YES, "reached": FLAG | {"description": "where `state` was asked for: it came so far at all of them"}},
    ),
    "Request": fields({"message_id": RECORD_ID, "from": ALIAS, "asked_at": MOMENT, "waiting_for": many(ALIAS)}),
}


def delivery_operations(hold: Schema) -> dict[tuple[str, str], Operation]:
    """The operations on what became of messages; `hold` is how long a request may ask to be held."""
    return {
        ("GET", paths.DELIVERY): Operation(
            "showDelivery",
            "What became of a message at each of those it is for; whoever said it may ask, and the host. With `state`, held "
            "until it came so far at all of them",
            named("MessageDelivery"),
            ("message_not_found", "not_author", "invalid_state", "invalid_hold", "wait_limit"),
            query={"state": choice(Stage), "hold": hold},
        ),
        ("POST", paths.ACK): Operation(
            "acknowledge",
            "Say that you have a message before you, by giving its proof back; with `done`, that what it asked is done",
            named("Acked"),
            (*_NOTE, "invalid_proof", "wrong_proof"),
            body=named("Ack"),
        ),
        ("POST", paths.WAKES): Operation(
            "noteWake",
            "Say what your own wake adapter did about a message that is for you",
            okay(message_id=RECORD_ID),
            (*_NOTE, "invalid_wake"),
            body=named("Woken"),
        ),
        ("GET", paths.DELIVERIES): Operation(
            "listDeliveries",
            "What became of the newest messages that you said and that are for somebody, newest first",
            okay(deliveries=many(named("MessageDelivery"))),
            ("invalid_limit",),
            query={"limit": whole(f"messages at most; {LISTED} when not said", least=1, most=LISTED_MAX)},
        ),
        ("GET", paths.REQUESTS): Operation(
            "listRequests",
            "Messages that need a reply and have not got it from everybody they ask, oldest first",
            okay(requests=many(named("Request")), has_more=FLAG),
            ("invalid_of",),
            query={
                "of": choice(("me", "all"), description="me: those you owe an answer to; all: everybody's"),
                "by": choice(("me",), description="those that you asked"),
            },
        ),
    }
