"""The OpenAPI document, held more tightly than it says: an answer holds nothing that it does not describe."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from agentgather.http.openapi import openapi_document

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


DOCUMENT = tightened(json.loads(openapi_document()))
_PATTERNS = {path: re.compile(re.sub(r"{\w+}", "[^/]+", path)) for path in DOCUMENT["paths"]}


async def check_described(answer: httpx.Response) -> None:
    """Fail unless the answer of a described operation is as described. A stream is left to whoever reads it."""
    path = next((path for path, pattern in _PATTERNS.items() if pattern.fullmatch(answer.url.path)), None)
    method = answer.request.method.lower()
    if path is None or method not in DOCUMENT["paths"][path]:
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    validator = _validator(path, method, answer.status_code, media_type)
    if media_type == "application/json":
        await answer.aread()
        validator.validate(answer.json())


@cache
def _validator(path: str, method: str, status: int, media_type: str) -> Draft202012Validator:
    responses = DOCUMENT["paths"][path][method]["responses"]
    assert str(status) in responses, f"{method} {path} answers {status}, which is not described"
    response = responses[str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    assert media_type in response["content"], f"{method} {path} answers {media_type}, which is not described"
    return Draft202012Validator({**response["content"][media_type]["schema"], "components": DOCUMENT["components"]})
