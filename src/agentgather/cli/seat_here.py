"""The seat of the agent that started us: the one that `agentgather mcp` took for it, which it started too."""

from __future__ import annotations

import os
from dataclasses import dataclass

from agentgather.client.seat import ActingSeat
from agentgather.mcp.sitting import sitters
from agentgather.store.home import Home
from agentgather.wake.processes import Process, process

ABOVE_MAX = 16  # processes between an agent and what it starts: a shell or two, and what runs us
SERVER_WORD = "mcp"
WRAPPED_WORD = "agentgather"  # stands in the words of what starts us for somebody, such as uvx or a shell


@dataclass(frozen=True, slots=True)
class SeatHere:
    """`server` is the process that sits on the seat, for as long as its agent lives."""

    seat: ActingSeat
    server: Process

    def is_taken(self) -> bool:
        """Whether that very process still sits there. One that ended took its agent's end with it, or is started anew."""
        now = process(self.server.pid)
        return now is not None and now.started == self.server.started


def seat_here(home: Home) -> SeatHere | None:
    """The seat of the agent that we are a child of; None while it has none. Of several, that of the nearest agent.

    Seats of other agents do not count, though they are of the same folder: each is woken for what concerns itself.
    """
    above = {pid: place for place, pid in enumerate(_above(os.getpid()))}
    found: list[tuple[int, str, SeatHere]] = []
    for sitter in sitters(home):
        server = process(sitter.pid)
        place = above.get(_agent_of(server)) if server is not None else None
        seat = next((one for one in home.seats() if (one.room, one.alias) == (sitter.room, sitter.alias)), None)
        if server is not None and place is not None and seat is not None:
            acting = ActingSeat(seat.base_url, seat.token, seat.room, seat.alias)
            found.append((place, seat.alias, SeatHere(acting, server)))
    return min(found, key=lambda one: one[:2])[2] if found else None


def _agent_of(server: Process) -> int:
    """The pid of what started this server of ours; 0 when it is no such server any more."""
    if SERVER_WORD not in server.words:
        return 0
    started_by = process(server.parent)
    if started_by is not None and any(WRAPPED_WORD in word for word in started_by.words):
        return started_by.parent
    return server.parent


def _above(pid: int) -> list[int]:
    """The processes above `pid`, nearest first."""
    found: list[int] = []
    while len(found) < ABOVE_MAX and (one := process(pid)) is not None and one.parent > 1:
        pid = one.parent
        found.append(pid)
    return found
