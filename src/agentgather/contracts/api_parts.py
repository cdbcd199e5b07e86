"""The parts of an OpenAPI document, wherever they stand in it: operations, and what they are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.contracts.canonical import pointer
from agentgather.contracts.places import Place, listed, mapping, place_of
from agentgather.contracts.references import References

_PARAMETER_NAME = re.compile(r"\{([^{}/]{1,200})\}")
_HOPS_MAX = 64
_EXTENDED = ("paths", "responses")  # what is named `x-…` in these is an extension
_HEADERS_NOT_DESCRIBED = frozenset({"accept", "content-type", "authorization"})  # as parameters these say nothing


@dataclass(frozen=True, slots=True)
class Part:
    """An object of an API, what it refers to in its stead, and its pointer."""

    value: Mapping[str, Any]
    path: str
    references: References

    def member(self, *names: str | int) -> Part:
        inner: Any = self.value
        for name in names:
            inner = inner.get(name) if isinstance(inner, dict) else listed(inner)[int(name)]
        return part_of(inner, self.path + pointer(*names), self.references)

    def members(self, name: str) -> dict[str, Part]:
        """What stands by name in one of this object's; `x-rate` is a header as any other, and no status and no path."""
        has_extensions = name in _EXTENDED
        named = mapping(self.value.get(name))
        return {one: self.member(name, one) for one in named if not (has_extensions and one.startswith("x-"))}

    def schema(self) -> Place:
        return place_of(self.value.get("schema", True), self.path + "/schema", self.references).settled()

    def writing(self) -> dict[str, Any]:
        """How a parameter's or a header's value is written, also where that is not said (OpenAPI 3.1.0, section 4.8.12.2)."""
        style = self.value.get("style", "form" if self.value.get("in") in ("query", "cookie") else "simple")
        unsaid = {"style": style, "explode": style == "form", "allowReserved": False, "allowEmptyValue": False}
        return {keyword: self.value.get(keyword, default) for keyword, default in unsaid.items()}

    def schemas(self) -> dict[str, Place]:
        """Those that components name."""
        return Place(self.value, self.path, self.references).members("schemas")


def part_of(value: Any, path: str, references: References) -> Part:
    for _ in range(_HOPS_MAX):
        if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
            break
        value, path = references.find(value["$ref"], at=path + "/$ref")
    return Part(value if isinstance(value, dict) else {}, path, references)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path; `security` is what holds for it."""

    part: Part
    named: str
    parameters: Mapping[tuple[str, str], Part]
    security: Any


def operation(api: Part, item: tuple[str, Part] | None, method: str) -> Operation | None:
    if item is None or not isinstance(item[1].value.get(method), dict):
        return None
    path, holder = item
    part = holder.member(method)
    parameters: dict[tuple[str, str], Part] = {}
    places = _PARAMETER_NAME.findall(path)
    for owner in (holder, part):  # what an operation says of a parameter stands before what its path says
        for position in range(len(listed(owner.value.get("parameters")))):
            parameter = owner.member("parameters", position)
            where, name = str(parameter.value.get("in")), str(parameter.value.get("name"))
            if where == "header":
                name = name.lower()
                if name in _HEADERS_NOT_DESCRIBED:
                    continue
            if where == "path" and name in places:
                name = str(places.index(name))  # a path has places; what they are called changes nothing
            parameters[where, name] = parameter
    security = part.value.get("security", api.value.get("security", []))
    return Operation(part, f"{method.upper()} {path}", parameters, security)


def paths(api: Part) -> dict[str, tuple[str, Part]]:
    """The paths by their template without names: `/pets/{id}` and `/pets/{petId}` are one."""
    found = api.members("paths")
    return {_PARAMETER_NAME.sub("{}", path): (path, part) for path, part in found.items()}
