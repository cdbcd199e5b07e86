from __future__ import annotations

import pytest

from agentgather.cli import exit_codes
from agentgather.cli.tunnel_failures import tunnel_failure
from agentgather.publishing import TunnelEnded
from agentgather.room.names import room_id
from agentgather.store.tunnel_note import TunnelRunning
from agentgather.tunnel.keep import FINAL, FINAL_BYES
from agentgather.tunnel.keys import KeyUnusable


@pytest.mark.parametrize("code", sorted(FINAL | set(FINAL_BYES) | {"route_not_found", "internal_error"}))
def test_a_refusal_ends_with_three_whatever_its_code_says_elsewhere(code: str) -> None:
    failure = tunnel_failure(TunnelEnded("refused", code, "no"))
    assert failure is not None
    assert (failure.exit_code, failure.code, failure.message) == (exit_codes.REFUSED, code, "no")


def test_a_tunnel_that_gave_up_ends_with_five() -> None:
    failure = tunnel_failure(TunnelEnded("given_up", "unreachable", "nobody there; tried for 30 seconds"))
    assert failure is not None
    assert (failure.exit_code, failure.code) == (exit_codes.UNREACHABLE, "unreachable")


def test_what_keeps_a_tunnel_from_beginning_is_a_refusal_of_this_machine() -> None:
    for error in (TunnelRunning(room_id("lab"), 7), KeyUnusable("host.key holds no key")):
        failure = tunnel_failure(error)
        assert failure is not None
        assert failure.exit_code == exit_codes.REFUSED


def test_any_other_error_is_none_of_a_tunnels() -> None:
    assert tunnel_failure(ZeroDivisionError()) is None
