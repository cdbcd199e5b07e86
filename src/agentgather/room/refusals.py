"""Why the room says no: one class a reason, each with a permanent `code` (docs/errors.md has a heading for each)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """The domain said no. An everyday event: the message tells what was refused, what is true now and what to do.

    `field` names the request's field at fault, where one is. `retry_after_seconds` is set where waiting helps. `facts` are
    what is true now, for programs: JSON values by names that docs/errors.md tells.
    """

    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        retry_after_seconds: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.facts: Mapping[str, Any] = facts or {}


class RoomIsClosed(Refusal):
    code = "room_closed"


class HostRequired(Refusal):
    code = "host_required"


class ReadOnly(Refusal):
    code = "read_only"


class Removed(Refusal):
    code = "removed"


class HostSeat(Refusal):
    code = "host_seat"


class NotAuthor(Refusal):
    code = "not_author"


class InvalidRoomId(Refusal):
    code = "invalid_room"


class InvalidAlias(Refusal):
    code = "invalid_alias"


class AliasReserved(Refusal):
    code = "alias_reserved"


class AliasTaken(Refusal):
    code = "alias_taken"


class UnknownParticipant(Refusal):
    code = "unknown_participant"


class RoomFull(Refusal):
    code = "room_full"


class InvalidKind(Refusal):
    code = "invalid_kind"


class InvalidRole(Refusal):
    code = "invalid_role"


class InvalidLabels(Refusal):
    code = "invalid_labels"


class InvalidDisplayName(Refusal):
    code = "invalid_display_name"


class DisplayNameTaken(Refusal):
    code = "display_name_taken"


class InvalidPolicy(Refusal):
    code = "invalid_policy"


class InvalidAttention(Refusal):
    code = "invalid_attention"


class InvalidSession(Refusal):
    code = "invalid_session"


class SessionActive(Refusal):
    code = "session_active"


class NoActiveSession(Refusal):
    code = "no_active_session"


class InvalidTtl(Refusal):
    code = "invalid_ttl"


class InvalidBody(Refusal):
    code = "invalid_body"


class BriefTooLarge(Refusal):
    code = "brief_too_large"


class InvalidText(Refusal):
    code = "invalid_text"


class TextTooLong(Refusal):
    code = "text_too_long"


class InvalidReplyTo(Refusal):
    code = "invalid_reply_to"


class InvalidClientMsgId(Refusal):
    code = "invalid_client_msg_id"


class IdReused(Refusal):
    code = "id_reused"


class InvalidTo(Refusal):
    code = "invalid_to"


class InvalidContext(Refusal):
    code = "invalid_context"


class InvalidNeedReply(Refusal):
    code = "invalid_need_reply"


class InvalidDone(Refusal):
    code = "invalid_done"


class InvalidProof(Refusal):
    code = "invalid_proof"


class WrongProof(Refusal):
    code = "wrong_proof"


class NotRecipient(Refusal):
    code = "not_recipient"


class InvalidWake(Refusal):
    code = "invalid_wake"


class InvalidBudget(Refusal):
    code = "invalid_budget"


class WakeBudgetSpent(Refusal):
    """The room was the cause of as many wakes as it may be; `facts` holds `free_at`."""

    code = "wake_budget_spent"


class MessageNotFound(Refusal):
    code = "message_not_found"


class InvalidQuery(Refusal):
    code = "invalid_query"


class InvalidType(Refusal):
    code = "invalid_type"


class NotRetractable(Refusal):
    code = "not_retractable"


class NotHolder(Refusal):
    code = "not_holder"


class InvalidReadId(Refusal):
    code = "invalid_through_id"


class RoomLogFull(Refusal):
    code = "room_log_full"


class RateLimited(Refusal):
    code = "rate_limited"


class LoopGuard(Refusal):
    code = "loop_guard"


class WaitLimit(Refusal):
    code = "wait_limit"


class StorageFull(Refusal):
    """The disk has no room for the record; nothing was recorded."""

    code = "storage_full"


class StorageFailed(Refusal):
    """The disk refused the record or cannot be trusted with it yet; nothing was acknowledged."""

    code = "storage_failed"
