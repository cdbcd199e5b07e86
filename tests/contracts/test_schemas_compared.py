"""What two JSON Schemas differ in, and whom that breaks: a row for each kind of change."""

from __future__ import annotations

from typing import Any

import pytest

from agentgather.contracts.compare import compare
from agentgather.contracts.difference import Comparison
from agentgather.contracts.document import Format, read_document

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "object", "properties": properties}
    return described | ({"required": list(required)} if required else {})


def compared(old: Any, new: Any) -> Comparison:
    return compare(read_document(old, format=Format.JSON_SCHEMA), read_document(new, format=Format.JSON_SCHEMA))


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"additionalProperties": False}


NODE = {"$ref": "#/$defs/node", "$defs": {"node": thing(next={"$ref": "#/$defs/node"}, held=WHOLE)}}
NODE_OF_TEXT = {"$ref": "#/$defs/node", "$defs": {"node": thing(next={"$ref": "#/$defs/node"}, held=TEXT)}}
CAT, DOG = thing("kind", kind={"const": "cat"}), thing("kind", kind={"const": "dog"})
FINE, BAD, OPEN = "compatible", "breaking", "unknown"

# old, new, path, kind, consumer, producer
ROWS: dict[str, tuple[Any, Any, str, str, str, str]] = {
    "a property more": (thing(a=TEXT), thing(a=TEXT, b=WHOLE), "/properties/b", "property_added", FINE, FINE),
    "a required property more": (
        *(thing(a=TEXT), thing("b", a=TEXT, b=WHOLE)),
        *("/properties/b", "required_property_added", FINE, BAD),
    ),
    "a property more where none was let in": (
        *(closed(thing(a=TEXT)), closed(thing(a=TEXT, b=WHOLE))),
        *("/properties/b", "property_added", BAD, FINE),
    ),
    "a property more where anything was let in": (
        *(thing(a=TEXT) | {"additionalProperties": True}, thing(a=TEXT, b=WHOLE) | {"additionalProperties": True}),
        *("/properties/b", "property_added", FINE, BAD),
    ),
    "a property less": (thing(a=TEXT, b=WHOLE), thing(a=TEXT), "/properties/b", "property_removed", BAD, FINE),
    "a property less where none is let in": (
        *(closed(thing(a=TEXT, b=WHOLE)), closed(thing(a=TEXT))),
        *("/properties/b", "property_removed", BAD, BAD),
    ),
    "became required": (thing(a=TEXT), thing("a", a=TEXT), "/properties/a", "became_required", FINE, BAD),
    "became optional": (thing("a", a=TEXT), thing(a=TEXT), "/properties/a", "became_optional", BAD, FINE),
    "a whole number became a number": (
        thing(a=WHOLE),
        thing(a={"type": "number"}),
        "/properties/a/type",
        "type",
        BAD,
        FINE,
    ),
    "a number became whole": (thing(a={"type": "number"}), thing(a=WHOLE), "/properties/a/type", "type", FINE, BAD),
    "another type": (thing(a=TEXT), thing(a=WHOLE), "/properties/a/type", "type", BAD, BAD),
    "null by a list of types": (
        *(thing(a=TEXT), thing(a={"type": ["string", "null"]})),
        *("/properties/a/type", "nullability", BAD, FINE),
    ),
    "null by anyOf": (
        *(thing(a=TEXT), thing(a={"anyOf": [TEXT, {"type": "null"}]})),
        *("/properties/a/anyOf/1", "branch_added", BAD, FINE),
    ),
    "no null any more": (
        thing(a={"type": ["string", "null"]}),
        thing(a=TEXT),
        "/properties/a/type",
        "nullability",
        FINE,
        BAD,
    ),
    "an enum narrowed": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "/enum", "enum_narrowed", FINE, BAD),
    "an enum widened": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "/enum", "enum_widened", BAD, FINE),
    "another const": ({"const": 1}, {"const": True}, "/const", "const_changed", BAD, BAD),
    "a range narrowed": ({"minimum": 1}, {"exclusiveMinimum": 1}, "/exclusiveMinimum", "minimum", FINE, BAD),
    "a range widened": ({"maximum": 10}, {"maximum": 11}, "/maximum", "maximum", BAD, FINE),
    "a coarser multiple": ({"multipleOf": 0.1}, {"multipleOf": 0.3}, "/multipleOf", "multipleOf", FINE, BAD),
    "a shorter text": ({"maxLength": 10}, {"maxLength": 9}, "/maxLength", "maxLength", FINE, BAD),
    "a pattern came": (TEXT, TEXT | {"pattern": "^a"}, "/pattern", "pattern", FINE, BAD),
    "another pattern": (TEXT | {"pattern": "^b"}, TEXT | {"pattern": "^a"}, "/pattern", "pattern", OPEN, OPEN),
    "a format came": (TEXT, TEXT | {"format": "date"}, "/format", "format", FINE, BAD),
    "another format of a number": (
        *(WHOLE | {"format": "int32"}, WHOLE | {"format": "int64"}),
        *("/format", "format", OPEN, OPEN),
    ),
    "a number has no format any more": (WHOLE | {"format": "int32"}, WHOLE, "/format", "format", BAD, FINE),
    "a property is described that had to be there": (
        *(thing("a", b=TEXT), thing("a", b=TEXT, a=TEXT)),
        *("/properties/a", "property_added", FINE, BAD),
    ),
    "a property that had to be there is let in no more": (
        *(thing("a", b=TEXT), closed(thing(b=TEXT))),
        *("/additionalProperties", "additionalProperties", FINE, BAD),
    ),
    "read only, and nothing else is said": (
        *(thing(a={}), thing(a={"readOnly": True})),
        *("/properties/a/readOnly", "readOnly", OPEN, OPEN),
    ),
    "read only, of a choice": (
        *(thing(a={"anyOf": [TEXT, WHOLE]}), thing(a={"anyOf": [TEXT, WHOLE], "readOnly": True})),
        *("/properties/a/readOnly", "readOnly", OPEN, OPEN),
    ),
    "read only, beside a reference": (
        *(thing(a={"$ref": "#/$defs/x"}) | {"$defs": {"x": TEXT}},),
        *(thing(a={"$ref": "#/$defs/x", "readOnly": True}) | {"$defs": {"x": TEXT}},),
        *("/properties/a/readOnly", "readOnly", OPEN, OPEN),
    ),
    "what tells the branches of a choice apart": (
        {"anyOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
        {"anyOf": [CAT, DOG], "discriminator": {"propertyName": "name"}},
        *("/discriminator", "discriminator", OPEN, OPEN),
    ),
    "what a text holds, behind a reference": (
        TEXT | {"contentSchema": {"$ref": "#/$defs/x"}, "$defs": {"x": TEXT}},
        TEXT | {"contentSchema": {"$ref": "#/$defs/x"}, "$defs": {"x": WHOLE}},
        *("/contentSchema", "contentSchema", OPEN, OPEN),
    ),
    "other items": ({"items": TEXT}, {"items": WHOLE}, "/items/type", "type", BAD, BAD),
    "another item of a tuple": (
        *({"prefixItems": [TEXT, WHOLE]}, {"prefixItems": [TEXT, {"type": "number"}]}),
        *("/prefixItems/1/type", "type", BAD, FINE),
    ),
    "fewer items": ({"maxItems": 3}, {"maxItems": 2}, "/maxItems", "maxItems", FINE, BAD),
    "items that have to differ": (
        {"items": TEXT},
        {"items": TEXT, "uniqueItems": True},
        "/uniqueItems",
        "uniqueItems",
        FINE,
        BAD,
    ),
    "an item that has to be there": (
        {"items": TEXT},
        {"items": TEXT, "contains": {"const": "a"}},
        "/contains",
        "contains",
        FINE,
        BAD,
    ),
    "another item that has to be there": ({"contains": TEXT}, {"contains": WHOLE}, "/contains", "contains", OPEN, OPEN),
    "fewer properties": (
        thing(a=TEXT),
        thing(a=TEXT) | {"maxProperties": 3},
        "/maxProperties",
        "maxProperties",
        FINE,
        BAD,
    ),
    "shorter names": (
        *({"propertyNames": {"maxLength": 3}}, {"propertyNames": {"maxLength": 2}}),
        *("/propertyNames/maxLength", "maxLength", FINE, BAD),
    ),
    "one that needs another": (
        *(thing(a=TEXT, b=TEXT), thing(a=TEXT, b=TEXT) | {"dependentRequired": {"a": ["b"]}}),
        *("/dependentRequired", "dependentRequired", FINE, BAD),
    ),
    "more asked of properties of a pattern": (
        *({"patternProperties": {"^a": {}}}, {"patternProperties": {"^a": TEXT}}),
        *("/patternProperties/^a/type", "type", FINE, BAD),
    ),
    "another way of writing": (
        TEXT,
        TEXT | {"contentEncoding": "base64"},
        "/contentEncoding",
        "contentEncoding",
        OPEN,
        OPEN,
    ),
    "nothing beside, any more": (
        *({"additionalProperties": {}}, {"additionalProperties": False}),
        *("/additionalProperties", "closed", FINE, BAD),
    ),
    "other things beside": (
        *({"additionalProperties": WHOLE}, {"additionalProperties": TEXT}),
        *("/additionalProperties/type", "type", BAD, BAD),
    ),
    "a branch less": ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT]}, "/anyOf/1", "branch_removed", FINE, BAD),
    "a branch of whole numbers became one of numbers": (
        *({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT, {"type": "number"}]}),
        *("/anyOf/1/type", "type", BAD, FINE),
    ),
    "a branch of a oneOf that excludes the others": (
        *({"oneOf": [CAT]}, {"oneOf": [DOG, CAT]}),
        *("/oneOf/0", "branch_added", BAD, FINE),
    ),
    "a branch of a oneOf that may overlap": (
        *({"oneOf": [thing(a=TEXT), thing(b=TEXT)]}, {"oneOf": [thing(a=TEXT), thing(b=TEXT), thing(c=TEXT)]}),
        *("/oneOf/2", "branch_added", BAD, OPEN),
    ),
    "one more that must hold": (
        *({"allOf": [{"minimum": 1}, WHOLE]}, {"allOf": [{"minimum": 1}, WHOLE, {"maximum": 9}]}),
        *("/allOf/2", "part_added", FINE, BAD),
    ),
    "behind a reference, in a circle": (NODE, NODE_OF_TEXT, "/$defs/node/properties/held/type", "type", BAD, BAD),
    "behind an anchor": (
        *(thing(a={"$ref": "#id"}) | {"$defs": {"x": WHOLE | {"$anchor": "id"}}},),
        *(thing(a={"$ref": "#id"}) | {"$defs": {"x": TEXT | {"$anchor": "id"}}},),
        *("/$defs/x/type", "type", BAD, BAD),
    ),
    "nothing is valid any more": (thing(a={}), thing(a=False), "/properties/a", "closed", FINE, BAD),
    "not": ({"not": TEXT}, {"not": WHOLE}, "/not", "not", OPEN, OPEN),
    "what if": (
        *({"if": {"const": 1}, "then": WHOLE, "else": TEXT}, {"if": {"const": 1}, "then": WHOLE, "else": WHOLE}),
        *("/else", "else", OPEN, OPEN),
    ),
    "a name that is hard to point at": (
        *(thing(**{"a/b~c": TEXT}), thing(**{"a/b~c": WHOLE})),
        *("/properties/a~1b~0c/type", "type", BAD, BAD),
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_change_is_seen_and_told_from_both_sides(row: tuple[Any, Any, str, str, str, str]) -> None:
    old, new, path, kind, consumer, producer = row
    found = compared(old, new)
    told = [(one.path, one.kind, one.consumer.value, one.producer.value) for one in found.differences]
    assert (path, kind, consumer, producer) in told
    assert compared(old, old).count == compared(new, new).count == 0


def test_moving_a_schema_to_defs_changes_nothing() -> None:
    found = compared(thing(a=thing(b=TEXT)), thing(a={"$ref": "#/$defs/inner"}) | {"$defs": {"inner": thing(b=TEXT)}})
    assert found.count == 0


def test_words_for_people_change_nothing() -> None:
    assert compared(TEXT | {"title": "Name", "x-order": 1}, TEXT | {"description": "what it is called"}).count == 0


def test_a_change_beside_what_says_how_a_value_is_read_is_told_alone() -> None:
    said = {"xml": {"name": "cat"}, "discriminator": {"propertyName": "kind"}}
    assert not compared(CAT | said, CAT | said | {"title": "A cat"}).differences
    found = compared(thing(a=TEXT) | said, thing(a=TEXT, b=TEXT) | said)
    assert [one.kind for one in found.differences] == ["property_added"]


def test_a_schema_that_is_added_to_by_allOf_breaks_nobody_who_reads_it() -> None:
    base = {"$defs": {"base": thing("a", a=TEXT)}}
    old = thing(held={"$ref": "#/$defs/base"}) | base
    new = thing(held={"allOf": [{"$ref": "#/$defs/base"}, thing("b", b=TEXT)]}) | base
    (more,) = compared(old, new).differences
    assert (more.kind, more.consumer.value, more.producer.value) == ("part_added", FINE, BAD)
    (less,) = compared(new, old).differences
    assert (less.kind, less.consumer.value, less.producer.value) == ("part_removed", BAD, FINE)
    assert not compared(thing(held={}), thing(held={"allOf": [TEXT, WHOLE]})).consumer.breaks


def test_what_cannot_be_told_counts_as_breaking() -> None:
    found = compared({"not": TEXT}, {"not": WHOLE})
    assert found.consumer.breaks
    assert found.producer.breaks
