"""Every no of the HTTP door, in the one shape of docs/errors.md. An exception's own text never leaves the house."""

from __future__ import annotations

import logging
import secrets

from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from agentgather.api.errors import STATUS_OF, error_body
from agentgather.http.asked import json_answer
from agentgather.room.refusals import Refusal
from agentgather.serving.answer import Answer

log = logging.getLogger(__name__)

LOOP_GUARD_SECONDS = 60  # only a human or the host ends it: there is no use in trying often


def refused(refusal: Refusal) -> Answer:
    """A refusal of the room or of the door."""
    seconds = refusal.retry_after_seconds
    status = STATUS_OF[refusal.code]
    if seconds is None and status in (429, 503):
        seconds = LOOP_GUARD_SECONDS if refusal.code == "loop_guard" else 1
    told = error_body(
        refusal.code, refusal.message, field=refusal.field, retry_after_seconds=seconds, facts=refusal.facts
    )
    answer = json_answer(told, status)
    if seconds is not None:
        answer.headers.append(("retry-after", str(seconds)))
    if status == 401:
        answer.headers.append(("www-authenticate", "Bearer"))
    return answer


def misdirected(error: HTTPException) -> Answer:
    """A request that no resource answers: unknown path, wrong method, body too large, malformed."""
    if isinstance(error, MethodNotAllowed):
        allowed = sorted(error.valid_methods or ())
        answer = _plain("method_not_allowed", f"this path answers {', '.join(allowed)} only")
        answer.headers.append(("allow", ", ".join(allowed)))
        return answer
    if isinstance(error, RequestEntityTooLarge):
        answer = _plain("body_too_large", "the body is larger than this room accepts; send less, or in parts")
        answer.headers.append(("connection", "close"))
        return answer
    if error.code == 404:
        return _plain("not_found", "there is nothing here; /openapi.json lists what this room answers")
    if error.code is not None and error.code >= 500:
        return broken(error)
    return _plain("bad_request", "the request is malformed; see /openapi.json for what this room answers")


def broken(error: BaseException) -> Answer:
    """A bug of ours: a fixed sentence and an id that is also in the log, beside the trace."""
    error_id = secrets.token_hex(4)
    log.error("a request failed", exc_info=error, extra={"event": "bug", "error_id": error_id})
    text = "something broke on our side; nothing is known to have been recorded. Try again, and tell the host this id"
    return json_answer(error_body("internal_error", text, error_id=error_id), 500)


def _plain(code: str, message: str) -> Answer:
    return json_answer(error_body(code, message), STATUS_OF[code])
