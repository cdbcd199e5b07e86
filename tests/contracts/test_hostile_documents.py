"""Documents that mean harm: each is refused with its code, or looked at within the steps that a comparison has."""

from __future__ import annotations

from typing import Any

import pytest

from agentgather.contracts.compare import compare
from agentgather.contracts.document import Format, read_document
from agentgather.contracts.limits import STEPS_MAX
from agentgather.contracts.unfit import Unfit


def schema(value: Any) -> Any:
    return read_document(value, format=Format.JSON_SCHEMA)


def nested(depth: int, *, keyword: str) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {keyword: inner}
    return inner


def doubling(levels: int) -> dict[str, Any]:
    """Each definition applies the next one twice: 2 to the power of `levels` when it is written out."""
    twice = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": twice | {f"d{levels}": {"type": "string"}}}


REFUSED: dict[str, tuple[Any, str]] = {
    "nested deep": (nested(60, keyword="not"), "document_too_large"),
    "a list without end": ({"enum": list(range(1_001))}, "document_too_large"),
    "a text without end": ({"title": "x" * 60_000}, "document_too_large"),
    "a number without end": ({"minimum": 1e400}, "invalid_document"),
    "half a character": ({"title": "\ud800"}, "invalid_document"),
    "elsewhere": ({"$ref": "https://elsewhere.example/schema.json"}, "remote_reference"),
    "a file": ({"$ref": "file:///etc/passwd"}, "remote_reference"),
    "beside it": ({"properties": {"a": {"$ref": "other.json#/a"}}}, "remote_reference"),
    "nowhere": ({"$ref": "#/$defs/nothing"}, "invalid_document"),
    "behind the end of a list": ({"allOf": [{}], "not": {"$ref": "#/allOf/0000000001"}}, "invalid_document"),
    "a place of 5,000 digits": ({"allOf": [{}], "not": {"$ref": "#/allOf/" + "0" * 5_000}}, "invalid_document"),
    "itself": ({"$ref": "#"}, "invalid_document"),
    "itself, by a way round": (
        {"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"not": {"$ref": "#"}}}},
        "invalid_document",
    ),
    "an id within": ({"properties": {"a": {"$id": "https://elsewhere.example/"}}}, "invalid_document"),
    "another draft": ({"$schema": "http://json-schema.org/draft-07/schema#"}, "invalid_document"),
    "no schema": ({"type": [{}] * 900}, "invalid_document"),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused(row: tuple[Any, str]) -> None:
    document, code = row
    with pytest.raises(Unfit) as refused:
        schema(document)
    assert refused.value.code == code


def test_an_exponential_document_is_looked_at_once_in_each_place() -> None:
    old, new = schema(doubling(100)), schema(doubling(100) | {"title": "another"})
    assert compare(old, new).count == 0


def test_a_pattern_of_theirs_is_never_run() -> None:
    slow = {"patternProperties": {"(a+)+$": {}}, "properties": {"a" * 60 + "!": {"pattern": "(a+)+$"}}}
    compare(schema(slow), schema(slow | {"required": ["a"]}))


def test_a_comparison_ends_after_its_steps() -> None:
    """Each of two recursive schemas reaches every place of the other in every pairing: a product of places."""
    old, new = (schema(_ring(count)) for count in (211, 223))
    assert STEPS_MAX < 211 * 223
    with pytest.raises(Unfit) as refused:
        compare(old, new)
    assert refused.value.code == "too_complex"


def _ring(count: int) -> dict[str, Any]:
    ring = {
        f"n{n}": {
            "type": "object",
            "properties": {"next": {"$ref": f"#/$defs/n{(n + 1) % count}"}},
            "required": ["next"],
        }
        for n in range(count)
    }
    return {"$ref": "#/$defs/n0", "$defs": ring}


def test_many_branches_that_may_overlap_are_not_compared_each_with_each() -> None:
    branches = [{"type": "object", "properties": {f"p{n}": {"type": "string"}}} for n in range(200)]
    old, new = schema({"oneOf": branches}), schema({"oneOf": branches[::-1]})
    assert compare(old, new).count == 0
