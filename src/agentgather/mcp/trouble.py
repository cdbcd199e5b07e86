"""What a tool says when it cannot do what was asked: a code of docs/errors.md, a sentence, and what a model does next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgather.client.explaining import explain
from agentgather.room.text import without_tokens

Json = dict[str, Any]

MESSAGE_CHARACTERS_MAX = 1_000  # a refusal may quote what was sent; nobody needs all of it back

# What to do next, where the refusal's own sentence leaves it open. Written for a model that has only our tools.
NEXT = {
    "rate_limited": "wait `retry_after` seconds, then make the same call again",
    "too_busy": "wait a few seconds, then make the same call again",
    "shutting_down": "the host restarts: make the same call again in a few seconds",
    "wait_limit": "end one of your waits first; one is enough",
    "loop_guard": "agents have said enough for now: stop posting, and use wait until a person has spoken",
    "room_closed": "the room is over: you can still read it with history; stop waiting and tell your user",
    "removed": "the host took your seat away: stop, and tell your user; do not try to come back another way",
    "unauthorized": "your seat's token is no longer good: tell your user that the host has to invite you again",
    "token_expired": "your invitation has run out: tell your user that the host has to invite you again",
    "read_only": "you are an observer: you can read and wait, nothing else",
    "host_required": "only the room's host may do that: ask them in the room",
    "unknown_participant": "see status for who is here, and use an alias of that list",
    "invalid_to": "see status for who is here, and use aliases of that list",
    "text_too_long": "shorten it, or send it in parts; put long material into a file that both of you can read",
    "message_not_found": "use the id of a message you were shown",
    "invalid_reply_to": "reply to the id of a message you were shown",
    "id_reused": "that client_msg_id was used for other words: leave it out, or make a new one",
    "already_claimed": "`holder` has it: choose another task (list, status ready), or ask them",
    "dependencies_pending": "the tasks in `pending` come first: claim one of those, or wait",
    "not_assignee": "it is meant for somebody else: choose another task",
    "task_not_found": "see tasks, list",
    "lease_held": "`holder` works on that until `until`: ask them, or work elsewhere",
    "wrong_proof": "use the proof that stands in that very message",
    "unreachable": "nobody answered: make the same call again in a few seconds; if it stays so, tell your user",
    "not_served": "nobody serves the room: ask your user to run `agentgather room serve`",
    "not_a_room": "something else answers there: ask your user to check the room's address",
    "room_locked": "try again in a few seconds",
    "damaged": "ask your user to run: agentgather doctor",
    "internal_error": "something broke on our side: try once more, then tell your user the error_id",
}


class Trouble(Exception):
    """A tool's no. `code` is stable; `next_step` is what whoever called may do now."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        next_step: str | None = None,
        field: str | None = None,
        retry_after_seconds: float | None = None,
        error_id: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step or NEXT.get(code)
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.error_id = error_id
        self.facts = facts or {}

    def to_json(self) -> Json:
        """The same shape as a refusal over HTTP (docs/errors.md), and `next`."""
        body: Json = {
            **self.facts,
            "ok": False,
            "error": self.code,
            "message": without_tokens(self.message)[:MESSAGE_CHARACTERS_MAX],
        }
        if self.field is not None:
            body["field"] = self.field
        if self.retry_after_seconds is not None:
            body["retry_after"] = self.retry_after_seconds
        if self.error_id is not None:
            body["error_id"] = self.error_id
        if self.next_step is not None:
            body["next"] = self.next_step
        return body


def trouble_of(error: BaseException) -> Trouble | None:
    """What an expected error says to a model; None for a bug."""
    if isinstance(error, Trouble):
        return error
    told = explain(error)
    if told is None:
        return None
    return Trouble(
        told.code,
        told.message,
        next_step=NEXT.get(told.code) or told.hint,  # the hint is for whoever types commands
        field=told.field,
        retry_after_seconds=told.retry_after_seconds,
        error_id=told.error_id,
        facts=told.facts,
    )
