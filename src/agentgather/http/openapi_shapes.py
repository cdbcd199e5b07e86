"""The words the OpenAPI document is written in: JSON Schemas of what the room's API sends and takes again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

SAFE_INTEGER_MAX = 2**53 - 1  # the largest integer every JSON reader keeps exactly
BY_DEFAULT = "unless the host set another maximum"


def text(description: str | None = None, **more: Any) -> Schema:
    return {"type": "string", **more} | ({"description": description} if description else {})


def whole(description: str | None = None, *, least: int = 0, most: int | None = None) -> Schema:
    bounds = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "integer", **bounds} | ({"description": description} if description else {})


def choice(values: Iterable[str], **more: Any) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values], **more}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def fields(always: Mapping[str, Schema], sometimes: Mapping[str, Schema] | None = None, **more: Any) -> Schema:
    """An object with what is always there and what may be. Others may be added in time: readers ignore them."""
    required = {"required": list(always)} if always else {}
    return {"type": "object", "properties": {**always, **(sometimes or {})}, **required, **more}


def named(name: str) -> Schema:
    """The schema of this name among the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


FLAG: Schema = {"type": "boolean"}
YES: Schema = {"const": True}
NO: Schema = {"const": False}
ALIAS = text(pattern="^[a-z0-9-]{1,64}$")
LABEL = text(pattern="^[a-z0-9-]{1,32}$")
RECIPIENT = text("an alias, `role:<label>` or `all`", pattern="^([a-z0-9-]{1,64}|role:[a-z0-9-]{1,32})$")
MOMENT = text(format="date-time")
RECORD_ID = whole(least=1, most=SAFE_INTEGER_MAX)
CURSOR = whole("the id of a record; 0 stands before the first", most=SAFE_INTEGER_MAX)
COMMAND = text("a command line for bash and curl")
ROOM_STATUS = choice(("open", "closed"))
_COUNTED = ["[0-9]{1,9}" + unit for unit in "dhms"]
_LENGTHS = [first + "".join(f"({part})?" for part in _COUNTED[place + 1 :]) for place, first in enumerate(_COUNTED)]
LENGTH = text(
    "a length of time such as 24h, 90m, 1h30m, 45s or 2d, ten years at most; `none` for no end",
    pattern=f"^({'|'.join(('none', *_LENGTHS))})$",
    examples=["2h"],
)
