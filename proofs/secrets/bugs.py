"""What is left when our own code breaks on a secret: its answer, and both kinds of lines of the log."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path

import trio
from tests.rooms import RunningRoom, create, keep_room

from agentgather.logs import JsonLines, TextLines
from agentgather.settings.shape import DaemonSettings, Settings


def what_a_bug_leaves(token: str) -> dict[str, bytes]:
    """What is answered and logged when a part of a room raises an error whose words hold a token."""
    lines = io.StringIO()
    handlers = []
    for formatter in (TextLines(), JsonLines()):
        handler = logging.StreamHandler(lines)
        handler.setFormatter(formatter)
        handlers.append(handler)
    log = logging.getLogger("agentgather")
    level, was_passed_on = log.level, log.propagate
    log.handlers += handlers
    log.propagate = False
    log.setLevel(logging.DEBUG)
    try:
        answer = trio.run(_ask_what_breaks, token)
    finally:
        log.handlers = [handler for handler in log.handlers if handler not in handlers]
        log.propagate = was_passed_on
        log.setLevel(level)
    assert "internal_error" in answer
    assert "RuntimeError" in lines.getvalue()
    return {"the answer of a bug": answer.encode(), "the log of a bug": lines.getvalue().encode()}


async def _ask_what_breaks(token: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with trio.open_nursery() as nursery:
            settings = Settings(daemon=DaemonSettings(port=0, drain_seconds=1))
            room: RunningRoom = await nursery.start(keep_room, Path(folder), create(Path(folder)), settings)

            def broken(*_: object, **__: object) -> None:
                try:
                    raise KeyError(token)
                except KeyError as cause:
                    raise RuntimeError(f"cannot find {token}", {"Authorization": f"Bearer {token}"}) from cause

            (opened,) = room.daemon.house
            opened.room.timeline.since = broken  # type: ignore[method-assign]
            answer = await room.host.ask("GET", "/messages", headers={"X-Token": token})
            await room.stop()
            return answer.text
