"""GET /card: what an arriving agent is handed."""

from __future__ import annotations

from agentgather.http.asked import TEXT, Asked, bytes_answer, json_answer
from agentgather.room.card import CardFacts, attend_card, card_fields
from agentgather.serving.answer import Answer


def card(asked: Asked) -> Answer:
    """The Attend Card of whoever asks, as text or, for `Accept: application/json`, as fields."""
    state = asked.room.state
    facts = CardFacts(
        room=state.room,
        alias=asked.alias,
        kind=asked.seat.kind,
        role=asked.seat.role,
        base_url=asked.base_url,
        token=asked.token,
        brief=state.brief,
        policy=state.policy,
        hold_seconds=asked.rules.hold_seconds,
        is_open=state.is_open,
        declared=asked.seat.declared,
        requested_mode=asked.seat.requested_mode,
        effective_mode=asked.seat.effective_mode,
    )
    accepted = asked.request.accept_mimetypes
    if accepted.best_match(["text/plain", "application/json"], default="text/plain") == "application/json":
        return json_answer({"ok": True, **card_fields(facts)})
    return bytes_answer(attend_card(facts).encode(), content_type=TEXT)
