"""Who may do what: the whole matrix once; and no request of a room or a broker is without a row of it."""

from __future__ import annotations

import json
from typing import Any

from proofs.access.page import rows, status_of, table
from proofs.access.places import PLACES

from agentgather.api.errors import STATUS_OF
from agentgather.api.paths import MCP
from agentgather.http.address import Address
from agentgather.http.app import make_app
from agentgather.http.assets import Assets
from agentgather.http.openapi import openapi_document
from agentgather.live.house import House
from agentgather.settings.shape import ApiLimits
from agentgather_broker.admin import ROUTES
from agentgather_broker.old_hosts import OldHosts
from agentgather_broker.shape import BrokerSettings
from tests.proofs.conftest import Short

ROOM = {(row.method, row.path) for row in rows("At a room") if row.path}


def test_everybody_is_told_what_the_table_says_and_who_is_refused_changes_nothing(short: Short) -> None:
    figures = short("access")
    assert figures["requests"] > 2_000
    assert figures["requests through the broker"] > 1_000
    assert figures["refused"] > 1_500
    assert figures["tokens in odd places"] > 150
    assert figures["requests of hosts and operators"] > 200
    assert figures["refused and yet changed"] == 0


def test_every_route_of_a_room_has_a_row() -> None:
    house = House()
    mount: Any = make_app(house, address=Address("http://127.0.0.1:1"), rules=ApiLimits(), assets=Assets.load())
    routes = {(method, rule.rule) for rule in mount._app.url_map.iter_rules() for method in rule.methods}
    beside = {
        (method, MCP) for method in ("POST", "GET", "DELETE")
    }  # an app of its own, that a room's own routes do not list
    assert routes - {("HEAD", path) for _, path in routes} == ROOM - beside
    assert beside <= ROOM


def test_everything_that_is_described_has_a_row() -> None:
    described = {
        (method.upper(), path.replace("{", "<").replace("}", ">"))
        for path, methods in json.loads(openapi_document())["paths"].items()
        for method in methods
    }
    assert described <= ROOM


def test_everything_that_hosts_and_operators_ask_has_a_row() -> None:
    described = {(row.method, row.path) for row in rows("An operator at a broker's socket")}
    assert described == {(method, path) for method, path, _ in ROUTES} | {("GET", "/metrics")}
    unkeyed: Any = OldHosts(
        BrokerSettings(), **dict.fromkeys(("places", "admission", "registry", "crossing", "limits"))
    )
    assert {row.path.encode() for row in rows("A host of 0.1 at a broker")} == unkeyed.paths


def test_the_table_speaks_of_codes_that_a_room_has() -> None:
    told = {cell for row in rows("At a room") for cell in row.told.values() if cell.isidentifier()}
    assert {code: status_of(code) for code in told} == {code: STATUS_OF[code] for code in told}


def test_every_place_of_the_table_is_tried() -> None:
    assert [row["a token in"] for row in table("Where a token counts")] == list(PLACES)
