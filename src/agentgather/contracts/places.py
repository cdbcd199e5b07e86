"""A schema at its place in a document, and what can be said of it without looking at another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentgather.contracts.canonical import pointer
from agentgather.contracts.references import REFERENCES, References
from agentgather.contracts.shapes import Shapes

NULL, BOOLEAN, OBJECT, ARRAY, STRING = "null", "boolean", "object", "array", "string"
INTEGER, FRACTION = "integer", "fraction"  # a number is one of these: 2 and 2.0 are integers, 2.5 is a fraction
ALL_TYPES = frozenset({NULL, BOOLEAN, OBJECT, ARRAY, STRING, INTEGER, FRACTION})
NUMBERS = frozenset({INTEGER, FRACTION})

# What says nothing of which values are valid.
ANNOTATIONS = frozenset(
    {
        *("title", "description", "$comment", "default", "examples", "example", "deprecated", "readOnly", "writeOnly"),
        *("$schema", "$id", "$anchor", "$dynamicAnchor", "$defs", "definitions", "$vocabulary", "externalDocs", "xml"),
        "discriminator",
    }
)
ACCESS_KEYWORDS = ("readOnly", "writeOnly")
# What applies other schemas to the very same value.
APPLICATORS = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas"})
_LEADING = frozenset({*REFERENCES, "allOf"})
_HOPS_MAX = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A schema and the JSON pointer to it. `schema` is an object; True stands as {} and False as {"not": {}}."""

    schema: Mapping[str, Any]
    path: str
    references: References = field(repr=False)

    def member(self, *names: str | int) -> Place:
        """The schema that stands within this one, at these names."""
        inner: Any = self.schema
        for name in names:
            inner = inner[name]
        return place_of(inner, self.path + pointer(*names), self.references).settled()

    def members(self, name: str) -> dict[str, Place]:
        """The schemas that a keyword such as `properties` names."""
        return {inner: self.member(name, inner) for inner in mapping(self.schema.get(name))}

    def branches(self, name: str) -> list[Place]:
        return [self.member(name, position) for position in range(len(listed(self.schema.get(name))))]

    def settled(self) -> Place:
        """Where references lead that stand alone, and what an allOf of one holds. Each way is gone once."""
        known = self.references.settled
        place, passed = self, []
        for _ in range(_HOPS_MAX):
            if id(place.schema) in known:
                place = known[id(place.schema)]
                break
            following = place._following()
            if following is None:
                break
            passed.append(id(place.schema))
            place = following
        known.update(dict.fromkeys(passed, place))
        return place

    def _following(self) -> Place | None:
        if _LEADING.isdisjoint(self.schema) or len(self.constraints) != 1:
            return None
        (only,) = self.constraints
        if only in REFERENCES and isinstance(self.schema[only], str):
            return self.referred(only)
        if only == "allOf" and len(listed(self.schema["allOf"])) == 1:
            return place_of(self.schema["allOf"][0], self.path + "/allOf/0", self.references)
        return None

    def referred(self, name: str) -> Place:
        """Where the reference `name` of this schema leads."""
        target, path = self.references.find(str(self.schema[name]), at=self.path + pointer(name))
        return place_of(target, path, self.references)

    @property
    def constraints(self) -> set[str]:
        """The keywords that say which values are valid; those of others are not known to."""
        return {name for name in self.schema if name not in ANNOTATIONS and not name.startswith("x-")}

    @property
    def is_true(self) -> bool:
        return not self.constraints

    @property
    def is_false(self) -> bool:
        return self.schema is FALSE

    @property
    def has_applicators(self) -> bool:
        return not APPLICATORS.isdisjoint(self.schema)


FALSE: Mapping[str, Any] = {"not": {}}
_TRUE: Mapping[str, Any] = {}


def place_of(value: Any, path: str, references: References) -> Place:
    """The place of a schema. What is none, behind a reference into the blue, says nothing."""
    if value is False:
        return Place(FALSE, path, references)
    return Place(value if isinstance(value, dict) else _TRUE, path, references)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def words(value: Any) -> frozenset[str]:
    """The texts of a list; what is behind a reference into the blue may hold anything."""
    return frozenset(word for word in listed(value) if isinstance(word, str))


def declared_types(schema: Mapping[str, Any]) -> frozenset[str]:
    """The types that `type` lets in."""
    told = schema.get("type")
    if not isinstance(told, str | list):
        return ALL_TYPES
    found: set[str] = set()
    for name in [told] if isinstance(told, str) else words(told):
        found |= NUMBERS if name == "number" else {name}
    return frozenset(found) & ALL_TYPES


def type_of(value: Any) -> str:
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case str():
            return STRING
        case int():
            return INTEGER
        case float():
            return INTEGER if value.is_integer() else FRACTION
        case list():
            return ARRAY
        case _:
            return OBJECT


def values(schema: Mapping[str, Any], shapes: Shapes) -> dict[int, Any] | None:
    """The values that `enum`, `const` and a type of few values let in, by their shape; None when there is no end of them."""
    if id(schema) not in shapes.values:
        shapes.values[id(schema)] = _values(schema, shapes)
    return shapes.values[id(schema)]


def _values(schema: Mapping[str, Any], shapes: Shapes) -> dict[int, Any] | None:
    types = declared_types(schema)
    known: list[Any] | None = None
    if isinstance(schema.get("enum"), list):
        known = schema["enum"]
    if "const" in schema:
        const = shapes.of(schema["const"])
        known = [schema["const"]] if known is None or const in map(shapes.of, known) else []
    if known is None and types <= {NULL, BOOLEAN}:
        known = [None, True, False]
    if known is None:
        return None
    return {shapes.of(value): value for value in known if type_of(value) in types}


def types_of(place: Place, shapes: Shapes) -> frozenset[str]:
    """The types that values of this schema may have: never too few."""
    if place.is_false:
        return frozenset()
    schema = place.schema
    known = shapes.types.get(id(schema))
    if known is not None:
        return known
    shapes.types[id(schema)] = ALL_TYPES  # whoever comes back here while it is looked at is told all that may be
    few = values(schema, shapes)
    types = declared_types(schema) if few is None else frozenset(map(type_of, few.values()))
    for name in ("anyOf", "oneOf"):
        if listed(schema.get(name)):
            types &= frozenset().union(*(types_of(branch, shapes) for branch in place.branches(name)))
    shapes.types[id(schema)] = types
    return types
