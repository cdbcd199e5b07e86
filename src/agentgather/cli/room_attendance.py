"""`agentgather room attendance`: what attendance the host expects. It is a word to people, and blocks nobody."""

from __future__ import annotations

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.participant import Policy


def view(*, flags: Flags = ANYONE) -> int:
    """Show what attendance the host expects."""

    async def work(turn: Turn) -> None:
        policy = (await turn.ask(lambda room: room.status())).get("attendance_policy")
        turn.output.answer({"ok": True, "attendance_policy": policy}, single(policy))

    return take_turn(flags, work)


def set_policy(wanted: str | None = None, /, *, policy: str | None = None, flags: Flags = ANYONE) -> int:
    """Say what attendance you expect: manual-ok, agents-foreground, all-foreground or host-directed.

    Parameters
    ----------
    wanted
        The policy.
    policy
        The policy, instead of the word alone.
    """
    if (wanted is None) == (policy is None):
        raise Failure("usage", f"name one policy: {', '.join(Policy)}", field="policy")

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.set_policy(str(policy or wanted)))
        turn.output.answer(answer, f"the host expects {single(answer.get('attendance_policy'))}")

    return take_turn(flags, work)
