"""`verify`: an export or a room's directory, checked offline by whoever holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentgather.api.seal import parse_line
from agentgather.cli.exit_codes import DAMAGED, OK
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import output_for, single
from agentgather.client.asking import Json
from agentgather.client.chain import Chain, ChainBroken

LOG_NAME = "messages.jsonl"


@dataclass(slots=True)
class Verdict:
    """What was found in `path`. `broken` says where the chain stops holding; `notes` what is odd and no damage."""

    path: Path
    chain: Chain = field(default_factory=Chain)
    broken: str | None = None
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> Json:
        answer: Json = {
            "ok": self.broken is None,
            "path": str(self.path),
            "records": self.chain.sealed + self.chain.unsealed,
            "sealed": self.chain.sealed,
            "withheld": self.chain.withheld,
            "last_id": self.chain.last_id,
            "chain": self.chain.head or None,
            "notes": self.notes,
        }
        return answer if self.broken is None else {**answer, "error": "damaged", "message": self.broken}


def verify(path: str, *, head: str | None = None, flags: Flags = ANYONE) -> int:
    """Check an export (json or jsonl) or a room's directory, offline.

    Every record has to be what was sealed, with none missing between the first and the last. That nothing was cut off
    at the end only the head can tell: `export` prints it.

    Parameters
    ----------
    path: The export, a messages.jsonl, or the directory of a room.
    head: The head of the chain as somebody else has it.
    """
    output = output_for(is_json=flags.json)
    verdict = verdict_of(Path(path), head=head)
    chain = verdict.chain
    lines = [f"note: {single(note)}" for note in verdict.notes]
    if verdict.broken is None:
        lines.append(f"ok: {chain.sealed + chain.unsealed} records to #{chain.last_id}, head {single(chain.head)}")
    else:
        lines.append(f"damaged: {single(verdict.broken)}")
    output.answer(verdict.to_json(), *lines)
    return OK if verdict.broken is None else DAMAGED


def verdict_of(path: Path, *, head: str | None = None) -> Verdict:
    """Follow the chain through `path`. Raises Failure for a file that is neither log nor export, OSError."""
    log = path / LOG_NAME if path.is_dir() else path
    verdict = Verdict(path)
    content = log.read_bytes()
    try:
        for fields in _records(content, verdict, path=log):
            verdict.chain.follow(fields)
    except ChainBroken as broken:
        verdict.broken = str(broken)
        return verdict
    chain = verdict.chain
    if chain.unsealed:
        verdict.notes.append(f"{chain.unsealed} records were written by Agent Gather 0.1 and carry no seal")
    if chain.withheld:
        verdict.notes.append(f"{chain.withheld} records hold, and their text was taken back")
    if not chain.sealed:
        verdict.broken = "nothing in it is sealed, so nothing vouches for it"
    elif head is not None and head != chain.head:
        verdict.broken = f"its head is {chain.head}, not the one you have: records at its end are missing or not yours"
    return verdict


def _records(content: bytes, verdict: Verdict, *, path: Path) -> Iterator[Json]:
    """The records of an export or a log, in order. Raises ChainBroken, Failure."""
    whole = _document(content)
    if whole is not None:
        messages = whole["messages"]
        yield from messages
        if whole.get("chain") != (verdict.chain.head or None):
            raise ChainBroken("its last record is not the one whose seal the export names")
        return
    lines = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fields = parse_line(line.decode())
        except (ValueError, TypeError, RecursionError):
            if number == 1:
                raise Failure("not_an_export", f"{path} is neither a log nor an export in json or jsonl") from None
            if number == len(lines):  # no newline: it was never acknowledged, and opening the room cuts it off
                verdict.notes.append(f"a torn end of {len(line)} bytes, which was never acknowledged")
                return
            raise ChainBroken(f"line {number} is no record") from None
        yield fields


def _document(content: bytes) -> dict[str, Any] | None:
    """The export in one JSON object, None when `content` is something else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    is_export = isinstance(value, dict) and isinstance(value.get("messages"), list) and "chain" in value
    if not is_export or not all(isinstance(record, dict) for record in value["messages"]):
        return None
    export: dict[str, Any] = value
    return export
