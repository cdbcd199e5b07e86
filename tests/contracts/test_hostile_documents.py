"""Documents that mean harm: each is refused with its code, or looked at within the steps that a comparison has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from agentgather.contracts.checking import check_schema, checking
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


def api(**parts: Any) -> Any:
    return read_document({"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, **parts}, format=Format.OPENAPI)


def crossed(side: str) -> dict[str, Any]:
    """Twenty schemas, of which the root pairs each with each; what they hold is at the end of sixty references."""
    there = {f"c{n}": {"$ref": f"#/$defs/c{n + 1}"} for n in range(60)} | {"c60": {"type": "string"}}
    place: Callable[[int], int] = (lambda n: n % 20) if side == "old" else (lambda n: n // 20)
    properties = {f"{n:x}": {"$ref": "#/$defs/c0"} for n in range(50)}
    nodes = {f"n{n}": {"required": [side], "patternProperties": properties} for n in range(20)}
    return {
        "properties": {f"{n:x}": {"$ref": f"#/$defs/n{place(n)}"} for n in range(400)},
        "$defs": there | nodes,
    }


def calls(do: Callable[[], object]) -> int:
    """How many calls of functions `do` comes to; whatever else a machine is busy with."""
    count = 0

    def note(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        do()
    except Unfit:
        pass
    finally:
        sys.setprofile(None)
    return count


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
    "elsewhere, from within an example": (
        {"properties": {"a": {"$ref": "#/examples/0"}}, "examples": [{"$ref": "https://elsewhere.example/"}]},
        "remote_reference",
    ),
    "nowhere, from within an example of an example": (
        {"$ref": "#/default", "default": {"items": {"$ref": "#/examples/0"}}, "examples": [{"$ref": "#/nothing"}]},
        "invalid_document",
    ),
    "itself, within an example": (
        {"$ref": "#/default", "default": {"items": {"$ref": "#/default/items"}}},
        "invalid_document",
    ),
    "an id within": ({"properties": {"a": {"$id": "https://elsewhere.example/"}}}, "invalid_document"),
    "another draft": ({"$schema": "http://json-schema.org/draft-07/schema#"}, "invalid_document"),
    "no schema": ({"type": [{}] * 900}, "invalid_document"),
    "no schema, of a thousand parts that cannot be sorted": (
        {"type": [{"a": n} for n in range(1_000)]},
        "invalid_document",
    ),
    "more schemas than anybody needs": ({"allOf": [{"allOf": [{}] * 1_000}] * 15}, "too_complex"),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused(row: tuple[Any, str]) -> None:
    document, code = row
    with pytest.raises(Unfit) as refused:
        schema(document)
    assert refused.value.code == code


@pytest.mark.parametrize("reference", ["https://elsewhere.example/", "#/nothing"])
def test_no_answer_of_an_api_hides_a_reference(reference: str) -> None:
    """Were it kept, no later version could be compared with it."""
    answer = {"description": "it", "content": {"application/json": {"schema": {"$ref": reference}}}}
    for paths in (
        {"/a": {"get": {"responses": {"default": answer}}}},
        {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/default"}}}}},
    ):
        with pytest.raises(Unfit):
            api(paths=paths, components={"responses": {"default": answer}})


@pytest.mark.parametrize("keyword", ["not", "contains", "unevaluatedProperties"])
def test_what_looks_like_a_reference_in_a_value_is_none(keyword: str) -> None:
    old = {keyword: {"const": {"$ref": "nowhere"}}, "allOf": [{}, {}]}
    assert compare(schema(old), schema(old | {"required": ["a"]})).producer.breaks


@pytest.mark.parametrize(
    "held",
    [
        *({"type": [{}]}, {"type": 5}, {"required": [{}]}, {"properties": {"a": 5}}, {"enum": 5}, {"minimum": "a"}),
        *({"dependentRequired": {"a": [{}]}}, {"anyOf": {"a": 1}}, {"pattern": []}, {"allOf": [5]}, {"multipleOf": 0}),
        {"oneOf": [{"type": "object", "properties": {"a": {}}, "required": [{}]}] * 2},
    ],
    ids=str,
)
def test_what_a_reference_finds_in_an_example_need_be_no_schema(held: dict[str, Any]) -> None:
    old, new = ({"$ref": "#/default", "default": one} for one in (held, {"type": "object", "minimum": 1}))
    for one, other in ((old, new), (new, old), (old, old)):
        compare(schema(one), schema(other))


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


@pytest.mark.parametrize(
    "look",
    [
        lambda: schema({"type": [{"a": n} for n in range(1_000)]}),
        lambda: api(components={"schemas": {f"{n:x}": {} for n in range(5_800)}}),
        lambda: compare(schema(crossed("old")), schema(crossed("new"))),
    ],
    ids=["not to be sorted", "components", "references"],
)
def test_no_document_is_more_than_some_tenths_of_a_second_of_work(look: Callable[[], object]) -> None:
    """A million calls are that."""
    schema({})
    api(paths={})
    assert calls(look) < 2_000_000


def test_what_is_a_schema_is_what_the_meta_schema_says() -> None:
    """The form it is checked in is ours, and says the same of every keyword and value."""
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    values: list[Any] = [None, True, -1, 0, 2.5, "object", "a#", [], ["object"], ["a", "a"], [1], [{}], [True], {}]
    values += [{"a": True}, {"a": {"type": 1}}, {"a": ["b"]}, {"a": ["b", "b"]}, {"a": 1}, {"not": {"minLength": -1}}]
    uris = [uri for uri in REGISTRY if "draft/2020-12/" in uri]
    keywords = {name for uri in uris for name in REGISTRY.contents(uri).get("properties", {})}
    assert {"minLength", "dependencies", "unevaluatedItems"} < keywords
    for keyword in sorted(keywords - {"$schema", "$ref", "$dynamicRef"}):
        for value in values:
            with checking():
                assert is_fit({keyword: value}) == meta.is_valid({keyword: value}), (keyword, value)


def is_fit(value: Any) -> bool:
    try:
        check_schema(value, place="")
    except Unfit:
        return False
    return True
