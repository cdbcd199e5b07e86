"""A document that may stand as a contract: JSON Schema 2020-12 or OpenAPI 3.1, sound, closed in itself, and bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agentgather.contracts.canonical import canonical, pointer
from agentgather.contracts.checking import check_api, check_schema, checking
from agentgather.contracts.references import NAMED, REFERENCES, VALUES, References, parts
from agentgather.contracts.unfit import Unfit

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Format(StrEnum):
    JSON_SCHEMA = "jsonschema"
    OPENAPI = "openapi"


@dataclass(frozen=True, slots=True)
class Document:
    """A sound document: its canonical `text`, the same as a value, and where its references lead."""

    format: Format
    text: str
    root: Any = field(repr=False)
    references: References = field(repr=False, compare=False)


def read_document(value: Any, *, format: Format) -> Document:
    """The document that `value` is. Raises Unfit."""
    root, text = canonical(value)
    document = Document(format, text, root, References(root))
    with checking():
        if format is Format.JSON_SCHEMA:
            _check_schema_document(root)
        else:
            _check_openapi_document(root)
    _check_references(document)
    return document


def kept_document(text: str, *, format: Format) -> Document:
    """The document of a text that `read_document` once gave: it is not checked again."""
    root = json.loads(text)
    return Document(format, text, root, References(root))


def guessed_format(value: Any) -> Format:
    """What a document says that it is."""
    return Format.OPENAPI if isinstance(value, dict) and "openapi" in value else Format.JSON_SCHEMA


def _check_schema_document(root: Any) -> None:
    if not isinstance(root, dict):
        raise Unfit("invalid_document", "a JSON Schema that is worth agreeing on is an object")
    _check_schema(root, place="")


def _check_openapi_document(root: Any) -> None:
    version = root.get("openapi") if isinstance(root, dict) else None
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise Unfit("invalid_document", 'an OpenAPI document says "openapi": "3.1.0", or another 3.1', path="/openapi")
    if root.get("jsonSchemaDialect", DIALECT) not in (DIALECT, "https://spec.openapis.org/oas/3.1/dialect/base"):
        raise Unfit("invalid_document", "only schemas of JSON Schema 2020-12 are understood", path="/jsonSchemaDialect")
    check_api(root)
    for schema, place in _schemas_of(root, "", is_named=False):
        _check_schema(schema, place=place)


def _check_schema(schema: Any, *, place: str) -> None:
    if isinstance(schema, dict) and schema.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        raise Unfit(
            "invalid_document", f"$schema is {DIALECT}; other drafts are not understood", path=place + "/$schema"
        )
    check_schema(schema, place=place)
    for inner, where in parts(schema, place, seen=set()):
        if where != place and isinstance(inner.get("$id"), str):
            raise Unfit("invalid_document", "only the whole document may have an $id", path=where + "/$id")


def _check_references(document: Document) -> None:
    """Every reference leads to a schema or an object within the document, and none only to itself."""
    seen: set[int] = set()
    found = list(parts(document.root, "", seen=seen))
    for value, place in found:
        for name in REFERENCES:
            reference = value.get(name)
            if not isinstance(reference, str):
                continue
            at = place + pointer(name)
            target, where = document.references.find(reference, at=at)
            if not isinstance(target, dict | bool):
                raise Unfit("invalid_document", f"the reference at {at} leads to something that is no object", path=at)
            if isinstance(target, dict):  # also one within an example: what it refers to will be looked for
                found += parts(target, where, seen=seen)
    _check_grounded(found, document.references)


def _check_grounded(found: list[tuple[dict[str, Any], str]], references: References) -> None:
    """Raise Unfit where a schema applies itself to the very same value: no validator would ever come to an end."""
    done: set[int] = set()
    for start, place in found:
        open_ids: set[int] = set()
        trail = [(start, iter(_applied(start, place, references)))]
        while trail:
            schema, rest = trail[-1]
            if id(schema) not in done:
                open_ids.add(id(schema))
                following = next(rest, None)
                if following is not None:
                    if id(following) in open_ids:
                        raise Unfit(
                            "invalid_document", f"the schema at {place or 'the top'} leads only to itself", path=place
                        )
                    trail.append((following, iter(_applied(following, place, references))))
                    continue
                done.add(id(schema))
            open_ids.discard(id(schema))
            trail.pop()


def _applied(schema: Mapping[str, Any], place: str, references: References) -> list[dict[str, Any]]:
    """The schemas that `schema` applies to the very value that it is applied to itself."""
    found = [references.find(schema[name], at=place)[0] for name in REFERENCES if isinstance(schema.get(name), str)]
    found += [schema[name] for name in ("not", "if", "then", "else") if name in schema]
    for name in ("allOf", "anyOf", "oneOf"):
        found += schema[name] if isinstance(schema.get(name), list) else []
    if isinstance(schema.get("dependentSchemas"), dict):
        found += schema["dependentSchemas"].values()
    return [inner for inner in found if isinstance(inner, dict)]


def _schemas_of(value: Any, place: str, *, is_named: bool) -> Iterator[tuple[Any, str]]:
    """The outermost schemas of an API, and their pointers."""
    if isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _schemas_of(inner, place + pointer(position), is_named=False)
    elif isinstance(value, dict):
        for name, inner in value.items():
            where = place + pointer(name)
            if place == "/components/schemas" or (name == "schema" and not is_named):
                yield inner, where
            elif is_named or name not in VALUES:
                yield from _schemas_of(inner, where, is_named=not is_named and name in NAMED)
