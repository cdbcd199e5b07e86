"""Where a `$ref` leads: within its own document, or nowhere. Nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from agentgather.contracts.canonical import pointer
from agentgather.contracts.unfit import Unfit

if TYPE_CHECKING:
    from agentgather.contracts.places import Place

REFERENCES = ("$ref", "$dynamicRef")  # alone in its document, a dynamic one leads where a static one would
_NAMES = ("$anchor", "$dynamicAnchor")
VALUES = frozenset({"enum", "const", "default", "example", "examples", "x-examples"})  # what they hold is no schema
NAMED = frozenset(  # what they hold has names, and is none of these words
    {
        *("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas"),
        *("headers", "parameters", "responses", "requestBodies", "callbacks", "links", "pathItems", "securitySchemes"),
        *("content", "encoding", "webhooks"),
    }
)
_POSITION = re.compile("0|[1-9][0-9]{0,8}")  # in a list, as RFC 6901 section 4 writes it: no zero leads


class References:
    """Finds what the references of one document lead to: pointers, anchors, and its own `$id`."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self.settled: dict[int, Place] = {}  # by id of a schema, for `Place.settled`
        self._own = (
            root.get("$id", "").rstrip("#") if isinstance(root, dict) and isinstance(root.get("$id"), str) else ""
        )
        self._anchors: dict[str, tuple[Any, str]] = {}
        for value, place in objects(root):
            for name in _NAMES:
                if isinstance(anchor := value.get(name), str):
                    self._anchors.setdefault(anchor, (value, place))

    def find(self, reference: str, *, at: str) -> tuple[Any, str]:
        """What `reference` leads to, and its pointer. Raises Unfit (`remote_reference`, `invalid_document`)."""
        where, _, fragment = reference.partition("#")
        if where and where != self._own:
            raise Unfit(
                "remote_reference",
                f"{at} refers to something outside of the document, and nothing is fetched; put it into $defs or components",
                path=at,
            )
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            if fragment not in self._anchors:
                raise _dangling(reference, at=at)
            return self._anchors[fragment]
        found = self._root
        for part in fragment.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and _POSITION.fullmatch(name) and int(name) < len(found):
                found = found[int(name)]
            else:
                raise _dangling(reference, at=at)
        return found, fragment


def objects(value: Any, place: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Every object within `value`, and its pointer."""
    waiting = [(value, place)]
    while waiting:
        one, where = waiting.pop()
        if isinstance(one, dict):
            yield one, where
            waiting += [(inner, where + pointer(name)) for name, inner in one.items() if isinstance(inner, dict | list)]
        elif isinstance(one, list):
            waiting += [
                (inner, where + pointer(place)) for place, inner in enumerate(one) if isinstance(inner, dict | list)
            ]


def parts(value: Any, place: str, *, seen: set[int]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object that may be a schema or a part of an API, and its pointer; not what stands in examples and the like.

    Those in `seen`, by id, and what is within them are left out; the others are added to it.
    """
    waiting: list[tuple[Any, str, bool]] = [(value, place, False)] if isinstance(value, dict | list) else []
    while waiting:
        one, where, is_named = waiting.pop()
        if isinstance(one, list):
            inside = [(inner, where + pointer(position), False) for position, inner in enumerate(one)]
        else:
            if not is_named:
                if id(one) in seen:
                    continue
                seen.add(id(one))
                yield one, where
            inside = [
                (inner, where + pointer(name), not is_named and name in NAMED)
                for name, inner in one.items()
                if is_named or name not in VALUES
            ]
        waiting += reversed([inner for inner in inside if isinstance(inner[0], dict | list)])


def _dangling(reference: str, *, at: str) -> Unfit:
    return Unfit("invalid_document", f"the reference at {at} leads nowhere in the document: {reference[:80]}", path=at)
