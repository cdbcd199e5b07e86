"""An invitation as its host hands it on: one command for an agent, one link for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgather.cli.output import Output, single


def invitation_lines(answer: Mapping[str, Any], *, output: Output) -> list[str]:
    """What to say of the room's answer to an invitation or a rotation. The command and the link hold the token."""
    alias, room = single(answer.get("alias")), single(answer.get("room"))
    kind, role = single(answer.get("kind")), single(answer.get("role"))
    until = answer.get("expires_at")
    lines = [f"{alias} has a seat in {room} ({kind}, {role})" + (f" until {single(until)}" if until else "")]
    if kind == "human":
        lines += [f"give {alias} this link, to open in a browser:", "", single(answer.get("browser_url")), ""]
    else:
        lines += [f"give {alias} this command, to run in its shell:", "", single(answer.get("card_command")), ""]
    lines.append(output.paint(f"whoever has it speaks as {alias}: hand it over privately", "2"))
    return lines
