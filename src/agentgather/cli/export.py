"""`export`: the whole timeline as a file that its holder can read, or check."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Annotated, Literal

from cyclopts import Parameter

from agentgather.api.seal import parse_line
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.main import HYPHEN
from agentgather.cli.output import single
from agentgather.cli.private_output import private_output
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.asking import Json
from agentgather.client.chain import Chain, ChainBroken
from agentgather.client.room_client import RoomClient
from agentgather.room.names import room_id
from agentgather.transcript.facts import Ending, Facts
from agentgather.transcript.formats import FORMATS

PAGE_RECORDS = 500


def export(
    *,
    format: Literal["md", "json", "jsonl", "html"] = "md",
    output: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    flags: Flags = ANYONE,
) -> int:
    """Write the whole timeline to a file that only you can read.

    md is for people, and html is a page that needs nothing beside it. json and jsonl hold every record with its seal;
    `agentgather verify` checks them offline. The head that is printed vouches for the end: who has it knows whether
    something was cut off.

    Parameters
    ----------
    format
        md, json, jsonl or html.
    output
        The file. Default: ROOM-export.FORMAT in this directory; `-` is standard output.
    """
    return take_turn(flags, lambda turn: _export(turn, kind=format, to=output))


async def _export(turn: Turn, *, kind: str, to: str | None) -> None:
    if to == HYPHEN:
        if turn.output.is_json:
            raise Failure("usage", "--json and --output - both want standard output")
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        async with turn.reach() as room:
            await _copy(room, await _facts(room), kind=kind, file=sys.stdout)
        turn.output.flush()
        return
    async with turn.reach() as room:
        facts = await _facts(room)
        path = Path(to) if to is not None else Path(f"{facts.room}-export.{kind}")
        with private_output(path) as file:
            chain = await _copy(room, facts, kind=kind, file=file)
    _tell(turn, facts, chain, path=path)


async def _facts(room: RoomClient) -> Facts:
    status, brief = await room.status(), await room.brief()
    return Facts(
        room=room_id(str(status.get("room"))),
        status=status,
        brief=brief["brief"] if isinstance(brief.get("brief"), dict) else {},
        exported_at=datetime.now(UTC),
    )


async def _copy(room: RoomClient, facts: Facts, *, kind: str, file: IO[str]) -> Chain:
    """Every record, checked against the chain on its way. Raises Failure where the room's own log does not hold."""
    chain, writer = Chain(), FORMATS[kind].writer(facts)
    file.write(writer.begin())
    while page := await room.log(since_id=chain.last_id, records_max=PAGE_RECORDS):
        for line in page.splitlines():
            try:
                fields = parse_line(line)
                chain.follow(fields)
            except (ValueError, TypeError, ChainBroken) as broken:
                raise Failure("damaged", f"the room handed out a log that does not hold: {broken}") from None
            file.write(writer.record(fields))
    file.write(writer.end(Ending(chain.sealed + chain.unsealed, chain.head or None)))
    return chain


def _tell(turn: Turn, facts: Facts, chain: Chain, *, path: Path) -> None:
    count = chain.sealed + chain.unsealed
    answer: Json = {
        "ok": True,
        "room": facts.room,
        "output": str(path),
        "messages": count,
        "chain": chain.head or None,
    }
    turn.output.answer(answer, f"{count} records in {single(path)}", f"head of the chain: {chain.head or 'none'}")
