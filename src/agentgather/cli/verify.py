"""`verify`: an export or a room's directory, checked offline by whoever holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from agentgather.cli.exit_codes import DAMAGED, OK
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import output_for, single
from agentgather.client.asking import Json
from agentgather.client.chain import Chain, ChainBroken
from agentgather.store.verify import verify as verify_log

FAULTS_TOLD_MAX = 20  # one broken place often breaks what follows; nobody reads more


@dataclass(slots=True)
class Verdict:
    """What was found in `path`. `faults` say where it is not what was written; `notes` what is odd and no fault."""

    path: Path
    records: int = 0
    last_id: int = 0
    head: str | None = None
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> Json:
        answer: Json = {
            "ok": not self.faults,
            "path": str(self.path),
            "records": self.records,
            "last_id": self.last_id,
            "chain": self.head,
            "notes": self.notes,
        }
        if not self.faults:
            return answer
        return {**answer, "error": "damaged", "message": self.faults[0], "faults": self.faults[:FAULTS_TOLD_MAX]}


def verify(
    path: str,
    *,
    head: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,  # one in 64 begins with "-"
    flags: Flags = ANYONE,
) -> int:
    """Check an export (json or jsonl) or a room's directory, offline.

    Every record has to be what was sealed, with none missing between the first and the last. That nothing was cut off
    at the end only the head can tell: `export` prints it.

    Parameters
    ----------
    path
        The export, a messages.jsonl, or the directory of a room.
    head
        The head of the chain as somebody else has it.
    """
    output = output_for(is_json=flags.json)
    verdict = verdict_of(Path(path), head=head)
    lines = [f"note: {single(note)}" for note in verdict.notes]
    lines += [f"damaged: {single(fault)}" for fault in verdict.faults[:FAULTS_TOLD_MAX]]
    if not verdict.faults:
        lines.append(f"ok: {verdict.records} records to #{verdict.last_id}, head {single(verdict.head)}")
    output.answer(verdict.to_json(), *lines)
    return DAMAGED if verdict.faults else OK


def verdict_of(path: Path, *, head: str | None = None) -> Verdict:
    """Judge what is in `path`. Raises Failure for a file that is neither log nor export, OSError."""
    export = None if path.is_dir() else _document(path.read_bytes())
    verdict = _of_log(path) if export is None else _of_export(path, export)
    if not verdict.faults and verdict.head is None:
        verdict.faults.append("nothing in it is sealed, so nothing vouches for it")
    elif not verdict.faults and head is not None and head != verdict.head:
        verdict.faults.append(f"its head is {verdict.head} and not yours: its end is missing, or another room's")
    return verdict


def _of_log(path: Path) -> Verdict:
    report = verify_log(path)
    if report.room is None:
        raise Failure("not_an_export", f"{path} is neither a log nor an export in json or jsonl")
    verdict = Verdict(path, report.records, report.last_id, report.head)
    verdict.faults = [f"line {fault.line} (byte {fault.offset}): {fault.reason}" for fault in report.faults]
    if report.torn_bytes:
        verdict.notes.append(f"a torn end of {report.torn_bytes} bytes, which was never acknowledged")
    return verdict


def _of_export(path: Path, export: dict[str, Any]) -> Verdict:
    chain = Chain()
    verdict = Verdict(path)
    try:
        for fields in export["messages"]:
            chain.follow(fields)
        if export["chain"] != (chain.head or None):
            raise ChainBroken("its last record is not the one whose seal the export names")
    except ChainBroken as broken:
        verdict.faults.append(str(broken))
    verdict.records, verdict.last_id, verdict.head = chain.sealed + chain.unsealed, chain.last_id, chain.head or None
    if chain.unsealed and chain.sealed:
        verdict.notes.append(f"{chain.unsealed} records were written by Agent Gather 0.1 and carry no seal")
    return verdict


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
