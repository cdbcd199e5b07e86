"""One table of every code an answer can carry, its HTTP status, and the single error body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgather.room.refusals import Refusal
from agentgather.room.text import without_tokens

STATUS_OF: dict[str, int] = {
    # who is asking
    "unauthorized": 401,
    "token_expired": 401,
    "removed": 410,
    "host_required": 403,
    "read_only": 403,
    "host_seat": 403,
    "not_author": 403,
    "participant_mismatch": 403,
    "insecure_remote": 403,
    "bad_origin": 403,
    "bad_referer": 403,
    # the request itself
    "bad_request": 400,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "body_too_large": 413,
    "target_too_long": 414,
    "headers_too_large": 431,
    "invalid_json": 400,
    "invalid_body": 400,
    "invalid_since_id": 400,
    "invalid_before_id": 400,
    "conflicting_cursor": 400,
    "invalid_limit": 400,
    "invalid_format": 400,
    "invalid_hold": 400,
    "invalid_peek": 400,
    "invalid_through_id": 400,
    "invalid_query": 400,
    "invalid_type": 400,
    # messages
    "invalid_text": 400,
    "text_too_long": 400,
    "invalid_reply_to": 400,
    "invalid_client_msg_id": 400,
    "invalid_to": 400,
    "invalid_context": 400,
    "invalid_need_reply": 400,
    "invalid_done": 400,
    "invalid_proof": 400,
    "wrong_proof": 409,
    "not_recipient": 403,
    "invalid_wake": 400,
    "invalid_budget": 400,
    "invalid_state": 400,
    "invalid_of": 400,
    "id_reused": 409,
    "message_not_found": 404,
    "not_retractable": 403,
    # the task board
    "task_not_found": 404,
    "invalid_status": 400,
    "invalid_after_id": 400,
    "invalid_depends_on": 400,
    "invalid_assignee": 400,
    "invalid_due": 400,
    "invalid_client_id": 400,
    "dependency_cycle": 409,
    "dependencies_pending": 409,
    "already_claimed": 409,
    "not_assignee": 403,
    "not_holder": 403,
    "task_finished": 409,
    "board_full": 409,
    # leases
    "invalid_glob": 400,
    "invalid_lease": 400,
    "lease_held": 409,
    "lease_limit": 409,
    "lease_not_found": 404,
    # people and the room
    "invalid_room": 400,
    "invalid_alias": 400,
    "alias_reserved": 400,
    "alias_taken": 409,
    "unknown_participant": 404,
    "room_full": 409,
    "invalid_kind": 400,
    "invalid_role": 400,
    "invalid_labels": 400,
    "invalid_display_name": 400,
    "display_name_taken": 409,
    "invalid_policy": 400,
    "invalid_attention": 400,
    "invalid_session": 400,
    "session_active": 409,
    "no_active_session": 409,
    "invalid_ttl": 400,
    "brief_too_large": 413,
    # contracts
    "invalid_contract_name": 400,
    "invalid_document": 400,
    "document_too_large": 413,
    "remote_reference": 400,
    "too_complex": 400,
    "invalid_side": 400,
    "invalid_version": 400,
    "contract_not_found": 404,
    "version_not_found": 404,
    "contract_moved": 409,
    "contracts_full": 409,
    "room_closed": 403,
    "room_not_found": 404,
    # limits and trouble
    "rate_limited": 429,
    "loop_guard": 429,
    "wait_limit": 429,
    "wake_budget_spent": 429,
    "too_busy": 503,
    "shutting_down": 503,
    "room_log_full": 507,
    "storage_full": 507,
    "storage_failed": 500,
    "internal_error": 500,
}


class RequestRefused(Refusal):
    """A door's own no: the request is malformed, unauthenticated or misdirected. `code` is one of the table."""

    def __init__(
        self, code: str, message: str, *, field: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message, field=field, retry_after_seconds=retry_after_seconds)
        self.code = code


def error_body(
    code: str,
    message: str,
    *,
    field: str | None = None,
    retry_after_seconds: int | None = None,
    error_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of every answer that is not 2xx (docs/errors.md). It may quote what was sent, and then holds no token of it."""
    body: dict[str, Any] = {"ok": False, "error": code, "message": without_tokens(message), **(facts or {})}
    if field is not None:
        body["field"] = field
    if retry_after_seconds is not None:
        body["retry_after"] = retry_after_seconds
    if error_id is not None:
        body["error_id"] = error_id
    return body
