"""What is written about a request: numbers and words of closed sets, and never a letter that somebody chose."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather_broker.access_log import HTTP_METHODS, PATH_CLASSES, AccessLog
from agentgather_broker.passing import path_class
from agentgather_broker.places import Places
from agentgather_broker.refusals import STATUS_OF

KEYS = ["event", "route_hash", "method", "path_class", "status", "duration_ms", "bytes_in", "bytes_out"]
CANARY = "c4n4ry-t0k3n"


def line(**changes: Any) -> dict[str, Any]:
    lines: list[str] = []
    request: dict[str, Any] = {
        "route_hash": "0123456789ab",
        "method": "GET",
        "path_class": "status",
        "status": 200,
        "duration_ms": 1.5,
        "bytes_in": 0,
        "bytes_out": 17,
        "error": None,
    }
    AccessLog(lines.append).write(**(request | changes))
    (written,) = lines
    assert "\n" not in written
    return dict(json.loads(written))


def test_a_request_is_one_line_of_the_contracts_fields() -> None:
    assert line() == {
        "event": "forward",
        "route_hash": "0123456789ab",
        "method": "GET",
        "path_class": "status",
        "status": 200,
        "duration_ms": 1.5,
        "bytes_in": 0,
        "bytes_out": 17,
    }
    assert list(line()) == KEYS


def test_a_wait_says_how_long_it_was_held_and_a_failure_why() -> None:
    assert line(path_class="wait", duration_ms=25_000.0)["wait_held_ms"] == 25_000.0
    assert line(error="host_unavailable", status=503)["error"] == "host_unavailable"


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (None, "forward"),
        ("host_unavailable", "forward_error"),
        ("rate_limited", "limit_rejected"),
        ("wait_limit", "limit_rejected"),
        ("request_too_large", "limit_rejected"),
    ],
)
def test_events_are_the_contracts(error: str | None, event: str) -> None:
    assert line(error=error)["event"] == event


@given(st.text() | st.just(CANARY), st.text() | st.just(CANARY), st.text() | st.just(CANARY), st.text())
def test_no_word_that_somebody_chose_is_written(method: str, of_path: str, error: str, route_hash: str) -> None:
    written = line(method=method, path_class=of_path, error=error, route_hash=route_hash)
    assert set(written) <= {*KEYS, "wait_held_ms", "error"}
    assert written["method"] in {*HTTP_METHODS, "other"}
    assert written["path_class"] in PATH_CLASSES
    assert written["error"] in STATUS_OF
    assert written["event"] in {"forward", "forward_error", "limit_rejected"}
    assert re.fullmatch("[0-9a-f]{12}|other", written["route_hash"])


@given(st.binary(max_size=40) | st.sampled_from([f"/{word}?{CANARY}".encode() for word in [*PATH_CLASSES, CANARY]]))
def test_every_path_is_of_a_class_that_may_be_written(target: bytes) -> None:
    assert line(path_class=path_class(target))["path_class"] == path_class(target)


def test_a_route_hash_is_worth_nothing_without_the_secret_of_this_start() -> None:
    one, again, other = (
        Places("https://rooms.example", wildcard_domain=None, trusted=(), secret=secret).hash_of("reef")
        for secret in (b"1" * 32, b"1" * 32, b"2" * 32)
    )
    assert one == again != other
    assert line(route_hash=one)["route_hash"] == one


@pytest.mark.parametrize(
    "problem", [OSError(28, "No space left on device"), ValueError("I/O operation on closed file")]
)
def test_a_line_that_cannot_be_written_fails_nobodys_request(problem: Exception) -> None:
    def fail(text: str) -> None:
        raise problem

    log = AccessLog(fail)
    log.write(
        route_hash="0123456789ab",
        method="GET",
        path_class="status",
        status=200,
        duration_ms=1,
        bytes_in=0,
        bytes_out=0,
        error=None,
    )
    assert log.lost_count == 1
