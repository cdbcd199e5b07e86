"""`instructions`: how an agent takes part in any room; it needs none."""

from __future__ import annotations

from typing import Literal

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import output_for
from agentgather.room.instructions import operating_instructions


def instructions(*, agent: Literal["codex", "claude", "gemini"] | None = None, flags: Flags = ANYONE) -> None:
    """How an agent takes part in a room.

    Parameters
    ----------
    agent
        The harness that it runs in.
    """
    text = operating_instructions(agent)
    output_for(is_json=flags.json).answer({"ok": True, "agent": agent, "instructions": text}, text.rstrip("\n"))
