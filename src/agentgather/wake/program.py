"""Waking by a program: it is started with two variables in its environment, and with nothing of the room's in its words."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL

import trio

from agentgather.client.environ import without_any_token
from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from agentgather.wake.ending import end_group

URL_VARIABLE = "AGENTGATHER_ROOM_URL"
SINCE_VARIABLE = "AGENTGATHER_SINCE_ID"
DEADLINE_SECONDS = 3600.0
LEAVE_SECONDS = 5.0  # to end in order, once told to


class ProgramUnusable(Exception):
    """There is no program of that name, or its words cannot be read."""


def words_of(command: str) -> tuple[str, ...]:
    """The words of `command`, as a shell would part them; no shell ever sees them. Raises ProgramUnusable."""
    try:
        words = shlex.split(command)
    except ValueError as broken:
        raise ProgramUnusable(f"its words cannot be parted: {broken}") from None
    if not words:
        raise ProgramUnusable("it names no program")
    found = shutil.which(words[0])
    if found is None:
        raise ProgramUnusable(f"there is no program {words[0]!r} to be run")
    return (str(Path(found).absolute()), *words[1:])


class Program:
    """One program, run once a wake, never two at a time."""

    name = "program"

    def __init__(
        self, words: Sequence[str], nursery: trio.Nursery, *, deadline_seconds: float, leave_seconds: float
    ) -> None:
        self._words = tuple(words)
        self._nursery = nursery
        self._deadline_seconds = deadline_seconds
        self._leave_seconds = leave_seconds
        self._running: trio.Process | None = None

    async def look(self) -> Look:
        await trio.lowlevel.checkpoint()
        return Look.QUIET if self._running is None else Look.WORKING

    async def submit(self, wake: Wake) -> Submission:
        """Start it. An operating system that refuses has surely not started it."""
        if self._running is not None:
            await trio.lowlevel.checkpoint()
            return Submission(Submitted.NO, Look.WORKING.value)
        try:
            process = await trio.lowlevel.open_process(
                self._words,
                stdin=DEVNULL,
                stdout=2,  # ours belongs to the events
                stderr=2,
                env=environment(os.environ, wake),
                start_new_session=True,
            )
        except OSError as refused:
            return Submission(Submitted.NO, f"not_started_{refused.errno or 0}")
        self._running = process
        ended = trio.Event()
        self._nursery.start_soon(self._attend_to, process, ended)
        return Submission(Submitted.YES, evidence=(process, ended))

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:  # noqa: ARG002 - the port's
        """Whether it ended well. Returns at its end."""
        assert isinstance(submission.evidence, tuple)
        process, ended = submission.evidence
        await ended.wait()
        return bool(process.returncode == 0)

    async def _attend_to(self, process: trio.Process, ended: trio.Event) -> None:
        try:
            with trio.move_on_after(self._deadline_seconds):
                await process.wait()
        finally:
            with trio.CancelScope(shield=True):
                if process.poll() is None:
                    await end_group(process, leave_seconds=self._leave_seconds)
            self._running = None
            ended.set()


def environment(environ: Mapping[str, str], wake: Wake) -> dict[str, str]:
    """What the program finds: our own environment without any token, and the two variables."""
    return {**without_any_token(environ), URL_VARIABLE: wake.room_url, SINCE_VARIABLE: str(wake.since_id)}


@asynccontextmanager
async def open_program(
    command: str, *, deadline_seconds: float = DEADLINE_SECONDS, leave_seconds: float = LEAVE_SECONDS
) -> AsyncIterator[Program]:
    """The adapter of `command`. What it started and still runs is ended with it. Raises ProgramUnusable."""
    words = words_of(command)
    async with trio.open_nursery() as nursery:
        yield Program(words, nursery, deadline_seconds=deadline_seconds, leave_seconds=leave_seconds)
        nursery.cancel_scope.cancel()
