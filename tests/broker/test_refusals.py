"""Every no has a code of the table, a sentence, and no more."""

from __future__ import annotations

import json

import pytest

from agentgather_broker.refusals import STATUS_OF, Refused

CONTRACT = {  # section 6.4
    "invalid_registration": 400,
    "route_slug_taken": 409,
    "invalid_heartbeat": 400,
    "route_not_found": 404,
    "route_expired": 410,
    "route_closed": 410,
    "unsupported_route": 404,
    "route_request_limit": 429,
    "wait_limit": 429,
    "rate_limited": 429,
    "request_too_large": 413,
    "response_too_large": 502,
    "unknown_request": 404,
    "internal_error": 500,
}


@pytest.mark.parametrize(("code", "status"), CONTRACT.items())
def test_the_codes_of_the_contract_have_its_statuses(code: str, status: int) -> None:
    assert STATUS_OF[code] == status


@pytest.mark.parametrize("code", STATUS_OF)
def test_every_refusal_is_an_error_to_whoever_asked(code: str) -> None:
    refused = Refused(code, "no")
    assert 400 <= refused.status <= 599
    assert json.loads(refused.body()) == {"ok": False, "error": code, "message": "no"}


def test_a_refusal_may_say_when_to_come_again_and_be_of_another_status() -> None:
    refused = Refused("host_unavailable", "away", status=503, retry_after_seconds=5)
    assert refused.status == 503
    assert json.loads(refused.body())["retry_after"] == 5


def test_a_code_that_is_not_in_the_table_is_a_bug_of_ours() -> None:
    with pytest.raises(KeyError):
        Refused("made_up", "no")
