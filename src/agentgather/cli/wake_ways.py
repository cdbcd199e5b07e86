"""The ways in which `wake` wakes, by name, and the options of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.wake.adapter import Adapter

Via = Literal["program"]


@Parameter(name="*", group="Ways")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    exec: str | None = None
    "program: the command, run once a wake. No shell reads it, and nothing is added to its words."

    seconds: float = 3600.0
    "program: how long it may run, then it is ended."


NO_WAYS = Ways()


@asynccontextmanager
async def open_way(via: Via, ways: Ways) -> AsyncIterator[Adapter]:
    """The adapter called `via`. Raises Failure for options that it cannot be made of."""
    from agentgather.wake.program import ProgramUnusable, open_program

    if ways.exec is None:
        raise Failure("usage", f"--via {via} needs --exec COMMAND", field="exec")
    try:
        async with open_program(ways.exec, deadline_seconds=ways.seconds) as program:
            yield program
    except ProgramUnusable as unusable:
        raise Failure("usage", f"--exec: {unusable}", field="exec") from None
