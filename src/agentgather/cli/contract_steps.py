"""`agentgather contract subscribe`, `unsubscribe` and `ack`: who depends on a contract, and who knows of what broke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.contract_lines import waited_for
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.asking import Json
from agentgather.client.room_client import RoomClient


def subscribe(name: str, /, *, side: Annotated[str, Parameter(name="--as")] = "consumer", flags: Flags = ANYONE) -> int:
    """Say that you depend on a contract: you are called when a version breaks you.

    Parameters
    ----------
    name
        The name of the contract.
    side
        consumer (you read such data, or call the API) or producer (you write it, or serve it).
    """
    return _take(
        flags, lambda room: room.subscribe_contract(name, side=side), f"you depend on it as its {single(side)}"
    )


def unsubscribe(name: str, /, *, flags: Flags = ANYONE) -> int:
    """Depend on a contract no longer.

    Parameters
    ----------
    name
        The name of the contract.
    """
    return _take(flags, lambda room: room.unsubscribe_contract(name), "you depend on it no longer")


def ack(name: str, version: int | None = None, /, *, flags: Flags = ANYONE) -> int:
    """Say that you know of a version that breaks you, and of all before it.

    Parameters
    ----------
    name
        The name of the contract.
    version
        Its number. Default: the newest.
    """

    async def work(turn: Turn) -> None:
        number = version
        if number is None:
            shown = await turn.ask(lambda room: room.contract(name))
            number = int(shown["contract"]["version"])
        answer = await turn.ask(lambda room: room.acknowledge_contract(name, version=number))
        _tell(turn, answer, f"you know of v{number}")

    return take_turn(flags, work)


def _take(flags: Flags, step: Callable[[RoomClient], Awaitable[Json]], told: str) -> int:
    async def work(turn: Turn) -> None:
        _tell(turn, await turn.ask(step), told)

    return take_turn(flags, work)


def _tell(turn: Turn, answer: Json, told: str) -> None:
    contract = answer.get("contract") or {}
    lines = [f"contract {single(contract.get('name'))} v{single(contract.get('version'))}: {told}"]
    if pending := waited_for(contract):
        lines.append(f"not acknowledged by {pending}")
    turn.output.answer(answer, *lines)
