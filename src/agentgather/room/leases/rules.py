"""The rules of leases: no two people hold paths that meet, and none is held longer than it was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from agentgather.room.leases.commands import ReleaseLease, TakeLease
from agentgather.room.leases.events import LeaseEnded, LeaseExtended, LeaseTaken
from agentgather.room.leases.globs import Glob, can_meet, read_glob
from agentgather.room.leases.lease import Ending, Lease, LeaseId
from agentgather.room.leases.refusals import InvalidGlob, InvalidLease, LeaseHeld, LeaseLimit, LeaseNotFound
from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message, timestamp
from agentgather.room.participant import Participant, Role
from agentgather.room.refusals import NotHolder, ReadOnly
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.text import is_storable, quoted, utf16_units

GLOBS_MAX = 20  # of one lease
MINUTES_MAX = 480  # a working day
MINUTES = 60  # when nothing is said
MINUTE = timedelta(minutes=1)


def take(
    state: RoomState, command: TakeLease, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """Hold paths, or hold longer what is held already. To ask again within a minute changes nothing."""
    if actor.role is Role.OBSERVER:
        raise ReadOnly(f"{actor.alias} is an observer: it may read and wait, not lease; ask the host for a guest seat")
    _check_terms(command, limits=limits)
    globs = _read_globs(command.globs)
    texts = tuple(glob.text for glob in globs)
    live = state.leases.live(scribe.now)
    _check_free(globs, [lease for lease in live if lease.holder != actor.alias])
    mine = [lease for lease in live if lease.holder == actor.alias]
    until = scribe.now + MINUTE * command.minutes
    again = _same(mine, texts)
    if again is not None and until < again.until + MINUTE and command.note in ("", again.note):
        return []
    check_may_speak(state, actor, limits=limits)
    if again is not None:
        end = max(until, again.until)
        event: LeaseTaken | LeaseExtended = LeaseExtended(actor.alias, again.id, command.note or again.note, end)
        text = f"{actor.alias} holds lease {again.id}"
    else:
        _check_room(live, mine, count=len(globs), limits=limits)
        event = LeaseTaken(actor.alias, LeaseId(state.leases.last_id + 1), texts, command.note, until)
        text = f"{actor.alias} took lease {event.lease}"
    text += f" on {' '.join(map(quoted, texts))} until {timestamp(event.until)}"
    told = scribe.note(text + (f": {quoted(event.note)}" if event.note else ""), event)
    return [told, *pause(state, actor, scribe=scribe, limits=limits)]


def held(state: RoomState, command: TakeLease, *, now: datetime) -> Lease:
    """The lease that `command` took or extended. Raises LeaseNotFound when it has ended since."""
    texts = tuple(glob.text for glob in _read_globs(command.globs))
    lease = _same(state.leases.held_by(command.actor, now=now), texts)
    if lease is None:
        raise LeaseNotFound("the lease was yours for a moment: it has ended already; see /leases")
    return lease


def release(state: RoomState, command: ReleaseLease, *, actor: Participant, scribe: Scribe) -> list[Message]:
    """End a lease before its time: its holder or the host may. One that is over stays over.

    A paused agent may too: it lets others work, and there are no more of these than leases were taken.
    """
    if not 1 <= command.lease <= state.leases.last_id:
        raise LeaseNotFound(f"there is no lease {command.lease} in this room; see /leases for those that hold")
    lease = state.leases.find(command.lease, now=scribe.now)
    if lease is None:
        return []
    if lease.holder != actor.alias and not actor.is_host:
        raise NotHolder(
            f"lease {lease.id} is {lease.holder}'s; only its holder and the host may release it",
            facts={"holder": lease.holder},
        )
    is_own = lease.holder == actor.alias
    whose = "" if is_own else f"@{lease.holder}'s "
    event = LeaseEnded(actor.alias, lease.id, Ending.RELEASED)
    return [scribe.note(f"{actor.alias} released {whose}lease {lease.id} on {_shown(lease)}", event)]


def let_go(state: RoomState, holder: Participant, *, ending: Ending, scribe: Scribe) -> list[Message]:
    """What has to be said of the leases of somebody who goes, before that is said."""
    return [
        scribe.note(
            f"lease {lease.id} of {holder.alias} on {_shown(lease)} ends: its holder "
            + ("leaves" if ending is Ending.LEFT else "is removed"),
            LeaseEnded(holder.alias, lease.id, ending),
        )
        for lease in state.leases.held_by(holder.alias, now=scribe.now)
    ]


def _same(leases: Iterable[Lease], texts: tuple[str, ...]) -> Lease | None:
    """The one that names the same globs, in whatever order."""
    return next((lease for lease in leases if frozenset(lease.globs) == frozenset(texts)), None)


def _check_terms(command: TakeLease, *, limits: RoomLimits) -> None:
    if not 1 <= command.minutes <= MINUTES_MAX:
        raise InvalidLease(f"minutes is a whole number from 1 to {MINUTES_MAX}", field="minutes")
    if not is_storable(command.note) or utf16_units(command.note) > limits.lease_note_units_max:
        raise InvalidLease(f"a note is text of at most {limits.lease_note_units_max} characters", field="note")


def _read_globs(written: tuple[str, ...]) -> tuple[Glob, ...]:
    if not 1 <= len(written) <= GLOBS_MAX:
        raise InvalidGlob(f"a lease names 1 to {GLOBS_MAX} globs, not {len(written)}", field="globs")
    return tuple({glob.text: glob for glob in map(read_glob, written)}.values())


def _check_free(globs: tuple[Glob, ...], others: list[Lease]) -> None:
    """Raise LeaseHeld for the first lease of somebody else that one of `globs` meets."""
    for lease in others:
        for glob in globs:
            if any(can_meet(glob, read_glob(theirs)) for theirs in lease.globs):
                raise LeaseHeld(
                    f"{lease.holder} holds lease {lease.id} on {_shown(lease)} until {timestamp(lease.until)}, and "
                    f"{quoted(glob.text)} meets it; ask {lease.holder} to release it, or work elsewhere until then",
                    field="globs",
                    facts={
                        "holder": lease.holder,
                        "lease": lease.id,
                        "globs": list(lease.globs),
                        "until": timestamp(lease.until),
                    },
                )


def _check_room(live: tuple[Lease, ...], mine: list[Lease], *, count: int, limits: RoomLimits) -> None:
    if len(mine) >= limits.leases_each_max:
        raise LeaseLimit(f"you hold {len(mine)} leases, {limits.leases_each_max} is the maximum; release one of them")
    held = sum(len(lease.globs) for lease in live)
    if held + count > limits.leased_globs_max:
        raise LeaseLimit(f"the leases here hold {held} of {limits.leased_globs_max} globs; ask for fewer, or wait")


def _shown(lease: Lease) -> str:
    return " ".join(map(quoted, lease.globs))
