"""Contracts over a real daemon: versions, whom they break, and who knows of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms import RunningRoom

ORDER: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}
NARROWER: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


async def test_a_version_that_breaks_a_subscriber_calls_it_until_it_knows(room: RunningRoom) -> None:
    rev, doc = await room.invite("rev"), await room.invite("doc")
    first = await room.host.ask("POST", "/contracts/orders", json={"document": ORDER, "note": "the first"})
    assert first.status_code == 201
    assert (first.json()["contract"]["version"], first.json()["change"]) == (1, None)
    await rev.post("/contracts/orders/subscribe", {})
    told = await doc.post("/contracts/orders/subscribe", {"side": "producer"})
    assert told["contract"]["subscribers"] == [
        {"alias": "doc", "side": "producer"},
        {"alias": "rev", "side": "consumer"},
    ]

    wider = ORDER | {"properties": {**ORDER["properties"], "id": {"type": "number"}}}
    put = (await room.host.post("/contracts/orders", {"document": wider}))["contract"]
    assert (put["version"], put["change"]) == (2, {"consumer": "breaking", "producer": "compatible", "count": 1})
    assert put["pending"] == [{"version": 2, "aliases": ["rev"]}]
    record = (await rev.get("/messages"))["messages"][-1]
    assert record["mentions"] == ["rev"]
    assert record["event"]["kind"] == "contract.put"
    assert "properties" not in record["text"].replace("/properties/id/type", "")

    assert (await doc.post("/contracts/orders/ack", {"version": 2}))["contract"]["pending"] == put["pending"]
    assert (await rev.post("/contracts/orders/ack", {"version": 2}))["contract"]["pending"] == []
    last = (await rev.get("/messages"))["messages"][-1]
    assert (last["event"]["kind"], last["mentions"]) == ("contract.acknowledged", ["ops"])
    shown = await doc.get("/contracts/orders", version=2)
    assert shown["version"]["document"] == wider
    assert [one["alias"] for one in shown["version"]["acknowledged"]] == ["rev"]
    assert [one["version"] for one in shown["versions"]] == [2, 1]


async def test_the_same_document_twice_is_one_version(room: RunningRoom) -> None:
    await room.host.post("/contracts/orders", {"document": ORDER})
    turned = {"properties": dict(reversed(ORDER["properties"].items())), "type": "object"}
    again = await room.host.ask("POST", "/contracts/orders", json={"document": turned})
    assert again.status_code == 200
    assert (again.json()["idempotent"], again.json()["contract"]["version"]) == (True, 1)


async def test_any_two_versions_are_compared(room: RunningRoom) -> None:
    for document in (ORDER, NARROWER, ORDER):
        await room.host.post("/contracts/orders", {"document": document})
    newest = await room.host.get("/contracts/orders/diff")
    assert (newest["from"], newest["to"], newest["consumer"], newest["producer"]) == (2, 3, "breaking", "compatible")
    whole = await room.host.get("/contracts/orders/diff", **{"from": 1, "to": 3})
    assert (whole["count"], whole["differences"]) == (0, [])
    back = await room.host.get("/contracts/orders/diff", **{"from": 3, "to": 2})
    told = {(one["path"], one["kind"], one["consumer"], one["producer"]) for one in back["differences"]}
    assert ("/properties/id", "became_required", "compatible", "breaking") in told


async def test_a_base_version_guards_against_what_came_meanwhile(room: RunningRoom) -> None:
    await room.host.post("/contracts/orders", {"document": ORDER, "base_version": 0})
    refused = await room.host.ask("POST", "/contracts/orders", json={"document": NARROWER, "base_version": 0})
    assert (refused.status_code, refused.json()["error"], refused.json()["version"]) == (409, "contract_moved", 1)
    assert (await room.host.post("/contracts/orders", {"document": NARROWER, "base_version": 1}))["contract"][
        "version"
    ] == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/contracts/orders", {}, 400, "invalid_document"),
        ("/contracts/orders", {"document": {"type": "strnig"}}, 400, "invalid_document"),
        ("/contracts/orders", {"document": {"$ref": "https://elsewhere.example/s"}}, 400, "remote_reference"),
        ("/contracts/orders", {"document": {"enum": list(range(1_001))}}, 413, "document_too_large"),
        ("/contracts/orders", {"document": {"openapi": "3.0.0"}}, 400, "invalid_document"),
        ("/contracts/orders", {"document": {}, "format": "avro"}, 400, "invalid_format"),
        ("/contracts/orders", {"document": {}, "format": None}, 400, "invalid_format"),
        ("/contracts/orders", {"document": {}, "note": "x" * 501}, 400, "text_too_long"),
        ("/contracts/orders", {"document": {}, "base_version": -1}, 400, "invalid_version"),
        ("/contracts/Orders", {"document": {}}, 400, "invalid_contract_name"),
        ("/contracts/orders/ack", {"version": 1}, 404, "contract_not_found"),
        ("/contracts/known/ack", {"version": 2}, 404, "version_not_found"),
        ("/contracts/known/subscribe", {"side": "both"}, 400, "invalid_side"),
    ],
)
async def test_what_cannot_be_is_refused(
    room: RunningRoom, path: str, body: dict[str, object], status: int, code: str
) -> None:
    await room.host.post("/contracts/known", {"document": {}})
    refused = await room.host.ask("POST", path, json=body)
    assert (refused.status_code, refused.json()["error"]) == (status, code)


async def test_an_observer_reads_and_does_not_put(room: RunningRoom) -> None:
    eye = await room.invite("eye", role="observer")
    refused = await eye.ask("POST", "/contracts/orders", json={"document": {}})
    assert (refused.status_code, refused.json()["error"]) == (403, "read_only")
    assert (await eye.get("/contracts"))["contracts"] == []
