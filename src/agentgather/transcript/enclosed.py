"""What a note of the room's encloses: words of participants that its one line tells in part, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentgather.room.text import quoted

_WORDS = {
    "room.created": ("brief", "Brief"),
    "room.adopted": ("brief", "Brief"),
    "brief.changed": ("body", "Brief"),
    "task.added": ("description", "Description"),
    "task.edited": ("description", "Description"),
    "task.completed": ("result", "Result"),
    "task.cancelled": ("reason", "Reason"),
    "lease.taken": ("note", "Note"),
    "lease.extended": ("note", "Note"),
    "contract.put": ("note", "Note"),
}
_BREAKS = {"breaking": "breaks", "unknown": "may break"}


def enclosed(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """Labels of ours, and the words to stand below each, of a record as the log has it; never a contract's document."""
    event = fields.get("event")
    return list(_enclosed(event, line=str(fields.get("text")))) if isinstance(event, dict) else []


def _enclosed(event: Mapping[str, object], *, line: str) -> Iterator[tuple[str, str]]:
    name, label = _WORDS.get(str(event.get("kind")), ("", ""))
    words = event.get(name)
    if isinstance(words, str) and words.strip() and quoted(words.strip()) not in line:
        yield label, words.strip()
    if name == "description":
        if isinstance(due := event.get("due"), str):
            yield "Due", due
        if isinstance(depends_on := event.get("depends_on"), list) and depends_on:
            yield "Depends on", "tasks " + ", ".join(map(str, depends_on))
    change = event.get("change")
    if isinstance(change, dict) and isinstance(differences := change.get("differences"), list) and differences:
        told = "\n".join(_difference(one) for one in differences if isinstance(one, dict))
        yield f"Differences ({len(differences)} of {change.get('count')})", told


def _difference(one: Mapping[str, object]) -> str:
    said = f"{str(one.get('kind')).replace('_', ' ')} at {one.get('path') or '/'}"
    broken = [
        f"{verb} {side}s" for side in ("consumer", "producer") if (verb := _BREAKS.get(str(one.get(side)))) is not None
    ]
    return said + (f": {', '.join(broken)}" if broken else "")
