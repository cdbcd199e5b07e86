"""What two OpenAPI documents differ in, and whom that breaks: the sides turn round in requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentgather.contracts.compare import compare
from agentgather.contracts.difference import Comparison
from agentgather.contracts.document import Format, read_document

FINE, BAD, OPEN = "compatible", "breaking", "unknown"
ORDER = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
TEXT = {"type": "string"}
API: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
            "get": {
                "parameters": [{"$ref": "#/components/parameters/limit"}],
                "responses": {
                    "200": {
                        "description": "it",
                        "headers": {"ETag": {"schema": TEXT}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
                    }
                },
            },
            "put": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                "responses": {"204": {"description": "done"}},
            },
        }
    },
    "components": {
        "schemas": {"Order": ORDER},
        "parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}},
    },
}


def compared(old: Any, new: Any) -> Comparison:
    return compare(read_document(old, format=Format.OPENAPI), read_document(new, format=Format.OPENAPI))


def changed(change: Callable[[Any], object]) -> Any:
    copy = json.loads(json.dumps(API))
    change(copy)
    return copy


def item(api: Any) -> Any:
    return api["paths"]["/orders/{id}"]


ROWS: dict[str, tuple[Callable[[Any], object], str, str, str, str]] = {
    "an operation more": (
        lambda api: item(api).update(delete={"responses": {"204": {"description": "gone"}}}),
        *("/paths/~1orders~1{id}/delete", "operation_added", FINE, BAD),
    ),
    "an operation less": (
        lambda api: item(api).pop("put"),
        "/paths/~1orders~1{id}/put",
        "operation_removed",
        BAD,
        FINE,
    ),
    "a parameter that must be sent": (
        lambda api: item(api)["get"]["parameters"].append(
            {"name": "q", "in": "query", "required": True, "schema": TEXT}
        ),
        *("/paths/~1orders~1{id}/get/parameters/1", "required_parameter_added", BAD, FINE),
    ),
    "a parameter that may be sent": (
        lambda api: item(api)["get"]["parameters"].append({"name": "q", "in": "query", "schema": TEXT}),
        *("/paths/~1orders~1{id}/get/parameters/1", "parameter_added", FINE, FINE),
    ),
    "a parameter at another place": (
        lambda api: api["components"]["parameters"]["limit"].update({"in": "header"}),
        *("/components/parameters/limit", "parameter_removed", BAD, FINE),
    ),
    "a parameter of a narrower type": (
        lambda api: api["components"]["parameters"]["limit"]["schema"].update(maximum=9),
        *("/components/parameters/limit/schema/maximum", "maximum", BAD, FINE),
    ),
    "a body that must be sent": (
        lambda api: item(api)["put"]["requestBody"].update(required=True),
        *("/paths/~1orders~1{id}/put/requestBody/required", "became_required", BAD, FINE),
    ),
    "a media type less in an answer": (
        lambda api: item(api)["get"]["responses"]["200"].update(content={"text/csv": {}}),
        *("/paths/~1orders~1{id}/get/responses/200/content/application~1json", "media_type_removed", BAD, BAD),
    ),
    "another success": (
        lambda api: item(api)["put"]["responses"].update({"202": {"description": "later"}}),
        *("/paths/~1orders~1{id}/put/responses/202", "response_added", BAD, FINE),
    ),
    "one more error": (
        lambda api: item(api)["put"]["responses"].update({"409": {"description": "no"}}),
        *("/paths/~1orders~1{id}/put/responses/409", "response_added", FINE, FINE),
    ),
    "a header less": (
        lambda api: item(api)["get"]["responses"]["200"].pop("headers"),
        *("/paths/~1orders~1{id}/get/responses/200/headers/ETag", "header_removed", BAD, FINE),
    ),
    "a lock": (
        lambda api: api.update(security=[{"token": []}]),
        *("/paths/~1orders~1{id}/get/security", "security", OPEN, OPEN),
    ),
    "a header with the name of an extension": (
        lambda api: item(api)["get"]["responses"]["200"]["headers"].update({"x-left": {"schema": TEXT}}),
        *("/paths/~1orders~1{id}/get/responses/200/headers/x-left", "header_added", FINE, FINE),
    ),
    "a value written otherwise": (
        lambda api: api["components"]["parameters"].update(
            limit={"name": "limit", "in": "query", "content": {"application/json": {}}}
        ),
        *("/components/parameters/limit/content", "content", OPEN, OPEN),
    ),
    "content where there was none": (
        lambda api: item(api)["put"]["responses"]["204"].update(content={"text/plain": {}}),
        *("/paths/~1orders~1{id}/put/responses/204/content/text~1plain", "media_type_added", FINE, BAD),
    ),
    "another address of a path": (
        lambda api: item(api).update(servers=[{"url": "/v2"}]),
        *("/paths/~1orders~1{id}/servers", "servers", OPEN, OPEN),
    ),
    "another address": (lambda api: api.update(servers=[{"url": "/v2"}]), "/servers", "servers", OPEN, OPEN),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_change_is_seen_and_told_from_both_sides(row: tuple[Callable[[Any], object], str, str, str, str]) -> None:
    change, *expected = row
    found = compared(API, changed(change))
    told = [[one.path, one.kind, one.consumer.value, one.producer.value] for one in found.differences]
    assert expected in told
    assert compared(API, API).count == 0


def test_what_had_to_be_sent_and_is_gone_is_missed_by_whoever_serves() -> None:
    def demand(api: Any) -> None:
        api["components"]["parameters"]["limit"]["required"] = True
        item(api)["put"]["requestBody"]["required"] = True

    def drop(api: Any) -> None:
        item(api)["get"].pop("parameters")
        item(api)["put"].pop("requestBody")

    for old, producer in ((API, FINE), (changed(demand), BAD)):
        told = {(one.kind, one.consumer.value, one.producer.value) for one in compared(old, changed(drop)).differences}
        assert told == {("parameter_removed", BAD, producer), ("body_removed", BAD, producer)}


def test_how_a_value_is_written_may_be_said_or_not() -> None:
    said = changed(lambda api: api["components"]["parameters"]["limit"].update(style="form", explode=True))
    assert compared(API, said).count == 0
    other = changed(lambda api: api["components"]["parameters"]["limit"].update(style="spaceDelimited"))
    assert {(one.kind, one.consumer.value) for one in compared(said, other).differences} == {
        ("style", OPEN),
        ("explode", OPEN),
    }


def test_without_paths_the_components_are_what_is_agreed_on() -> None:
    def parts(**named: Any) -> dict[str, Any]:
        return {"openapi": "3.1.0", "info": API["info"], "components": named}

    old = parts(schemas={"Id": {"type": "integer"}, "Old": TEXT}, headers={"ETag": {"schema": {"type": "integer"}}})
    new = parts(schemas={"Id": {"type": "number"}, "New": TEXT}, headers={"ETag": {"schema": {"type": "number"}}})
    told = {(one.path, one.kind, one.consumer.value, one.producer.value) for one in compared(old, new).differences}
    assert told == {
        ("/components/schemas/Id/type", "type", BAD, FINE),
        ("/components/schemas/Id/type", "type", FINE, BAD),
        ("/components/schemas/Old", "schema_removed", BAD, BAD),
        ("/components/schemas/New", "schema_added", FINE, FINE),
        ("/components/headers", "headers", OPEN, OPEN),
    }


def test_one_schema_in_a_request_and_in_an_answer_is_told_from_both() -> None:
    new = changed(lambda api: api["components"]["schemas"]["Order"]["properties"]["id"].update(type="number"))
    told = {(one.consumer.value, one.producer.value) for one in compared(API, new).differences}
    assert told == {(BAD, FINE), (FINE, BAD)}  # who reads answers may get 1.5; who reads requests too


def test_what_a_path_calls_its_parameter_changes_nothing() -> None:
    def rename(api: Any) -> None:
        api["paths"]["/orders/{order}"] = api["paths"].pop("/orders/{id}")
        api["paths"]["/orders/{order}"]["parameters"][0]["name"] = "order"

    assert compared(API, changed(rename)).count == 0
