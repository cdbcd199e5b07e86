"""The staff is real: killed, frozen and brought back, and nobody outlives it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.network.staff import NotStarted, staffed


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_worker_is_killed_and_comes_back(tmp_path: Path) -> None:
    async with staffed() as staff:
        broker = staff.hire("broker", tmp_path, "broker", "serve", "--port", "0", "--json")
        url = (await broker.start())["url"]
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        first = broker.pid
        broker.kill()
        assert await broker.ended() == -signal.SIGKILL
        assert (await broker.start())["ok"] is True
        assert broker.pid != first
        broker.stop()
        assert await broker.ended() == 0


async def test_a_frozen_worker_answers_nobody_until_it_thaws(tmp_path: Path) -> None:
    async with staffed() as staff:
        broker = staff.hire("broker", tmp_path, "broker", "serve", "--port", "0", "--json")
        url = (await broker.start())["url"]
        broker.freeze()
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{url}/healthz", trust_env=False, timeout=0.3)
        broker.thaw()
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200


async def test_nobody_outlives_the_staff_not_even_frozen(tmp_path: Path) -> None:
    async with staffed() as staff:
        broker = staff.hire("broker", tmp_path, "broker", "serve", "--port", "0", "--json")
        await broker.start()
        broker.freeze()
    assert not is_there(broker.pid)


async def test_who_cannot_start_says_why(tmp_path: Path) -> None:
    async with staffed() as staff:
        broker = staff.hire("broker", tmp_path, "broker", "serve", "--port", "none", "--json")
        with pytest.raises(NotStarted, match="port"):
            await broker.start()
