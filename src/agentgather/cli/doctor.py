"""`doctor`: everything that can be wrong between you and your room, looked at in order. It never shows a token."""

from __future__ import annotations

from typing import Annotated

import trio
from cyclopts import Parameter

from agentgather.cli.check import Check, worst
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.home_checks import home_checks, room_checks
from agentgather.cli.output import Output, output_for, single
from agentgather.cli.server_checks import failed, server_checks
from agentgather.cli.turn import Turn, open_turn
from agentgather.client.doors import is_hosted
from agentgather.client.errors import Refused, Unreachable

_OK, _FAIL = "32", "1;31"


def doctor(*, repair: Annotated[bool, Parameter(negative=())] = False, flags: Flags = ANYONE) -> int:
    """Check the room, its files and the way to it.

    The exit code is that of the worst finding: 6 damage, 4 something missing, 5 nobody answers, 3 anything else.

    Parameters
    ----------
    repair
        Mend what can be. A damaged log is kept as it is beside the mended one; no readable record is dropped.
    """
    output = output_for(is_json=flags.json)
    checks: list[Check] = []
    home = flags.open_home()
    checks += home_checks(home)
    turn = _seat(flags, checks)
    if turn is not None:
        room = turn.seat.room
        if room is not None and is_hosted(turn.seat, room, home):
            checks += room_checks(home, room)
        if repair:  # before the room is asked: what is mended may be what kept it from being served
            _repair(checks)
        trio.run(_ask, turn, checks)
    if repair:
        _repair(checks)
    lines = [f"{_word(check, output)} {check.name}: {single(check.message)}" for check in checks]
    code = worst(checks)
    output.answer({"ok": code == 0, "checks": [check.to_json() for check in checks]}, *lines)
    return code


def _seat(flags: Flags, checks: list[Check]) -> Turn | None:
    try:
        turn = open_turn(flags)
    except Exception as error:  # noqa: BLE001 - `failed` raises again what is a bug
        checks.append(failed("current-room", error))
        return None
    who = "@".join(str(part) for part in (turn.seat.room, turn.seat.alias) if part) or "a token of yours"
    checks.append(Check("current-room", who))
    return turn


async def _ask(turn: Turn, checks: list[Check]) -> None:
    try:
        checks += await server_checks(turn)
    except (Refused, Unreachable) as error:
        checks.append(failed("room-server", error))


def _repair(checks: list[Check]) -> None:
    for check in checks:
        check.repair()


def _word(check: Check, output: Output) -> str:
    return output.paint("ok", _OK) if check.is_ok else output.paint("fail", _FAIL)
