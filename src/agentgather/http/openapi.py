"""The OpenAPI 3.1 document of the room's API; a test holds it against the routes, another against a live daemon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentgather import __version__
from agentgather.api import paths
from agentgather.api.errors import STATUS_OF
from agentgather.api.record_json import compact
from agentgather.http.openapi_schemas import ALIAS, CURSOR, OK, SCHEMAS, STATUS, TTL, named, nullable, objectof, text
from agentgather.http.routes import ROUTES, Route

Json = dict[str, Any]

_JSON = "application/json"
_GATE = (
    "bad_request",
    "insecure_remote",
    "unauthorized",
    "token_expired",
    "removed",
    "storage_failed",
    "internal_error",
)
_BODY = ("invalid_json", "invalid_body", "body_too_large", "request_timeout", "bad_origin", "bad_referer")
_WRITE = (*_BODY, "room_closed", "rate_limited", "room_log_full", "storage_full")
_HOST = ("host_required", *_WRITE)
_SEAT_PATH = ("unknown_participant", *_HOST)
_RETRACT = ("message_not_found", "not_author", "not_retractable", *_WRITE)


@dataclass(frozen=True, slots=True)
class Told:
    """What the document says of one route beside what the route itself says."""

    summary: str
    answer: Json
    errors: tuple[str, ...] = ()
    body: Json | None = None
    query: tuple[tuple[str, Json], ...] = ()
    status: int = 200
    content_type: str = _JSON
    other_answers: tuple[tuple[int, Json], ...] = ()


def _okay(**fields: Json) -> Json:
    return objectof({"ok": OK, **fields})


_PAGING = (("since_id", CURSOR), ("limit", {"type": "integer", "minimum": 1, "maximum": 1000}))
_MESSAGE = objectof({"ok": OK, "message": named("Record")}, {"idempotent": OK})

_TOLD: dict[tuple[str, str], Told] = {
    ("GET", paths.STATUS): Told("Who is here, what holds, and how far everybody is", named("Status")),
    ("GET", paths.MESSAGES): Told(
        "A page of records after since_id, or before before_id",
        named("Page"),
        ("invalid_since_id", "invalid_before_id", "invalid_limit", "conflicting_cursor"),
        query=(*_PAGING, ("before_id", CURSOR)),
    ),
    ("POST", paths.MESSAGES): Told(
        "Say something; answered once it is on disk, 200 when it was said before",
        _MESSAGE,
        (
            *_WRITE,
            "read_only",
            "loop_guard",
            "id_reused",
            "invalid_text",
            "text_too_long",
            "invalid_reply_to",
            "invalid_client_msg_id",
            "invalid_to",
            "invalid_context",
        ),
        body=named("Post"),
        status=201,
        other_answers=((200, _MESSAGE),),
    ),
    ("GET", paths.MESSAGE): Told("One record", _MESSAGE, ("message_not_found",)),
    ("POST", paths.RETRACT): Told(
        "Take a message back: every door shows it empty", _MESSAGE, _RETRACT, body=objectof({})
    ),
    ("POST", paths.SCRUB): Told(
        "Take a message back and its text out of the log", _MESSAGE, ("host_required", *_RETRACT), body=objectof({})
    ),
    ("GET", paths.LOG): Told(
        "The sealed lines of the log, verifiable by whoever holds them; an empty answer is the end",
        text(),
        ("invalid_since_id", "invalid_limit"),
        query=_PAGING,
        content_type="application/x-ndjson",
    ),
    ("GET", paths.WAIT): Told(
        "Wait for what comes next",
        named("Wait"),
        ("participant_mismatch", "invalid_since_id", "invalid_hold", "wait_limit"),
        query=(("participant", ALIAS), ("since_id", CURSOR), ("hold", {"type": "number", "minimum": 0, "maximum": 55})),
    ),
    ("GET", paths.EVENTS): Told(
        "The records as server-sent events; Last-Event-ID resumes; ends with `event: closed`",
        text(),
        ("invalid_since_id", "wait_limit", "bad_origin", "bad_referer"),
        query=(("since_id", CURSOR),),
        content_type="text/event-stream",
    ),
    ("POST", paths.READ): Told(
        "Say how far you have read",
        _okay(read_id=CURSOR),
        (*_BODY, "invalid_through_id"),
        body=objectof({"through_id": CURSOR}),
    ),
    ("GET", paths.CARD): Told(
        "Your Attend Card; as fields for Accept: application/json",
        named("Card"),
        query=(("token", text(deprecated=True)),),
    ),
    ("POST", paths.JOIN): Told("Say that you are here", _okay(participant=ALIAS), _WRITE, body=objectof({})),
    ("POST", paths.LEAVE): Told("Say that you go; your seat stays", _okay(), _WRITE, body=objectof({})),
    ("GET", paths.PROFILE): Told("How you are shown", _okay(participant=named("Participant"))),
    ("POST", paths.PROFILE): Told(
        "Change how you are shown",
        _okay(participant=named("Participant")),
        (*_WRITE, "invalid_display_name", "display_name_taken"),
        body=objectof({"display_name": text(minLength=1, maxLength=60)}),
    ),
    ("POST", paths.INVITES): Told(
        "Give somebody a seat and a token",
        named("Issued"),
        (
            *_HOST,
            "invalid_alias",
            "alias_reserved",
            "alias_taken",
            "host_seat",
            "invalid_kind",
            "invalid_role",
            "invalid_ttl",
            "room_full",
        ),
        body=named("Invitation"),
        status=201,
    ),
    ("POST", paths.REMOVE): Told("Take a seat away", _okay(alias=ALIAS), ("host_seat", *_SEAT_PATH), body=objectof({})),
    ("POST", paths.ROTATE): Told("Replace a seat's token", named("Issued"), _SEAT_PATH, body=objectof({})),
    ("GET", paths.BRIEF): Told("The brief", _okay(brief=named("Brief"))),
    ("POST", paths.BRIEF): Told(
        "Change the brief",
        _okay(brief=named("Brief")),
        (*_HOST, "brief_too_large"),
        body=objectof({"body": text(maxLength=16_000)}),
    ),
    ("POST", paths.ATTENDANCE): Told(
        "Set the attendance policy",
        _okay(attendance_policy=text()),
        (*_HOST, "invalid_policy"),
        body=objectof({"policy": text(enum=["manual-ok", "agents-foreground", "all-foreground", "host-directed"])}),
    ),
    ("POST", paths.EXTEND): Told(
        "Move the room's end", _okay(expires_at=nullable(text())), (*_HOST, "invalid_ttl"), body=objectof({"ttl": TTL})
    ),
    ("POST", paths.CONTINUE): Told(
        "Let agents that the loop guard paused speak again",
        _okay(continued={"type": "array", "items": ALIAS}),
        _HOST,
        body=objectof({}),
    ),
    ("POST", paths.CLOSE): Told("Close the room for good", _okay(room_status=STATUS), _HOST, body=objectof({})),
}


def openapi_document() -> bytes:
    """The document as compact JSON."""
    described: dict[str, Json] = {}
    for route in ROUTES:
        told = _TOLD[route.method, route.path]
        described.setdefault(_template(route.path), {})[route.method.lower()] = _operation(route, told)
    for path, summary, schema, codes in (
        (paths.HEALTH, "Whether every room can record", named("Health"), (503,)),
        (paths.OPENAPI, "This document", objectof({"openapi": text()}), ()),
    ):
        answers = {str(status): _content(schema, _JSON, "as it is") for status in (200, *codes)}
        answers |= {"403": _content(named("Error"), _JSON, "insecure_remote")}
        described[path] = {
            "get": {"operationId": f"get{_words(path)}", "summary": summary, "security": [], "responses": answers}
        }
    return compact(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Agent Gather room",
                "version": __version__,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": "."}],
            "security": [{"token": []}],
            "paths": described,
            "components": {"schemas": SCHEMAS, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        }
    )


def _operation(route: Route, told: Told) -> Json:
    operation: Json = {"operationId": route.method.lower() + _words(route.path), "summary": told.summary}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": ALIAS if name == "alias" else CURSOR}
        for name in _path_names(route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in told.query]
    if parameters:
        operation["parameters"] = parameters
    if told.body is not None:
        operation["requestBody"] = {
            "content": {_JSON: {"schema": told.body}},
            "required": bool(told.body.get("properties", True)),
        }
    responses = {str(told.status): _content(told.answer, told.content_type, "done")}
    if route.path == paths.CARD:
        responses["200"]["content"]["text/plain"] = {"schema": text()}
    for status, schema in told.other_answers:
        responses[str(status)] = _content(schema, _JSON, "it was so already")
    for code in sorted({*_GATE, *told.errors}):
        known = responses.setdefault(str(STATUS_OF[code]), _content(named("Error"), _JSON, ""))
        known["description"] = ", ".join(filter(None, (known["description"], code)))
    operation["responses"] = responses
    return operation


def _content(schema: Json, content_type: str, description: str) -> Json:
    return {"description": description, "content": {content_type: {"schema": schema}}}


def _template(path: str) -> str:
    return path.replace("<", "{").replace(">", "}")


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("<")]


def _words(path: str) -> str:
    return "".join(part.strip("<>").title().replace("_", "").replace(".", "") for part in path.split("/"))
