"""Whatever a comparison calls compatible is: pairs of schemas made up, and instances that would show it to be untrue."""

from __future__ import annotations

import json
import os
from itertools import product
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agentgather.contracts.compare import compare
from agentgather.contracts.difference import Side
from agentgather.contracts.document import Document, Format, read_document
from agentgather.contracts.places import ANNOTATIONS, APPLICATORS
from agentgather.contracts.unfit import Unfit

NAMES = ("a", "b", "c")
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 3, 1.5, -1, "", "a", "ab", "abc", "2026-01-01"])
_FEW = (1, "ab", None, {"a": 1}, [1.5])
INSTANCES: list[Any] = [
    *(None, True, False, 0, 1, 2, 3, 1.5, -1, "", "a", "ab", "abc"),
    *([], [1], [1, 1], ["a", None], [{}, {"a": 1}], [[], [2]], [1, "a", {"b": 2}]),
    *(
        {name: value for name, value in zip(NAMES, held, strict=True) if value != "absent"}
        for held in product(("absent", *_FEW), repeat=3)
    ),
]
TYPES = ("null", "boolean", "object", "array", "string", "integer", "number")


def some(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


SCALAR_SCHEMAS = some(
    type=st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
    enum=st.lists(SCALARS, min_size=1, max_size=3),
    const=SCALARS,
    minimum=st.integers(-1, 3),
    exclusiveMinimum=st.integers(-1, 3),
    maximum=st.integers(-1, 3),
    exclusiveMaximum=st.integers(-1, 3),
    multipleOf=st.integers(1, 3),
    minLength=st.integers(0, 3),
    maxLength=st.integers(0, 3),
    pattern=st.sampled_from(["a", "^b", "c$"]),
)
REFERENCES = st.sampled_from([{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/y"}, {"$ref": "#"}])


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    branches = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    objects = some(
        type=st.just("object"),
        properties=named,
        required=st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
        additionalProperties=inner,
        unevaluatedProperties=inner,
        patternProperties=st.dictionaries(st.sampled_from(["a", "^b"]), inner, max_size=2),
        propertyNames=st.sampled_from([{"maxLength": 1}, {"enum": ["a", "b"]}, True]),
        minProperties=st.integers(0, 2),
        maxProperties=st.integers(0, 3),
        dependentRequired=st.dictionaries(st.sampled_from(NAMES), st.just(["b"]), max_size=1),
        dependentSchemas=st.dictionaries(st.sampled_from(NAMES), inner, max_size=1),
    )
    arrays = some(
        type=st.just("array"),
        items=inner,
        prefixItems=branches,
        minItems=st.integers(0, 2),
        maxItems=st.integers(0, 3),
        uniqueItems=st.booleans(),
        contains=inner,
        minContains=st.integers(0, 2),
        maxContains=st.integers(1, 2),
    )
    made = some(allOf=branches, anyOf=branches, oneOf=branches) | st.one_of(
        st.fixed_dictionaries({"allOf": branches}),
        st.fixed_dictionaries({"anyOf": branches}),
        st.fixed_dictionaries({"oneOf": branches}),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"if": inner, "then": inner}),
    )
    simple_objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": named},
        optional={"required": st.just(["a"]), "additionalProperties": inner},
    )
    mixed = st.tuples(objects, made).map(lambda two: two[0] | two[1])
    return simple_objects | objects | arrays | made | mixed


SCHEMAS = st.recursive(SCALAR_SCHEMAS | st.booleans() | REFERENCES, larger, max_leaves=8)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    root = draw(SCHEMAS.filter(lambda schema: isinstance(schema, dict)))
    return {**root, "$defs": {"x": draw(SCHEMAS), "y": draw(SCALAR_SCHEMAS)}}


@st.composite
def changed(draw: st.DrawFn, schema: Any) -> Any:
    """`schema` with something in it replaced: neighbours are where a comparison is most likely to be wrong."""
    if not isinstance(schema, dict | list) or not schema or draw(st.integers(0, 5)) == 0:
        return draw(SCHEMAS) if isinstance(schema, dict | bool) else schema
    copy = json.loads(json.dumps(schema))
    if isinstance(copy, list):
        place = draw(st.integers(0, len(copy) - 1))
        copy[place] = draw(changed(copy[place]))
        return copy
    name = draw(st.sampled_from(sorted(copy)))
    other = draw(SCHEMAS)
    match draw(st.integers(0, 3)):
        case 0 if name != "$defs":
            del copy[name]
        case 1 if isinstance(other, dict):
            copy = other | copy
        case _:
            copy[name] = draw(changed(copy[name]))
    return copy


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Document, Document]:
    old = draw(documents())
    new = draw(changed(old)) if draw(st.integers(0, 5)) else draw(documents())
    assume(new != old)
    try:
        return read_document(old, format=Format.JSON_SCHEMA), read_document(new, format=Format.JSON_SCHEMA)
    except Unfit:
        assume(False)
        raise AssertionError from None


def as_written(document: Document) -> Any:
    """The schema as whoever writes by it is taken to read it: beside the properties it describes they write none but
    those that it demands.

    That is what docs/contracts.md takes for granted ("What a writer writes"). Where several schemas apply to one value
    nothing is taken for granted; what is referred to from there is kept beside, as it was.
    """
    root = {"$defs": {}} | json.loads(document.text)
    kept = {f"{name}-open": _opened(inner) for name, inner in root["$defs"].items()}
    kept["open"] = _opened({name: inner for name, inner in root.items() if name != "$defs"})
    for inner in (root, *root["$defs"].values()):
        _close(inner)
    root["$defs"] |= kept
    return root


def _opened(value: Any) -> Any:
    """`value` with all its references leading to what was not closed."""
    if isinstance(value, list):
        return [_opened(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    opened = {name: _opened(inner) for name, inner in value.items()}
    if isinstance(value.get("$ref"), str):
        opened["$ref"] = "#/$defs/open" if value["$ref"] == "#" else value["$ref"] + "-open"
    return opened


def _close(schema: Any) -> None:
    if not isinstance(schema, dict):
        return
    told = schema.keys() - ANNOTATIONS
    rest = ("additionalProperties", "unevaluatedProperties")
    if schema.get("properties") and APPLICATORS.isdisjoint(schema) and schema.keys().isdisjoint(rest):
        schema["additionalProperties"] = False
        demanded = [
            *schema.get("required", ()),
            *(one for some in schema.get("dependentRequired", {}).values() for one in some),
        ]
        schema["properties"] = dict.fromkeys(demanded, True) | schema["properties"]
    for inner in schema.get("properties", {}).values():
        _close(inner)
    for name in ("items", *rest):
        _close(schema.get(name))
    for inner in schema.get("prefixItems", []):
        _close(inner)
    if (
        told == {"anyOf"}
        or (told == {"allOf"} and len(schema["allOf"]) == 1)
        or (told == {"oneOf"} and _are_apart(schema))
    ):
        for inner in schema[next(iter(told))]:
            _close(inner)
    elif told != {"$ref"}:
        for name in (*APPLICATORS, "then", "else", "contains", "propertyNames", "patternProperties"):
            if name == "$ref" and name in schema:
                schema |= _opened({"$ref": schema["$ref"]})
            elif name in schema:
                schema[name] = _opened(schema[name])


def _are_apart(schema: dict[str, Any]) -> bool:
    """Whether at most one branch of a oneOf can be of an object: which is closed then, and excludes no other."""
    return sum(not isinstance(one, dict) or one.get("type", "object") == "object" for one in schema["oneOf"]) <= 1


@settings(
    max_examples=int(os.environ.get("CONTRACT_PAIRS", "150")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(pairs())
def test_what_is_called_compatible_never_breaks(pair: tuple[Document, Document]) -> None:
    old, new = pair
    found = compare(old, new)
    for side, writer, reader in ((Side.CONSUMER, new, old), (Side.PRODUCER, old, new)):
        if not found.verdict(side).breaks:
            written, read = Draft202012Validator(as_written(writer)), Draft202012Validator(reader.root)
            for instance in INSTANCES:
                assert not written.is_valid(instance) or read.is_valid(instance), (side, instance)
