"""`agentgather contract list`, `get` and `diff`: what is agreed, and what changed."""

from __future__ import annotations

import json
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.contract_lines import broken, difference_lines, list_lines
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.text import visible


def list_contracts(*, flags: Flags = ANYONE) -> int:
    """Show the contracts, whom the newest version breaks, and who has not acknowledged it."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.contracts())
        turn.output.answer(answer, *list_lines(answer.get("contracts") or []))

    return take_turn(flags, work)


def get(name: str, /, *, version: int | None = None, flags: Flags = ANYONE) -> int:
    """Show the document of a version.

    Parameters
    ----------
    name
        The name of the contract.
    version
        Its number. Default: the newest.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.contract(name, version=version))
        document = (answer.get("version") or {}).get("document")
        turn.output.answer(answer, _written(document))

    return take_turn(flags, work)


def _written(document: object) -> str:
    """A document as JSON that is safe for a terminal, and still JSON."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return text if visible(text) == text else json.dumps(document, indent=2).replace("\x7f", "\\u007f")


def diff(
    name: str,
    /,
    *,
    older: Annotated[int | None, Parameter(name="--from")] = None,
    newer: Annotated[int | None, Parameter(name="--to")] = None,
    flags: Flags = ANYONE,
) -> int:
    """Show what differs between two versions, and whom it breaks.

    Parameters
    ----------
    name
        The name of the contract.
    older
        The number of one version. Default: the one before the other.
    newer
        The number of the other. Default: the newest.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.compare_contract(name, from_version=older, to_version=newer))
        versions = f"v{single(answer.get('from'))} to v{single(answer.get('to'))}"
        head = f"contract {single(answer.get('name'))}, {versions}: it breaks {broken(answer)}"
        turn.output.answer(answer, head, *difference_lines(answer))

    return take_turn(flags, work)
