"""The one door into the rules: a command and the room as it is become records to write, or a Refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room import commands, events, labelling, posting, seating, steering
from agentgather.room.contracts import rules as contract_rules
from agentgather.room.contracts.commands import ContractCommand
from agentgather.room.leases import rules as leases
from agentgather.room.leases.commands import ReleaseLease, TakeLease
from agentgather.room.leases.lease import Ending
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId
from agentgather.room.participant import Participant
from agentgather.room.refusals import HostRequired, Removed, RoomIsClosed, RoomLogFull
from agentgather.room.scribe import Scribe
from agentgather.room.session import rules as session_rules
from agentgather.room.session.commands import EndSession, SessionCommand, StartSession
from agentgather.room.state import RoomState, apply
from agentgather.room.tasks import rules as task_rules
from agentgather.room.tasks.commands import AddTask, LapseClaims, TaskCommand
from agentgather.room.tasks.task import LapseReason
from agentgather.room.wakes import rules as wakes
from agentgather.room.wakes.commands import EndWakeBudget, SetWakeBudget

# What a host must always be able to do, and what ends a room: allowed beyond the cap of the log.
_ALWAYS = (commands.Close, commands.Expire, commands.Remove, commands.Rotate, commands.Retract, LapseClaims)
_HOST_ONLY = (
    commands.SetBrief,
    commands.SetPolicy,
    commands.Invite,
    commands.SetLabels,
    commands.Remove,
    commands.Rotate,
    commands.Extend,
    SessionCommand,
    SetWakeBudget,
    commands.Continue,
    commands.Close,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a command: `records` to write (none: it was so already), `state` after them.

    `repeats` is the id of the record that an idempotent post repeats; then there is nothing to write.
    """

    state: RoomState
    records: tuple[Message, ...] = ()
    repeats: MessageId | None = None


def decide(state: RoomState, command: commands.Command, *, now: datetime, limits: RoomLimits) -> Decision:
    """Decide `command` at `now`. Raises the Refusal that names what is not so. Changes nothing by itself."""
    actor = None if isinstance(command, commands.HouseCommand) else _actor(state, command.actor)
    if (first := _repeated(state, command)) is not None:
        return Decision(state, repeats=first)
    if isinstance(command, _HOST_ONLY) and actor is not None and not actor.is_host:
        raise HostRequired(f"only the host may do this; you are {actor.alias}")
    if not state.is_open:
        if isinstance(command, commands.Close | commands.HouseCommand):
            return Decision(state)
        raise RoomIsClosed("the room is closed; everything said in it stays readable, nothing can be added")
    if state.record_count >= limits.log_records_max and not isinstance(command, _ALWAYS):
        raise RoomLogFull(
            f"the room's log holds its maximum of {limits.log_records_max} records; the host can export and close it"
        )
    told = state if state.is_told else apply(state, adoption(state, now=now))
    records = _records(told, command, actor, scribe=Scribe(told, now=now), limits=limits)
    if not records:
        return Decision(state)
    if not state.is_told:
        records = [adoption(state, now=now), *records]
    after = state
    for record in records:
        after = apply(after, record)
    return Decision(after, tuple(records))


def adoption(state: RoomState, *, now: datetime) -> Message:
    """The record that makes the log of a 0.1 room tell the whole room, so that its checkpoints may be lost."""
    seats = tuple(state.participants.values())
    event = events.RoomAdopted(seats, state.policy, state.brief, state.created_at, state.expires_at)
    return Scribe(state, now=now).note("the room continues under a newer Agent Gather", event)


def _repeated(state: RoomState, command: commands.Command) -> MessageId | None:
    """The record that `command` repeats, if it carries a key of its author's. Raises IdReused."""
    if isinstance(command, commands.Post):
        return posting.repeated(state, command)
    return task_rules.repeated(state, command) if isinstance(command, AddTask) else None


def _actor(state: RoomState, alias: Alias) -> Participant:
    actor = seating.seat_of(state, alias)
    if actor.is_removed:
        raise Removed(f"{alias} was removed from this room; ask the host for a new invitation")
    return actor


def _records(
    state: RoomState, command: commands.Command, actor: Participant | None, *, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    match command:
        case commands.WarnOfExpiry():
            return steering.warn_of_expiry(state, scribe=scribe)
        case commands.Expire():
            return steering.expire(state, now=scribe.now, scribe=scribe)
        case LapseClaims():
            return task_rules.lapse(state, command.silent, LapseReason.SILENT, scribe=scribe, limits=limits)
        case EndWakeBudget():
            return wakes.end_budget(state, command, scribe=scribe, limits=limits)
    assert actor is not None  # every other command has one
    if isinstance(command, TaskCommand):
        return task_rules.decide(state, command, actor=actor, scribe=scribe, limits=limits)
    if isinstance(command, ContractCommand):
        return contract_rules.decide(state, command, actor=actor, scribe=scribe, limits=limits)
    match command:
        case commands.Post():
            return posting.post(state, command, actor=actor, scribe=scribe, limits=limits)
        case commands.Retract():
            return posting.retract(state, command, actor=actor, scribe=scribe)
        case commands.Join():
            return seating.join(state, command, actor=actor, scribe=scribe, limits=limits)
        case commands.Leave():
            freed = leases.let_go(state, actor, ending=Ending.LEFT, scribe=scribe)
            left = seating.leave(state, actor=actor, scribe=scribe, limits=limits)
            lapsed = task_rules.lapse(state, (actor.alias,), LapseReason.LEFT, scribe=scribe, limits=limits)
            return [*freed, *left, *lapsed]
        case commands.SetProfile():
            return seating.set_profile(state, command, actor=actor, scribe=scribe, limits=limits)
        case commands.SetLabels():
            seat = seating.seat_of(state, command.alias)
            return labelling.set_labels(state, command, seat=seat, actor=actor, scribe=scribe, limits=limits)
        case commands.Invite():
            return seating.invite(state, command, scribe=scribe, limits=limits)
        case commands.Remove():
            seat = seating.seat_to_remove(state, command)
            freed = leases.let_go(state, seat, ending=Ending.REMOVED, scribe=scribe)
            gone = seating.remove(seat, scribe=scribe)
            lapsed = task_rules.lapse(state, (command.alias,), LapseReason.REMOVED, scribe=scribe, limits=limits)
            return [*freed, *gone, *lapsed]
        case commands.Rotate():
            return seating.rotate(state, command, scribe=scribe)
        case commands.SetBrief():
            return steering.set_brief(state, command, actor=actor, scribe=scribe, limits=limits)
        case commands.SetPolicy():
            return steering.set_policy(state, command, scribe=scribe)
        case commands.Extend():
            return steering.extend(command, scribe=scribe)
        case StartSession() | EndSession():
            return session_rules.decide(state, command, actor=actor, scribe=scribe, limits=limits)
        case SetWakeBudget():
            return wakes.set_budget(state, command, actor=actor, scribe=scribe, limits=limits)
        case commands.Continue():
            return steering.continue_room(state, actor=actor, scribe=scribe)
        case TakeLease():
            return leases.take(state, command, actor=actor, scribe=scribe, limits=limits)
        case ReleaseLease():
            return leases.release(state, command, actor=actor, scribe=scribe)
        case commands.Close():
            return steering.close(scribe=scribe)
