"""The line that wakes an agent: it says that there is something, from whom and for whom, and never what.

Pasted words are taken for the user's own by the agents that we know; so none of a room's words are in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.wake.cause import Cause

LINE_CHARACTERS_MAX = 200
NAME_CHARACTERS_MAX = 64  # of an alias and of a room
WHAT = {
    "need_reply": "needs your reply",
    "handoff": "handed work over to you",
    "task": "a task for you",
    "contract": "a contract you follow",
    "lease": "a lease of yours",
    "session": "a session began",
    "answer": "an answer to you",
    "safety": "still unread",
}


def pointer_line(causes: Sequence[Cause], *, room: str, me: str, is_safety: bool = False) -> str:
    """One line of at most 200 characters. What does not fit is left out from the end on: how, why, where, for whom."""
    first = causes[0]
    senders = list(dict.fromkeys(_name(cause.sender) for cause in causes))
    who = senders[0] if len(senders) == 1 else f"{senders[0]} and {len(senders) - 1} more"
    start = f"[Agent Gather] New from {who}"
    reason = "safety" if is_safety else first.reason
    parts = [
        f" for {_name(me)}",
        f" in room {_name(room)}",
        f" after #{first.id - 1}",
        f" ({WHAT[reason]})" if reason in WHAT else "",
        ". Fetch it with your room tool or: agentgather read",
    ]
    line = start
    for part in parts:
        if len(line) + len(part) > LINE_CHARACTERS_MAX:
            break
        line += part
    return line


def _name(text: str) -> str:
    """`text` cut to its place, with nothing in it that a terminal or a form would act on. Names of rooms pass as they are."""
    shown = "".join(one if " " <= one <= "~" else "?" for one in text)
    return shown if len(shown) <= NAME_CHARACTERS_MAX else shown[: NAME_CHARACTERS_MAX - 3] + "..."
