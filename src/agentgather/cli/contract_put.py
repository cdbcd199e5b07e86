"""`agentgather contract put`: a new version of what programs agree on, from a file or standard input."""

from __future__ import annotations

import json
from typing import Any

from agentgather.cli.contract_lines import put_lines
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.stdin import file_text
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.contracts.contract import contract_name


def put(
    name: str,
    file: str,
    /,
    *,
    format: str | None = None,
    note: str = "",
    base: int | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Put a version of a contract. Whom it breaks is called, and asked to acknowledge it.

    Parameters
    ----------
    name
        The name of the contract.
    file
        The document, as JSON; `-` reads it from standard input.
    format
        jsonschema or openapi. Default: what the document looks like.
    note
        What changed, and why.
    base
        The version that you changed: refuse yours if another came since. 0 if there shall be none.
    """
    contract_name(name)
    document = _document(file)

    async def work(turn: Turn) -> None:
        answer = await turn.ask(
            lambda room: room.put_contract(name, document, document_format=format, note=note, base_version=base)
        )
        turn.output.answer(answer, *put_lines(answer))

    return take_turn(flags, work)


def _document(file: str) -> dict[str, Any]:
    text = file_text(file, of="the document")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Failure("usage", "the document is not JSON", hint="YAML can be turned into JSON first") from None
    if not isinstance(value, dict):
        raise Failure("usage", "the document is JSON, yet no object")
    return value
