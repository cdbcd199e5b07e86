"""Schemathesis speaks to a live daemon as the OpenAPI document allows, and as it does not: every answer is as described.

The daemon is a process of its own, with three rooms: one that its host steers, one that a guest visits, one that is
closed. Answers are held more tightly than the document says: they hold nothing that it does not describe.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, settings
from jsonschema import Draft202012Validator
from schemathesis import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
)

from agentgather.http.openapi import openapi_document
from tests.cli.terminal import serving, tell
from tests.http.described import DOCUMENT

HOLD_SECONDS_MAX = 55
# The trial writes more in a second than people do in an hour; it is to be refused for better reasons than that.
ROOMY = {
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_ACKS_PER_MINUTE": "1000000",
    "AGENTGATHER_CONTRACT_CHECKS_PER_MINUTE": "10000",
    "AGENTGATHER_LEASES_EACH_MAX": "1000",
    "AGENTGATHER_WAKES_AN_HOUR_MAX": "10000",
    "AGENTGATHER_WAKES_A_DAY_MAX": "10000",
}


def operations(**phases: dict[str, bool]) -> BaseSchema:
    """What is tried of the document. Parameters that nobody knows are ignored; tokens are test_gate.py's matter."""
    generation = {"allow-extra-parameters": False, "with-security-parameters": False}
    config = {"cache": {"enabled": False}, "generation": generation, "phases": phases}
    return schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict(config))


IN_FULL, IN_BRIEF = operations(), operations(coverage={"enabled": False})
# What fits the document may still be refused: a name that is taken, an alias that nobody has.
LEFT_OUT = [positive_data_acceptance]

# What goes well only with something that no example can name beforehand; each has tests of its own.
OUT_OF_REACH = {"/messages/{message_id}/ack", "/messages/{message_id}/wakes"}

IN_BOUNDS = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@dataclass
class Seat:
    """From where operations are tried. `statuses` are what they were answered with."""

    url: str
    alias: str
    token: str = field(repr=False)
    accept: str = "*/*"
    task: int | None = None  # stands for the document's example, whatever was done to that one before
    statuses: set[int] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": self.accept}

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.session.post(self.url + path, json=body, headers=self.headers, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def carry_out(self, case: schemathesis.Case, *, left_out: Collection[CheckFunction] = ()) -> None:
        """Carry out `case` and check its answer; a wait is not held, and says who really waits where it may be."""
        self.paths.add(case.path)
        if case.path == "/wait" and _may_be_held(case.query.get("hold")):
            case.query |= {"hold": 0, "participant": self.alias}
        if self.task is not None and (case.path_parameters or {}).get("task_id") == 1:
            case.path_parameters["task_id"] = self.task
        if any(map(_is_blank, (case.query or {}).values())):  # of a cursor it is nought, as it always was
            left_out = [*left_out, negative_data_rejection]
        if case.path.endswith("/delivery") and _may_be_held((case.query or {}).get("hold")):
            case.query = {**(case.query or {}), "hold": 0}
        if case.path == "/transcript.html":  # takes a POST as well: the form of a page, which is nobody's API
            left_out = [*left_out, allow_header_conformance]
        answer = case.call_and_validate(
            base_url=self.url,
            session=self.session,
            headers=self.headers,
            excluded_checks=[*LEFT_OUT, *left_out],
            timeout=30,
        )
        self.statuses.add(answer.status_code)


def _is_blank(value: object) -> bool:
    """Whether what is asked first in a query is nothing."""
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, str) and not first.strip()


def _may_be_held(hold: object) -> bool:
    try:
        return hold is None or 0 <= float(str(hold)) <= HOLD_SECONDS_MAX
    except ValueError:
        return False


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seat]]:
    """The seat of the host in each room of a real daemon."""
    home = tmp_path_factory.mktemp("home")
    for name in ("steered", "visited", "closed"):
        tell(home, "room", "start", name)
    with serving(home, "--all", environ=ROOMY) as daemon:
        seats = {}
        for path in (home / "seats").iterdir():
            kept = json.loads(path.read_text())
            seat = seats[kept["roomId"]] = Seat(kept["baseUrl"], kept["alias"], kept["token"])
            seat.session.trust_env = False
            seat.ask("/messages", text="the second record: the document's example")
            seat.ask("/contracts/orders", document={"type": "object"})
            seat.ask("/leases", globs=["docs/*.md"])
        seats["closed"].ask("/close")
        yield seats
        ended = daemon.stop()
    assert ended.code == 0
    assert "Traceback" not in ended.err


@pytest.fixture
def steered(rooms: dict[str, Seat]) -> Iterator[Seat]:
    """The host's seat in an open room, where every operation has to go well at least once."""
    host = rooms["steered"]
    host.ask("/invites", alias="rev", rotate=True)  # the document's example, whatever was done to it before
    host.task = host.ask("/tasks", title="to be claimed, completed, cancelled")["task"]["id"]
    host.ask(f"/tasks/{host.task}/claim")
    host.statuses.clear()
    host.paths.clear()
    yield host
    went_well = {200, 201} & host.statuses or not host.paths - OUT_OF_REACH
    assert went_well, f"nothing went well: {host.statuses}"


@pytest.fixture(scope="module")
def guest(rooms: dict[str, Seat]) -> Seat:
    host = rooms["visited"]
    return Seat(host.url, "eye", host.ask("/invites", alias="eye")["token"], accept="application/json")


@IN_FULL.exclude(path=["/events", "/close"]).parametrize()  # neither comes to an end, or all that follows would
@settings(IN_BOUNDS, max_examples=15)
def test_a_host_is_answered_as_described(case: schemathesis.Case, steered: Seat) -> None:
    if case.operation.label == "POST /participants/{alias}/rotate":
        assume(case.path_parameters["alias"] != steered.alias)  # its own token is needed further on
    steered.carry_out(case)
    if case.path == "/extend":
        steered.ask("/extend", ttl="none")  # the room may have got a few seconds


@IN_BRIEF.exclude(path="/events").parametrize()
@settings(IN_BOUNDS, max_examples=5)
def test_a_guest_is_answered_as_described(case: schemathesis.Case, guest: Seat) -> None:
    guest.carry_out(case)


@IN_BRIEF.parametrize()
@settings(IN_BOUNDS, max_examples=5)
def test_a_closed_room_answers_as_described(case: schemathesis.Case, rooms: dict[str, Seat]) -> None:
    # A reader's Last-Event-ID stands in place of its since_id, whatever that is.
    left_out = [negative_data_rejection] if case.path == "/events" else []
    rooms["closed"].carry_out(case, left_out=left_out)


def test_the_lines_of_the_log_are_as_described(rooms: dict[str, Seat]) -> None:
    closed = rooms["closed"]
    lines = closed.session.get(f"{closed.url}/log", headers=closed.headers, timeout=30).content.splitlines()
    assert len(lines) >= 3
    line = {"$ref": "#/components/schemas/SealedRecord", "components": DOCUMENT["components"]}
    for one in lines:
        Draft202012Validator(line).validate(json.loads(one))


def test_the_document_is_what_the_daemon_shows(rooms: dict[str, Seat]) -> None:
    closed = rooms["closed"]
    assert closed.session.get(f"{closed.url}/openapi.json", timeout=30).content == openapi_document()
