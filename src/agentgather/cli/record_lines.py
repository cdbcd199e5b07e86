"""A record as people and agents read it: one line, and further lines that can never pass for another record."""

from __future__ import annotations

from datetime import datetime
from zlib import crc32

from agentgather.cli.output import INDENT, Output, indented, single
from agentgather.client.answers import Record

BOLD, FAINT, CALLED = "1", "2", "1;7"
# Of the 256 colours, ones that read well on black and on white.
_COLOURS = (32, 37, 64, 66, 71, 97, 103, 130, 133, 136, 137, 140, 166, 168, 172, 173)


def record_lines(record: Record, *, me: str | None, output: Output) -> str:
    """`record` as `id ts from: text`; on a terminal with colours and local times. `me` is marked when called."""
    if output.is_live:
        return _live(record, me=me, output=output)
    notes = "".join(f" [{note}]" for note in _notes(record, me=me))
    return f"{record.id} {single(record.ts)} {single(record.author)}{notes}: {_text(record)}"


def _live(record: Record, *, me: str | None, output: Output) -> str:
    place = output.paint(f"{record.id:>4} {_local_time(record.ts)}", FAINT)
    if record.author == "system":
        return f"{place} {output.paint('* ' + _text(record), FAINT)}"
    author = output.paint(single(record.author), f"1;38;5;{_COLOURS[crc32(record.author.encode()) % len(_COLOURS)]}")
    notes = [note for note in _notes(record, me=None) if note]
    faint = output.paint(f" ({', '.join(notes)})", FAINT) if notes else ""
    called = " " + output.paint("@you", CALLED) if record.calls(me) and record.author != me else ""
    return f"{place} {author}{faint}{called}  {_text(record)}"


def _notes(record: Record, *, me: str | None) -> list[str]:
    """What the text itself does not tell."""
    notes = []
    if record.type not in ("message", "reply", "system"):
        notes.append(single(record.type))
    if record.reply_to is not None:
        notes.append(f"reply to {record.reply_to}")
    if record.to:
        notes.append("to " + " ".join(single(alias) for alias in record.to))
    if record.is_done:
        notes.append("done")
    if record.needs_reply:
        notes.append("wants an answer")
    if me is not None and record.author != me and record.calls(me):
        notes.append("calls you")
        if record.proof is not None:
            notes.append(f"proof {record.proof}")
    return notes


def _text(record: Record) -> str:
    return "(taken back)" if record.is_retracted else indented(record.text, by=INDENT)


def _local_time(ts: str) -> str:
    """The time of `ts` here; the day too when it is not today."""
    try:
        local = datetime.fromisoformat(ts).astimezone()
    except ValueError:
        return single(ts)
    is_today = local.date() == datetime.now(local.tzinfo).date()
    return f"{local:%H:%M}" if is_today else f"{local:%d %b %H:%M}"
