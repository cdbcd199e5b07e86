"""How long a broker is waited for that nobody has heard of yet. Time is virtual: that nobody listens is told at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from agentgather.publishing import Tunnel, TunnelEnded, keep_publishing
from agentgather.serving.ground import Ground
from agentgather.store.home import Home
from tests.ports import free_port

HOUR = 3600.0


async def in_place(call: Callable[..., Any], *args: Any) -> Any:
    return call(*args)


def publishing(folder: Path, *, is_patient: bool) -> Any:
    tunnel = Tunnel(f"http://127.0.0.1:{free_port()}", "lab", "http://127.0.0.1:1")
    return keep_publishing(
        Home(folder),
        [],
        tunnel,
        on_change=lambda _: None,
        is_patient=is_patient,
        ground=Ground(run_blocking=in_place),
    )


async def test_a_broker_that_never_answered_is_given_up_soon(tmp_path: Path, autojump_clock: MockClock) -> None:
    with pytest.raises(TunnelEnded, match=r"tried for \d+ seconds"):
        await publishing(tmp_path, is_patient=False)


async def test_a_daemon_goes_on_trying(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Found by `python -m proofs.simulation 12 11`: one that was started while its network was away published nothing more."""
    with trio.move_on_after(HOUR) as looking:
        await publishing(tmp_path, is_patient=True)
    assert looking.cancelled_caught
