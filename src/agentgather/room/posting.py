"""The rules of speaking: what a post may be, that it may be repeated safely, and how it is taken back."""

from __future__ import annotations

import json
import re
from typing import Any

from agentgather.room import events
from agentgather.room.addressing import check_addressed
from agentgather.room.commands import Post, Retract
from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message
from agentgather.room.names import MessageId, is_message_id
from agentgather.room.participant import Participant, Role
from agentgather.room.refusals import (
    HostRequired,
    IdReused,
    InvalidClientMsgId,
    InvalidContext,
    InvalidDone,
    InvalidReplyTo,
    InvalidText,
    InvalidTo,
    MessageNotFound,
    NotAuthor,
    NotRetractable,
    ReadOnly,
    TextTooLong,
)
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.text import is_storable, utf16_units

_CLIENT_MSG_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def repeated(state: RoomState, command: Post) -> MessageId | None:
    """The record that `command` repeats, by author and client_msg_id. Raises IdReused when its text is another."""
    if command.client_msg_id is None:
        return None
    first = state.posted.get((command.actor, command.client_msg_id))
    if first is None:
        return None
    if first.message_id not in state.retracted and first.text != command.text:
        raise IdReused(
            f"client_msg_id {command.client_msg_id!r} already stands for message {first.message_id} with another text; "
            "use a new id for a new message",
            field="client_msg_id",
        )
    return first.message_id


def post(state: RoomState, command: Post, *, actor: Participant, scribe: Scribe, limits: RoomLimits) -> list[Message]:
    """Record what a participant says; when an agent has said its fill, record that the loop guard stops it."""
    if actor.role is Role.OBSERVER:
        raise ReadOnly(f"{actor.alias} is an observer: it may read and wait, not post; ask the host for a guest seat")
    check_post(state, command, limits=limits)
    check_may_speak(state, actor, limits=limits)
    said = scribe.say(
        Message(
            id=MessageId(0),
            room=state.room,
            ts="",
            author=actor.alias,
            type=command.type,
            text=command.text,
            reply_to=command.reply_to,
            client_msg_id=command.client_msg_id,
            to=command.to,
            context=command.context,
            needs_reply=command.needs_reply,
            is_done=command.is_done,
        )
    )
    return [said, *pause(state, actor, scribe=scribe, limits=limits)]


def check_post(state: RoomState, command: Post, *, limits: RoomLimits) -> None:
    """Raise the refusal of the first field that cannot be recorded."""
    if not command.text.strip():
        raise InvalidText("text is blank; say something", field="text")
    if not is_storable(command.text):
        raise InvalidText("text holds a NUL or half of a surrogate pair; send well-formed Unicode", field="text")
    if (units := utf16_units(command.text)) > limits.text_units_max:
        raise TextTooLong(
            f"text has {units} UTF-16 units, {limits.text_units_max} is the maximum; split it or hand over a summary",
            field="text",
        )
    if command.reply_to is not None and not is_message_id(command.reply_to):
        raise InvalidReplyTo("reply_to is the id of a message: a positive integer", field="reply_to")
    if command.is_done and command.reply_to is None:
        raise InvalidDone("done says that the message in reply_to is done; name that message", field="done")
    if command.client_msg_id is not None and not _CLIENT_MSG_ID.fullmatch(command.client_msg_id):
        raise InvalidClientMsgId(
            "client_msg_id is 1 to 128 characters: letters, digits, '.', '_', ':' and '-'", field="client_msg_id"
        )
    if len(command.to) > limits.to_max:
        raise InvalidTo(f"to names {len(command.to)} recipients, {limits.to_max} is the maximum", field="to")
    check_addressed(command.to, roster=state.participants, sender=command.actor)
    if command.context is not None:
        _check_context(command.context, limits=limits)


def _check_context(context: Any, *, limits: RoomLimits) -> None:
    if _depth(context, limits.context_depth_max + 1) > limits.context_depth_max:
        raise InvalidContext(f"context is nested deeper than {limits.context_depth_max} levels", field="context")
    text = json.dumps(context, ensure_ascii=False, separators=(",", ":"))
    if not is_storable(text):
        raise InvalidContext("context holds half of a surrogate pair; send well-formed Unicode", field="context")
    if len(text.encode()) > limits.context_bytes_max:
        raise InvalidContext(f"context is larger than {limits.context_bytes_max} bytes of JSON", field="context")


def _depth(value: Any, room_left: int) -> int:
    """How many containers deep `value` is, looked at no deeper than `room_left`."""
    if room_left == 0 or not isinstance(value, dict | list):
        return 0
    parts = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(part, room_left - 1) for part in parts), default=0)


def retract(state: RoomState, command: Retract, *, actor: Participant, scribe: Scribe) -> list[Message]:
    """Take a message back: its author or the host may, once; a repeat changes nothing. Only the host may scrub."""
    if command.is_scrub and not actor.is_host:
        raise HostRequired("only the host may scrub a message from the log; you may retract your own")
    author = state.posts.get(command.message_id)
    if author is None:
        if 1 <= command.message_id <= state.last_id:
            raise NotRetractable(f"record {command.message_id} is the room's own note and stays; only messages can go")
        raise MessageNotFound(f"there is no message {command.message_id} in this room")
    if author != actor.alias and not actor.is_host:
        raise NotAuthor(f"message {command.message_id} is {author}'s; only its author and the host may retract it")
    was_scrubbed = state.retracted.get(command.message_id)
    if was_scrubbed is not None and (was_scrubbed or not command.is_scrub):
        return []
    text = f"{actor.alias} retracted message #{command.message_id}"
    return [scribe.note(text, events.MessageRetracted(command.message_id, is_scrubbed=command.is_scrub))]
