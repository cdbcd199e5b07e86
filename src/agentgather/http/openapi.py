"""The OpenAPI 3.1 document of the room's API: the route table, with what each route is for.

A test holds it against the routes, another holds a live daemon to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from agentgather import __version__
from agentgather.api import paths
from agentgather.api.errors import STATUS_OF
from agentgather.api.record_json import compact
from agentgather.http.openapi_contracts import CONTRACT_NAME
from agentgather.http.openapi_leases import LEASE_ID
from agentgather.http.openapi_operation import JSON_TYPE, Operation
from agentgather.http.openapi_operations import operations
from agentgather.http.openapi_schemas import ANSWERED, TAKEN
from agentgather.http.openapi_shapes import ALIAS, RECORD_ID, Schema, named, text, whole
from agentgather.http.openapi_tasks import TASK_ID
from agentgather.http.routes import ROUTES, Route
from agentgather.settings.shape import ApiLimits

_DESCRIPTION = """\
Every path is below the URL of the room. Send your token as `Authorization: Bearer <token>`. Bodies are JSON objects in
UTF-8; fields that are not known are ignored, in requests and by whoever reads the answers. Whatever is refused is
answered with `error`, a code to act on. HEAD works wherever GET does."""

# What may answer any request: the serving layer before the room hears of it, the door, and a bug.
_EVERYWHERE = (
    "bad_request",
    "insecure_remote",
    "room_not_found",
    "request_timeout",
    "body_too_large",
    "target_too_long",
    "headers_too_large",
    "internal_error",
    "too_busy",
    "shutting_down",
)
_TOKEN = ("unauthorized", "token_expired")
_FOREIGN_PAGE = ("bad_origin", "bad_referer")
_BODY = ("invalid_json", "invalid_body")

# Examples name what a small room has.
_PATH_PARTS: dict[str, Schema] = {
    "message_id": RECORD_ID | {"examples": [2]},
    "alias": ALIAS | {"examples": ["rev"]},
    "task_id": TASK_ID | {"examples": [1]},
    "lease_id": LEASE_ID | {"examples": [1]},
    "contract": CONTRACT_NAME | {"examples": ["orders"]},
}
_RETRY_AFTER = ("Retry-After", whole("seconds to stay away", least=1))
_HEADERS = {401: ("WWW-Authenticate", text(const="Bearer")), 429: _RETRY_AFTER, 503: _RETRY_AFTER}


def openapi_document(rules: ApiLimits | None = None) -> bytes:
    """The document as compact JSON; `rules` are the bounds of the daemon that shows it, the defaults otherwise."""
    described = operations(rules or ApiLimits())
    routes: dict[tuple[str, str], Route | None] = {(route.method, route.path): route for route in ROUTES}
    routes |= {("GET", paths.HEALTH): None, ("GET", paths.OPENAPI): None}
    shown: dict[str, Schema] = {}
    refusals: dict[str, Schema] = {}
    for (method, path), route in routes.items():
        told = described[method, path]
        template = re.sub(r"<(\w+)>", r"{\1}", path)
        refused = _by_status({*told.codes, *_door_codes(told, route, path=path)})
        refusals |= {_name(codes): _refusal(status, codes) for status, codes in refused.items()}
        shown.setdefault(template, {})[method.lower()] = _operation(told, route, path=path, refused=refused)
    return compact(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Agent Gather room",
                "version": __version__,
                "description": _DESCRIPTION,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": ".", "description": "the room that this document was asked of"}],
            "security": [{"token": []}],
            "paths": shown,
            "components": {
                "schemas": {**ANSWERED, **TAKEN},
                "responses": refusals,
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "token_in_query": {"type": "apiKey", "in": "query", "name": "token"},
                },
            },
        }
    )


def _operation(told: Operation, route: Route | None, *, path: str, refused: dict[int, tuple[str, ...]]) -> Schema:
    """One operation; without a `route` it is the daemon's own and needs no token."""
    operation: Schema = {"operationId": told.id, "summary": told.summary}
    if route is None:
        operation["security"] = []
    elif route.is_token_in_query_accepted:
        operation["security"] = [{"token": []}, {"token_in_query": []}]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_PARTS[name]}
        for name in re.findall(r"<(\w+)>", path)
    ]
    for place, schemas in (("query", told.query), ("header", told.headers)):
        parameters += [{"name": name, "in": place, "schema": schema} for name, schema in schemas.items()]
    if parameters:
        operation["parameters"] = parameters
    if told.body is not None:
        operation["requestBody"] = {"required": _is_needed(told.body), "content": {JSON_TYPE: {"schema": told.body}}}
    responses = {str(told.status): {"description": "it is so", "content": told.content}}
    responses |= {str(status): {"$ref": f"#/components/responses/{_name(codes)}"} for status, codes in refused.items()}
    if told.another is not None:
        status, schema = told.another
        either = schema if status not in refused else {"anyOf": [schema, _error(refused[status])]}
        content = {JSON_TYPE: {"schema": either}}
        responses[str(status)] = {"description": told.another_means, "content": content}
    operation["responses"] = responses
    return operation


def _is_needed(body: Schema) -> bool:
    """Whether an empty object does not do: nothing at all is taken for one."""
    schema = TAKEN[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
    return not {"required", "anyOf"}.isdisjoint(schema)


def _door_codes(told: Operation, route: Route | None, *, path: str) -> Iterable[str]:
    """The errors that come before a resource is asked."""
    yield from _EVERYWHERE
    if route is None:
        return
    yield from _TOKEN
    if not route.is_open_to_removed:
        yield "removed"
    if route.is_host_only:
        yield "host_required"
    if route.method != "GET" or route.is_stream:
        yield from _FOREIGN_PAGE
    if told.body is not None:
        yield from _BODY
    if "<" in path:
        yield "not_found"


def _by_status(codes: Collection[str]) -> dict[int, tuple[str, ...]]:
    """`codes` in the order of the error table, below their statuses in ascending order."""
    told = [code for code in STATUS_OF if code in codes]
    statuses = sorted({STATUS_OF[code] for code in told})
    return {status: tuple(code for code in told if STATUS_OF[code] == status) for status in statuses}


def _refusal(status: int, codes: tuple[str, ...]) -> Schema:
    response: Schema = {"description": ", ".join(codes), "content": {JSON_TYPE: {"schema": _error(codes)}}}
    if status in _HEADERS:
        name, schema = _HEADERS[status]
        response["headers"] = {name: {"required": True, "schema": schema}}
    return response


def _error(codes: tuple[str, ...]) -> Schema:
    return named("Error") | {"properties": {"error": {"enum": list(codes)}}}


def _name(codes: tuple[str, ...]) -> str:
    """The name of a response among the components: operations that refuse alike share it."""
    return "-".join(codes)
