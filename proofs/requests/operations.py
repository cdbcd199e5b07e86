"""What our own API document offers, as the material of mutants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from agentgather.http.openapi import openapi_document

Json = dict[str, Any]
# They end the room, or never end: a room that is closed has nothing behind its front door. Guests and strangers try them.
LAST = frozenset({"/close", "/extend"})
HEAVY = frozenset(
    {"/export", "/export/parts", "/log", "/transcript.html", "/openapi.json", "/card"}
)  # tried less often
ALIASES = ("rev", *(f"x{number}" for number in range(50)))  # of nobody whose token a mutant has


@dataclass(frozen=True)
class Field:
    """A parameter or a property, and how one looks that is right."""

    name: bytes
    schema: Json

    def right(self, random: Random) -> Any:
        return _right(self.schema, random)


@dataclass(frozen=True)
class Operation:
    method: bytes
    pieces: tuple[bytes, ...]  # of the path, between its parameters
    query: tuple[Field, ...]
    body: tuple[Field, ...] | None  # None where there is no body
    is_last: bool
    is_held: bool

    @property
    def has_parameter(self) -> bool:
        return len(self.pieces) > 1


@cache
def operations() -> tuple[Operation, ...]:
    """All of them, those that are light several times: a choice among them is a choice by weight."""
    return tuple(_operations(json.loads(openapi_document())))


def _operations(document: Json) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            pieces = [piece.partition("}")[2] if "}" in piece else piece for piece in path.split("{")]
            query = [
                Field(one["name"].encode(), one["schema"]) for one in told.get("parameters", []) if one["in"] == "query"
            ]
            body = None
            if "requestBody" in told:
                schema = told["requestBody"]["content"]["application/json"]["schema"]
                schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
                body = tuple(Field(name.encode(), each) for name, each in schema.get("properties", {}).items())
            one = Operation(
                method.upper().encode(),
                tuple(piece.encode() for piece in pieces),
                tuple(query),
                body,
                is_last=path in LAST,
                is_held=path in ("/wait", "/events"),
            )
            yield from [one] * (1 if path in HEAVY or path in LAST else 6 if body else 4)


def _right(schema: Json, random: Random) -> Any:
    if "examples" in schema and random.random() < 0.5:
        return random.choice(schema["examples"])
    if "enum" in schema:
        return random.choice(schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = random.choice(kind)
    match kind:
        case "integer" | "number":
            return schema.get("minimum", 0) + random.randrange(20)
        case "boolean":
            return random.random() < 0.5
        case "array":
            return [_right(schema.get("items", {}), random) for _ in range(random.randrange(3))]
        case "object":
            return {"a": random.randrange(9)}
        case "string" if "pattern" in schema:
            return random.choice(ALIASES)
        case "null":
            return None
        case _:
            return random.choice(
                ("hello", "see #2", "@rev look", "one two three", "ünïcödé \u2028", "x" * random.randrange(200))
            )
