"""Whether a document is what it says that it is: by the specifications' own schemas and the `jsonschema` package, step by step.

Both schemas are put into a form that says the same and is looked at many times faster: what refers to itself through eight
vocabularies and a dynamic scope took a tenth of a millisecond for each `{}`, and a document has room for thousands. What checks
is imported when the first document comes: it costs a third of a second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from agentgather.contracts.canonical import pointer
from agentgather.contracts.limits import CHECKS_MAX
from agentgather.contracts.unfit import Unfit

_MESSAGE_MAX = 200
_WHOLE_SCHEMA = "x-schema"  # stands where a schema stands within a schema
_left: ContextVar[list[int]] = ContextVar("_left")


@contextmanager
def checking() -> Iterator[None]:
    """The steps within are those of one document. Raises Unfit (`too_complex`) for too many, or for one nested too deep."""
    token = _left.set([CHECKS_MAX])
    try:
        yield
    except RecursionError:
        raise Unfit("too_complex", "the document is nested too deep to be checked") from None
    finally:
        _left.reset(token)


def check_schema(schema: Any, *, place: str) -> None:
    """Raise Unfit (`invalid_document`) unless a value is a JSON Schema. Only within `checking`."""
    _refuse_first_error(_schema_validator(), schema, place=place)


def check_api(root: Any) -> None:
    """Raise Unfit (`invalid_document`) unless a value is an OpenAPI 3.1 document, its schemas aside. Only within `checking`."""
    _refuse_first_error(_api_validator(), root, place="")


def _refuse_first_error(validator: Any, value: Any, *, place: str) -> None:
    error = next(validator.iter_errors(value), None)
    if error is not None:
        where = place + pointer(*error.absolute_path)
        told = error.message if len(error.message) <= _MESSAGE_MAX else error.message[:_MESSAGE_MAX] + "…"
        raise Unfit("invalid_document", f"at {where or 'the top'}: {told}", path=where)


@cache
def _schema_validator() -> Any:
    """The meta-schema of 2020-12 and its vocabularies as one schema; nothing but a document's own schemas lies within."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    whole = Draft202012Validator.META_SCHEMA
    parts = [REGISTRY.contents(whole["$id"].rpartition("/")[0] + "/" + part["$ref"]) for part in whole["allOf"]]
    named = {name: schema for part in parts for name, schema in part.get("$defs", {}).items()}
    keywords = {name: schema for part in (*parts, whole) for name, schema in part["properties"].items()}
    merged = {
        "type": whole["type"],
        "properties": {name: _settled(keywords[name], named, dynamic={_WHOLE_SCHEMA: True}) for name in keywords},
    }

    def whole_schema(validator: Any, _: Any, value: Any, __: Any) -> Iterable[Any]:
        found: Iterable[Any] = validator.descend(value, merged)
        return found

    return _counting(Draft202012Validator, {_WHOLE_SCHEMA: whole_schema})(merged)


@cache
def _api_validator() -> Any:
    """The specification's own schema, as openapi-spec-validator brings it.

    Its full validator is not used: it follows references to other machines and runs the document's own patterns.
    """
    from jsonschema import Draft202012Validator
    from openapi_spec_validator.schemas import get_schema_content_v31

    content = dict(get_schema_content_v31())
    schema = {name: value for name, value in content["$defs"]["schema"].items() if not name.startswith("$")}
    return _counting(Draft202012Validator, {})(_settled(content, {}, dynamic=schema))


def _settled(schema: Any, named: dict[str, Any], *, dynamic: dict[str, Any]) -> Any:
    """`schema` with `named` definitions in the place of references to them, and `dynamic` in the place of dynamic ones."""
    if isinstance(schema, list):
        return [_settled(inner, named, dynamic=dynamic) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "$dynamicRef" in schema:
        return dynamic
    within = {name: _settled(inner, named, dynamic=dynamic) for name, inner in schema.items()}
    definition = str(schema.get("$ref", "")).rpartition("/")[2]
    if definition not in named:
        return within
    del within["$ref"]
    return {**_settled(named[definition], named, dynamic=dynamic), **within}


def _counting(validator: Any, more: dict[str, Any]) -> Any:
    """A validator like this one, and more, of which each keyword is a step."""
    from jsonschema import validators

    keywords = {**validator.VALIDATORS, "uniqueItems": _are_unique, **more}
    return validators.extend(validator, {name: _counted(look) for name, look in keywords.items()})


def _counted(look: Callable[..., Any]) -> Callable[..., Any]:
    def step(*asked: Any) -> Any:
        left = _left.get()
        left[0] -= 1
        if left[0] < 0:
            raise Unfit("too_complex", f"checking the document takes more than {CHECKS_MAX} steps; make it simpler")
        return look(*asked)

    return step


def _are_unique(validator: Any, is_asked: Any, value: Any, _: Any) -> Iterator[Any]:
    """Like that of the package, which compares each with each where some cannot be sorted."""
    from jsonschema import ValidationError

    if not is_asked or not validator.is_type(value, "array"):
        return
    if len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield ValidationError(f"{value!r} has non-unique elements")
