"""The OpenAPI document says what the routes do, no more and no less."""

from __future__ import annotations

import json
import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from agentgather.api import paths
from agentgather.api.errors import STATUS_OF
from agentgather.http.openapi import openapi_document
from agentgather.http.routes import ROUTES

DOCUMENT = json.loads(openapi_document())
OPERATIONS = {(method.upper(), path): told for path, methods in DOCUMENT["paths"].items() for method, told in methods.items()}


def test_it_is_a_valid_document_of_version_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_describes_every_route_and_nothing_else() -> None:
    routes = {(route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)) for route in ROUTES}
    routes |= {("GET", paths.HEALTH), ("GET", paths.OPENAPI)}
    assert set(OPERATIONS) == routes


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [told["operationId"] for told in OPERATIONS.values()]
    assert len(set(names)) == len(names)


def test_the_parts_of_a_path_are_its_parameters() -> None:
    for (_, path), told in OPERATIONS.items():
        named = {parameter["name"] for parameter in told.get("parameters", []) if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_every_code_it_tells_stands_under_its_status() -> None:
    for (method, path), told in OPERATIONS.items():
        for status, response in told["responses"].items():
            for code in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", response["description"]):
                assert STATUS_OF[code] == int(status), (method, path, code)
