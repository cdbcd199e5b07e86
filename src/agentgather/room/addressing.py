"""Whom a message is for: aliases, whoever has a role at that moment, or all who are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentgather.room.names import Alias
from agentgather.room.participant import Participant
from agentgather.room.refusals import InvalidTo

ROLE = "role:"
ALL = "all"

Roster = Mapping[Alias, Participant]


def addressed(to: Iterable[str], *, roster: Roster, sender: Alias) -> tuple[Alias, ...]:
    """The aliases that `to` means right now, in its order and the roster's, each once.

    A role and `all` leave out the sender, and whoever was removed or has left; an alias means that seat whatever it does.
    """
    found: dict[Alias, None] = {}
    for name in to:
        if name == ALL or name.startswith(ROLE):
            found |= dict.fromkeys(_together(name, roster=roster, sender=sender))
        elif name in roster:
            found[Alias(name)] = None
    return tuple(found)


def check_addressed(to: Iterable[str], *, roster: Roster, sender: Alias) -> None:
    """Raise InvalidTo for the first of `to` that is nobody: no seat, or a role that nobody else here has."""
    for name in to:
        if name == ALL:
            continue
        if not name.startswith(ROLE):
            if name not in roster:
                raise InvalidTo(f"to names {name!r}, who is not in this room; see /status for the roster", field="to")
        elif not _together(name, roster=roster, sender=sender):
            raise InvalidTo(f"{_nobody(name, roster=roster)}; nothing was recorded", field="to")


def _together(name: str, *, roster: Roster, sender: Alias) -> list[Alias]:
    label = name.removeprefix(ROLE)
    return [
        seat.alias
        for seat in roster.values()
        if seat.alias != sender and not (seat.is_removed or seat.has_left) and (name == ALL or label in seat.labels)
    ]


def _nobody(name: str, *, roster: Roster) -> str:
    used = sorted({label for seat in roster.values() if not seat.is_removed for label in seat.labels})
    there = f"the roles in this room are {', '.join(used)}" if used else "nobody in this room has a role label"
    return f"nobody else here has the role {name.removeprefix(ROLE)!r} at present ({there})"
