"""What clients send: JSON objects become commands, or a refusal that names the field at fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from agentgather.api.attention_bodies import is_about_work, read_declaring, read_requested_mode
from agentgather.api.errors import RequestRefused
from agentgather.api.query_values import SAFE_INTEGER_MAX
from agentgather.room.commands import Invite, Join, Post, SetLabels, SetProfile
from agentgather.room.message import client_type
from agentgather.room.names import Alias, Label, MessageId, is_message_id, label, new_alias
from agentgather.room.participant import Kind, Role
from agentgather.room.refusals import (
    InvalidAlias,
    InvalidAttention,
    InvalidBody,
    InvalidClientMsgId,
    InvalidContext,
    InvalidDisplayName,
    InvalidDone,
    InvalidKind,
    InvalidLabels,
    InvalidNeedReply,
    InvalidPolicy,
    InvalidProof,
    InvalidReadId,
    InvalidReplyTo,
    InvalidRole,
    InvalidSession,
    InvalidText,
    InvalidTo,
    InvalidTtl,
    InvalidWake,
    Refusal,
)
from agentgather.room.session.commands import EndSession, SessionCommand, StartSession

Json = Mapping[str, Any]


def read_object(raw: bytes) -> Json:
    """The JSON object of a request body; an empty body is an empty object. Raises `invalid_json` or `invalid_body`."""
    if not raw:
        return {}
    try:
        value = json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RequestRefused("invalid_json", "the body is not JSON in UTF-8; send one JSON object") from None
    if not isinstance(value, dict):
        raise RequestRefused("invalid_body", 'the body is JSON, yet not an object; send something like {"text": "…"}')
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def read_ack(body: Json) -> tuple[str, bool]:
    """The proof that an acknowledgement gives back, and whether it says that what was asked is done."""
    proof, is_done = body.get("proof"), body.get("done", False)
    if not isinstance(proof, str):
        raise InvalidProof("proof is the one that the message ends with, eight characters", field="proof")
    if not isinstance(is_done, bool):
        raise InvalidProof("done is true or false", field="done")
    return proof, is_done


def read_wake(body: Json) -> dict[str, str]:
    """`via`, `outcome`, `trouble` and `wake_id` of one wake, each a text; the last two may be left out."""
    told = {name: body.get(name, "") for name in ("via", "outcome", "trouble", "wake_id")}
    for name, value in told.items():
        if not isinstance(value, str):
            raise InvalidWake(f"{name} must be a JSON string", field=name)
    return told


def read_post(body: Json, *, actor: Alias) -> Post:
    """A post as asked for; whether it can be recorded is the room's to decide. Unknown fields are ignored."""
    reply_to = body.get("reply_to")
    if "reply_to" in body and not is_message_id(reply_to):
        raise InvalidReplyTo("reply_to is the id of a message: a positive integer", field="reply_to")
    client_msg_id = body.get("client_msg_id")
    if "client_msg_id" in body and not isinstance(client_msg_id, str):
        raise InvalidClientMsgId("client_msg_id must be a JSON string", field="client_msg_id")
    context = body.get("context")
    if context is not None and not isinstance(context, dict):
        raise InvalidContext("context is a JSON object", field="context")
    needs_reply = body.get("need_reply", False)
    if not isinstance(needs_reply, bool):
        raise InvalidNeedReply("need_reply is true or false", field="need_reply")
    is_done = body.get("done", False)
    if not isinstance(is_done, bool):
        raise InvalidDone("done is true or false", field="done")
    return Post(
        actor,
        _text(body, "text", InvalidText),
        type=client_type(body.get("type")),
        reply_to=MessageId(reply_to) if reply_to is not None else None,
        client_msg_id=client_msg_id,
        to=_recipients(body.get("to", [])),
        context=context,
        needs_reply=needs_reply,
        is_done=is_done,
    )


def _recipients(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidTo("to is an alias, role:<label>, all, or a list of these", field="to")
    return tuple(dict.fromkeys(names))


def read_labels(body: Json) -> tuple[Label, ...] | None:
    """The `labels` of a request, each once; None when it says nothing of them. Raises InvalidLabels."""
    value = body.get("labels")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidLabels(
            'labels is a list of labels, as in ["reviewer"]; an empty list takes them away', field="labels"
        )
    return tuple(dict.fromkeys(label(one) for one in value))


def read_join(body: Json, *, actor: Alias) -> Join:
    return Join(actor, read_labels(body), read_declaring(body))


def read_profile(body: Json, *, actor: Alias) -> SetProfile:
    """What a participant changes about itself: one thing at least. Raises the refusal of the first field that is none."""
    labels, declaring = read_labels(body), read_declaring(body)
    is_other = labels is not None or declaring is not None or is_about_work(body)
    name = None if "display_name" not in body and is_other else read_display_name(body)
    return SetProfile(actor, name, labels, declaring)


def read_attention(body: Json, *, actor: Alias) -> SetProfile:
    """What a participant says of its attention: one thing at least. Raises InvalidAttention."""
    declaring = read_declaring(body)
    if declaring is None and not is_about_work(body):
        raise InvalidAttention(
            "say what you can (supported_modes, poll_cadence_s, safety_wake_s) or what you do (working, working_on)"
        )
    return SetProfile(actor, declaring=declaring)


def read_set_labels(body: Json, *, actor: Alias, of: Alias) -> SetLabels:
    labels = read_labels(body)
    if labels is None:
        raise InvalidLabels('say which labels it has from now on, as in ["reviewer"]', field="labels")
    return SetLabels(actor, of, labels)


def read_invite(body: Json, *, actor: Alias) -> Invite:
    """An invitation as asked for. Raises the refusal of the first field that is none."""
    name = _text(body, "alias", InvalidAlias)
    try:
        alias = new_alias(name)
    except Refusal as refusal:
        refusal.field = "alias"
        raise
    kind, role = body.get("kind", Kind.AGENT), body.get("role", Role.GUEST)
    if kind not in Kind.__members__.values():
        raise InvalidKind("kind is agent or human", field="kind")
    if role not in Role.__members__.values():
        raise InvalidRole("role is guest or observer", field="role")
    return Invite(
        actor,
        alias,
        Kind(kind),
        Role(role),
        is_rotation=body.get("rotate") is True,
        labels=read_labels(body),
        requested_mode=read_requested_mode(body),
    )


def read_session(body: Json, *, actor: Alias) -> SessionCommand:
    """What to do with the session: `action` is start or end. Raises InvalidSession or InvalidPolicy."""
    action = body.get("action")
    if action == "end":
        return EndSession(actor)
    if action != "start":
        raise InvalidSession("action is start or end", field="action")
    minutes, policy = body.get("expected_minutes"), body.get("policy")
    if minutes is not None and type(minutes) is not int:
        raise InvalidSession("expected_minutes is a whole number", field="expected_minutes")
    return StartSession(actor, minutes, None if policy is None else read_policy(body))


def read_brief(body: Json) -> str:
    return _text(body, "body", InvalidBody)


def read_policy(body: Json) -> str:
    return _text(body, "policy", InvalidPolicy)


def read_display_name(body: Json) -> str:
    return _text(body, "display_name", InvalidDisplayName)


def read_ttl(body: Json) -> str | None:
    """The `ttl` of a request as written, None when it has none."""
    return None if body.get("ttl") is None else _text(body, "ttl", InvalidTtl)


def read_through_id(body: Json) -> int:
    value = body.get("through_id")
    if type(value) is not int or not 0 <= value <= SAFE_INTEGER_MAX:
        raise InvalidReadId("through_id is the id of the last record you have read", field="through_id")
    return value


def _text(body: Json, field: str, refusal: type[Refusal]) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise refusal(f"{field} is missing or is not text", field=field)
    return value
