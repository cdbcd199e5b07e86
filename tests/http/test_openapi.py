"""The OpenAPI document says what the routes do, no more and no less."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from agentgather.api import paths
from agentgather.api.bodies import read_invite, read_post
from agentgather.api.contract_bodies import read_draft
from agentgather.api.durations import parse_ttl
from agentgather.api.errors import STATUS_OF
from agentgather.api.event_json import EVENT_KINDS, event_json, read_event
from agentgather.api.task_bodies import read_added
from agentgather.contracts.difference import Difference, Side, Verdict
from agentgather.contracts.document import Format
from agentgather.http.openapi import openapi_document
from agentgather.http.routes import ROUTES, Route
from agentgather.room import events
from agentgather.room.contracts import events as contracts
from agentgather.room.contracts.contract import Change, ContractName
from agentgather.room.leases.events import LeaseEnded, LeaseExtended, LeaseTaken
from agentgather.room.leases.lease import Ending, LeaseId
from agentgather.room.modes import Mode
from agentgather.room.names import Alias, Label, MessageId
from agentgather.room.participant import Brief, Kind, Participant, Policy, Role
from agentgather.room.refusals import InvalidTtl
from agentgather.room.session.events import SessionEnded, SessionStarted
from agentgather.room.tasks import events as tasks
from agentgather.room.tasks.task import LapseReason, TaskId
from agentgather.room.wakes.events import Span, WakeBudgetEnded, WakeBudgetSet
from agentgather.settings.shape import ApiLimits
from tests.http.described import DOCUMENT as TIGHT

Json = dict[str, Any]

DOCUMENT = json.loads(openapi_document())
OPERATIONS = {
    (method.upper(), path): told for path, methods in DOCUMENT["paths"].items() for method, told in methods.items()
}
# Codes that no described operation answers: another method was used, or a name was never sent to a room.
UNDESCRIBED = {"method_not_allowed", "invalid_room"}
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
OPS, REV = Alias("ops"), Alias("rev")


def codes(operation: Json) -> dict[str, set[int]]:
    """The error codes an operation tells, each with the statuses it stands under."""
    told: dict[str, set[int]] = {}
    for status, response in operation["responses"].items():
        if "$ref" in response:
            response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
        for media in response["content"].values():
            for schema in media["schema"].get("anyOf", [media["schema"]]):
                for code in schema.get("properties", {}).get("error", {}).get("enum", []):
                    told.setdefault(code, set()).add(int(status))
    return told


def template(path: str) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", path)


def component(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": TIGHT["components"]})


def test_it_is_a_valid_document_of_version_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_it_describes_every_route_and_nothing_else() -> None:
    routes = {(route.method, template(route.path)) for route in ROUTES}
    assert set(OPERATIONS) == routes | {("GET", paths.HEALTH), ("GET", paths.OPENAPI)}


def test_every_operation_has_a_name_of_its_own_and_says_what_it_is_for() -> None:
    names = [told["operationId"] for told in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)
    assert all(len(told["summary"]) > 10 for told in OPERATIONS.values())


def test_the_parts_of_a_path_are_its_parameters() -> None:
    for (_, path), told in OPERATIONS.items():
        named = [parameter["name"] for parameter in told.get("parameters", []) if parameter["in"] == "path"]
        assert named == re.findall(r"{(\w+)}", path)


def test_every_code_stands_under_its_status() -> None:
    for operation, told in OPERATIONS.items():
        for code, statuses in codes(told).items():
            assert statuses == {STATUS_OF[code]}, (operation, code)


def test_every_code_of_the_table_is_told_somewhere() -> None:
    told = {code for operation in OPERATIONS.values() for code in codes(operation)}
    assert set(STATUS_OF) - told == UNDESCRIBED


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_the_door_checks_is_told(route: Route) -> None:
    told = codes(OPERATIONS[route.method, template(route.path)])
    assert ("host_required" in told) == route.is_host_only
    assert "unauthorized" in told
    assert ("bad_origin" in told) == (route.method == "POST" or route.is_stream)
    assert ("invalid_json" in told) == (route.method == "POST")
    if route.is_open_to_removed:
        assert "removed" not in told
    else:
        assert "removed" in told


def test_only_the_daemons_own_operations_need_no_token() -> None:
    free = {operation for operation, told in OPERATIONS.items() if told.get("security") == []}
    assert free == {("GET", paths.HEALTH), ("GET", paths.OPENAPI)}
    with_query = [path for (_, path), told in OPERATIONS.items() if {"token_in_query": []} in told.get("security", [])]
    assert with_query == [route.path for route in ROUTES if route.is_token_in_query_accepted]


def test_every_component_is_used_and_every_reference_leads_somewhere() -> None:
    referred = set(re.findall(r'"#/components/(\w+/[^"]+)"', openapi_document().decode()))
    kept = {f"{kind}/{name}" for kind in ("schemas", "responses") for name in DOCUMENT["components"][kind]}
    assert kept == referred


def test_bounds_are_those_of_the_daemon_that_shows_it() -> None:
    document = json.loads(openapi_document(ApiLimits(page_records_max=7, hold_seconds=2, hold_seconds_max=3)))
    bounds = {
        (path, parameter["name"]): parameter["schema"]["maximum"]
        for path in (paths.MESSAGES, paths.LOG, paths.WAIT)
        for parameter in document["paths"][path]["get"]["parameters"]
        if parameter["name"] in ("limit", "hold")
    }
    assert bounds == {(paths.MESSAGES, "limit"): 7, (paths.LOG, "limit"): 7, (paths.WAIT, "hold"): 3}


ORDERS = ContractName("orders")
LOST = Difference("/properties/a", "property_removed", "{}", None, Verdict.BREAKING, Verdict.COMPATIBLE)
CHANGE = Change(Verdict.BREAKING, Verdict.UNKNOWN, 1, (LOST,))
EVENTS: list[events.Event] = [
    events.RoomCreated(OPS, Kind.HUMAN, Policy.MANUAL_OK, "", None),
    events.RoomAdopted(
        (Participant(OPS, Kind.HUMAN, Role.HOST, NOW),), Policy.MANUAL_OK, Brief("", 1, NOW, OPS), NOW, NOW
    ),
    events.RoomClosed(by_ttl=True),
    events.ParticipantInvited(REV, Kind.AGENT, Role.OBSERVER),
    events.ParticipantJoined(REV),
    events.ParticipantLeft(REV),
    events.ParticipantRemoved(REV),
    events.TokenRotated(REV),
    events.ProfileChanged(REV, "The Reviewer"),
    events.LabelsSet(REV, (Label("reviewer"),), OPS),
    events.ParticipantInvited(REV, Kind.AGENT, Role.GUEST, (Label("reviewer"),), Mode.WAKE),
    events.AttentionDeclared(REV, (Mode.WAKE, Mode.MANUAL), None, 900),
    events.BriefChanged(OPS, 2, "new"),
    events.PolicySet(Policy.HOST_DIRECTED),
    SessionStarted(OPS, 30, Policy.ALL_FOREGROUND),
    SessionStarted(OPS),
    SessionEnded(OPS),
    WakeBudgetSet(OPS, 60, 300),
    WakeBudgetEnded(Span.DAY, 300, datetime(2026, 1, 5, 9, 30, tzinfo=UTC)),
    events.ExpiryMoved(None),
    events.ExpiryWarned(NOW),
    events.LoopTripped(REV),
    events.LoopContinued(),
    events.MessageRetracted(MessageId(2), is_scrubbed=True),
    tasks.TaskAdded(OPS, TaskId(2), "Test it", "All of it.", (TaskId(1),), REV, NOW, "ops-1"),
    tasks.TaskAdded(OPS, TaskId(3), "Ship it", "", (), None, None, None),
    tasks.TaskClaimed(REV, TaskId(2)),
    tasks.TaskReleased(OPS, TaskId(2)),
    tasks.TaskCompleted(REV, TaskId(2), "All green."),
    tasks.TaskCancelled(OPS, TaskId(3), ""),
    tasks.TaskReassigned(OPS, TaskId(3), None),
    tasks.TaskEdited(OPS, TaskId(3), "Ship it", "On Monday.", (TaskId(2),), None),
    tasks.TaskLapsed(TaskId(2), REV, LapseReason.SILENT),
    contracts.ContractPut(OPS, ORDERS, 1, Format.JSON_SCHEMA, "{}", "the first", None, ()),
    contracts.ContractPut(OPS, ORDERS, 2, Format.OPENAPI, "{}", "", CHANGE, (REV,)),
    contracts.ContractSubscribed(REV, ORDERS, Side.PRODUCER),
    contracts.ContractUnsubscribed(REV, ORDERS),
    contracts.ContractAcknowledged(REV, ORDERS, 2),
    LeaseTaken(REV, LeaseId(1), ("src/**", "a"), "note", NOW),
    LeaseExtended(REV, LeaseId(1), "", NOW),
    LeaseEnded(OPS, LeaseId(1), Ending.REMOVED),
]


def test_there_is_an_event_of_every_kind() -> None:
    assert {event_json(event)["kind"] for event in EVENTS} == set(EVENT_KINDS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_are_as_described(event: events.Event) -> None:
    component("Event").validate(event_json(event))
    assert read_event(event_json(event)) == event


def test_examples_are_what_the_room_takes() -> None:
    taken = DOCUMENT["components"]["schemas"]
    for example in taken["Post"]["examples"]:
        component("Post").validate(example)
        assert read_post(example, actor=OPS).text == example["text"]
    for example in taken["NewTask"]["examples"]:
        component("NewTask").validate(example)
        assert read_added(example, actor=OPS).title == example["title"]
    for example in taken["NewContractVersion"]["examples"]:
        component("NewContractVersion").validate(example)
        assert read_draft(example).value == example["document"]
    (alias,) = OPERATIONS["POST", "/participants/{alias}/remove"]["parameters"][0]["schema"]["examples"]
    invite = {"alias": alias, "kind": "human", "role": "observer", "ttl": "1d12h"}
    component("Invite").validate(invite)
    assert read_invite(invite, actor=OPS).alias == alias


@pytest.mark.parametrize("text", ["none", "2h", "1d2h3m4s", "90m", "45s", "1d4s"])
def test_a_length_of_time_is_described_as_it_is_read(text: str) -> None:
    schema = OPERATIONS["POST", paths.EXTEND]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator(schema).validate({"ttl": text})
    parse_ttl(text)


@pytest.mark.parametrize("text", ["", "soon", "2", "h", "2h1d", "-2h", "1.5h", "1h1h"])
def test_what_is_no_length_of_time_is_described_as_none(text: str) -> None:
    schema = OPERATIONS["POST", paths.EXTEND]["requestBody"]["content"]["application/json"]["schema"]
    assert not Draft202012Validator(schema).is_valid({"ttl": text})
    with pytest.raises(InvalidTtl):
        parse_ttl(text)
