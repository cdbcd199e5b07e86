"""The OpenAPI document, held more tightly than it says."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def tightened(document: Json) -> Json:
    """`document`, with answers that hold nothing beside what is described. What is sent may hold more, as ever."""
    tight = deepcopy(document)
    taken = {
        body["schema"]["$ref"].rpartition("/")[2]
        for methods in tight["paths"].values()
        for operation in methods.values()
        for body in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in body["schema"]
    }
    for name, schema in tight["components"]["schemas"].items():
        if name not in taken:
            _tighten(schema)
    for methods in tight["paths"].values():
        for operation in methods.values():
            _tighten(operation["responses"])
    return tight


def _tighten(part: Any) -> None:
    if isinstance(part, dict):
        if part.get("type") == "object" and part.get("properties"):
            part.setdefault("additionalProperties", False)
        for inner in part.values():
            _tighten(inner)
    elif isinstance(part, list):
        for inner in part:
            _tighten(inner)
