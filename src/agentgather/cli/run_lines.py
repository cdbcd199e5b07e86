"""What `run` says: that the agent runs, and how it ended."""

from __future__ import annotations

from agentgather.cli.agent_seat import AgentSeat
from agentgather.cli.output import single
from agentgather.wake.started import Started

SAID_LINES = 5  # of its last words


def announce(agent: AgentSeat, started: Started) -> None:
    seat, place = agent.seat, started.place()
    told = {
        "ok": True,
        "what": "running",
        "room": seat.room,
        "alias": seat.alias,
        **place.to_json(),
        "card": str(agent.card),
    }
    seen = f"; look at it with: {' '.join(place.attach)}" if place.attach else ""
    agent.turn.output.answer(told, f"{seat.alias} runs in {seat.room}{seen}", f"its card is {agent.card}")


def tell_end(agent: AgentSeat, status: int, *, is_at_once: bool, said: str = "") -> None:
    """How the program ended by itself. One that ends at once is told as what it is: an agent has to stay to be woken."""
    seat = agent.seat
    told = {
        "ok": True,
        "what": "ended",
        "room": seat.room,
        "alias": seat.alias,
        "status": status,
        "at_once": is_at_once,
    }
    line = f"the program of {seat.alias} ended with exit status {status}"
    if is_at_once:
        line = (
            f"the program of {seat.alias} ended at once, with exit status {status}: one that is to be woken has to stay"
        )
    last = said.splitlines()[-SAID_LINES:]
    agent.turn.output.answer({**told, "said": last}, line, *(f"  {single(one)}" for one in last))
