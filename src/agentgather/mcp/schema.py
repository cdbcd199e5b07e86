"""JSON Schemas of tools, said shortly; and what is wrong with arguments that do not fit theirs."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ID_MAX = 2**53 - 1


def takes(*required: str, **fields: Json) -> Json:
    """The schema of a tool's arguments. What is not named here is refused: a misspelt argument would go unnoticed."""
    schema: Json = {"type": "object", "properties": fields, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return schema


def gives(*required: str, **fields: Json) -> Json:
    """The schema of a tool's answer, which may grow."""
    return {"type": "object", "properties": fields, "required": list(required)}


def or_a_no(answer: Json) -> Json:
    """The schema of what comes as an answer or as a no (`Trouble.to_json`) in its place.

    `isError` says that it is a no, to which no schema applies. Yet clients made with the TypeScript SDK hold it to the tool's,
    and what does not fit never reaches their model.
    """
    either = [{"required": answer["required"]}, {"required": ["ok", "error", "message"]}]
    return {**{name: part for name, part in answer.items() if name != "required"}, "anyOf": either}


def text(description: str = "", *, units_max: int | None = None, choices: tuple[str, ...] = ()) -> Json:
    schema: Json = {"type": "string"}
    if units_max is not None:
        schema["maxLength"] = units_max
    if choices:
        schema["enum"] = list(choices)
    return _told(schema, description)


def whole(description: str = "", *, least: int = 0, most: int = ID_MAX) -> Json:
    return _told({"type": "integer", "minimum": least, "maximum": most}, description)


def flag(description: str = "") -> Json:
    return _told({"type": "boolean"}, description)


def names(description: str = "", *, count_max: int = 32) -> Json:
    """One name, or a list of them."""
    one = {"type": "string", "maxLength": 70}
    return _told({"anyOf": [one, {"type": "array", "items": one, "maxItems": count_max}]}, description)


def some(items: Json, description: str = "", *, count_max: int | None = None) -> Json:
    schema: Json = {"type": "array", "items": items}
    if count_max is not None:
        schema["maxItems"] = count_max
    return _told(schema, description)


def anything(description: str = "") -> Json:
    """An object of any shape."""
    return _told({"type": "object"}, description)


def misfit(schema: Json, arguments: Json) -> tuple[str | None, str] | None:
    """The field and what is wrong with `arguments`; None when they fit."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    error = best_match(Draft202012Validator(schema).iter_errors(arguments))
    if error is None:
        return None
    field = str(error.absolute_path[0]) if error.absolute_path else None
    return field, error.message


def _told(schema: Json, description: str) -> Json:
    if description:
        schema["description"] = description
    return schema
