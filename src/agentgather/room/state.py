"""What a room is right now: a fold over its records. Nothing else ever changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from immutables import Map

from agentgather.room import events
from agentgather.room.contracts import board as contract_board
from agentgather.room.contracts.board import ContractBoard
from agentgather.room.contracts.events import ContractEvent
from agentgather.room.delivery import answers as delivery
from agentgather.room.delivery.answers import Answers
from agentgather.room.leases import board as lease_board
from agentgather.room.leases.board import LeaseBoard
from agentgather.room.leases.events import LeaseEnded, LeaseEvent
from agentgather.room.message import Message, moment
from agentgather.room.modes import Declared
from agentgather.room.names import SYSTEM, Alias, MessageId, RoomId
from agentgather.room.participant import Brief, Install, Kind, Participant, Policy, Role
from agentgather.room.session import board as session_board
from agentgather.room.session.board import ActiveSession
from agentgather.room.session.events import SessionEnded, SessionStarted
from agentgather.room.tasks import board as task_board
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.events import TaskEvent, TaskSpoken
from agentgather.room.wakes import board as wakes_board
from agentgather.room.wakes.board import WakesBoard
from agentgather.room.wakes.events import WakeBudgetEnded, WakeBudgetSet

_DAWN = datetime(1970, 1, 1, tzinfo=UTC)
_NO_BRIEF = Brief("", 1, _DAWN, SYSTEM)


@dataclass(frozen=True, slots=True)
class Posted:
    """What an author already said under one client_msg_id, so that saying it again is answered with the first."""

    message_id: MessageId
    text: str


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room after its record `last_id`. Every field but `room` is derived from the log (0.1 rooms: see `RoomAdopted`).

    `is_told` says that the log itself tells who is in the room: false only for a 0.1 room we never wrote to.
    `posts` (id -> author) and `posted` (author, client_msg_id) are persistent maps, so that the cost of a record does
    not grow with history. `streaks` counts what each agent said since a human last posted, `comings` how often it came.
    """

    room: RoomId
    is_open: bool = True
    is_told: bool = False
    policy: Policy = Policy.MANUAL_OK
    brief: Brief = _NO_BRIEF
    created_at: datetime = _DAWN
    updated_ts: str = ""
    expires_at: datetime | None = None
    is_expiry_warned: bool = False
    session: ActiveSession | None = None
    participants: Mapping[Alias, Participant] = field(default_factory=dict)
    last_id: int = 0
    record_count: int = 0
    posts: Map[MessageId, Alias] = field(default_factory=Map)
    posted: Map[tuple[Alias, str], Posted] = field(default_factory=Map)
    retracted: Map[MessageId, bool] = field(default_factory=Map)  # the value says whether its text was scrubbed
    answers: Answers = field(default_factory=Answers)
    streaks: Mapping[Alias, int] = field(default_factory=dict)
    comings: Mapping[Alias, int] = field(default_factory=dict)
    tasks: TaskBoard = field(default_factory=TaskBoard)
    leases: LeaseBoard = field(default_factory=LeaseBoard)
    contracts: ContractBoard = field(default_factory=ContractBoard)
    wakes: WakesBoard = field(default_factory=WakesBoard)

    @property
    def host(self) -> Participant | None:
        return next((seat for seat in self.participants.values() if seat.is_host), None)

    def has_expired(self, now: datetime) -> bool:
        """Whether the room is still open past its time."""
        return self.is_open and self.expires_at is not None and self.expires_at <= now


def fold(records: Iterable[Message], *, start: RoomState) -> RoomState:
    """The state after `records`, told from `start` on."""
    state = start
    for record in records:
        state = apply(state, record)
    return state


def apply(state: RoomState, record: Message) -> RoomState:
    """The state after one more record."""
    numbered: dict[str, Any] = {
        "last_id": max(state.last_id, record.id),
        "record_count": state.record_count + 1,
        "updated_ts": record.ts,
    }
    if record.event is not None:
        return _happened(replace(state, **numbered), record, record.event)
    if record.author == SYSTEM:
        return replace(state, **numbered)
    return replace(state, **numbered, **_said(state, record))


def _said(state: RoomState, record: Message) -> dict[str, Any]:
    """What a post changes: who wrote which id, what may be repeated, and how long agents have been among themselves."""
    changes: dict[str, Any] = {"posts": state.posts.set(record.id, record.author)}
    if record.reply_to is not None or record.needs_reply:
        changes["answers"] = delivery.said(state.answers, record)
    if record.client_msg_id is not None and (record.author, record.client_msg_id) not in state.posted:
        posted = Posted(record.id, record.text)
        changes["posted"] = state.posted.set((record.author, record.client_msg_id), posted)
    if _is_agent(state, record.author):
        changes["streaks"] = _counted(state.streaks, record.author)
    elif state.streaks or state.comings:
        changes |= {"streaks": {}, "comings": {}}
    return changes


def _is_agent(state: RoomState, alias: Alias) -> bool:
    """Whether `alias` counts as an agent: whoever is not known to be a person does."""
    seat = state.participants.get(alias)
    return seat is None or seat.kind is Kind.AGENT


def _counted(counts: Mapping[Alias, int], alias: Alias) -> Mapping[Alias, int]:
    return {**counts, alias: counts.get(alias, 0) + 1}


def _without(counts: Mapping[Alias, int], alias: Alias) -> Mapping[Alias, int]:
    return {who: count for who, count in counts.items() if who != alias}


def _happened(state: RoomState, record: Message, event: events.Event) -> RoomState:
    at = moment(record.ts)
    if isinstance(event, TaskEvent):
        told = replace(state, tasks=task_board.apply(state.tasks, event, at=at, message_id=record.id))
        return _spoken(told, event.by) if isinstance(event, TaskSpoken) else told
    if isinstance(event, LeaseEvent):
        leased = replace(state, leases=lease_board.apply(state.leases, event, at=at))
        return leased if isinstance(event, LeaseEnded) else _spoken(leased, event.by)
    if isinstance(event, ContractEvent):
        agreed = contract_board.apply(state.contracts, event, at=at, message_id=record.id)
        return _spoken(replace(state, contracts=agreed), event.by)
    match event:
        case events.RoomCreated():
            seat = Participant(event.host, event.host_kind, Role.HOST, at, install=Install.HOST, has_joined=True)
            return replace(
                state,
                is_told=True,
                created_at=at,
                policy=event.policy,
                brief=Brief(event.brief, 1, at, event.host),
                expires_at=event.expires_at,
                participants={event.host: seat},
            )
        case events.RoomAdopted():
            return replace(
                state,
                is_told=True,
                policy=event.policy,
                brief=event.brief,
                created_at=event.created_at,
                expires_at=event.expires_at,
                participants={seat.alias: seat for seat in event.participants},
                streaks={},
                comings={},
            )
        case events.ParticipantInvited():
            return _invited(state, event, at=at)
        case events.ParticipantJoined():
            came = _seat_changed(state, event.alias, has_joined=True, has_left=False)
            if not _is_agent(state, event.alias):
                return came
            return replace(came, comings=_counted(state.comings, event.alias))
        case events.ParticipantLeft():
            return _seat_changed(state, event.alias, has_joined=False, has_left=True)
        case events.ParticipantRemoved():
            gone = _seat_changed(state, event.alias, has_joined=False, removed_at=at)
            return replace(
                gone,
                streaks=_without(state.streaks, event.alias),
                comings=_without(state.comings, event.alias),
                contracts=contract_board.without(state.contracts, event.alias),
            )
        case events.ProfileChanged():
            return _spoken(_seat_changed(state, event.alias, display_name=event.display_name), event.alias)
        case events.LabelsSet():
            return _spoken(_seat_changed(state, event.alias, labels=event.labels), event.by)
        case events.AttentionDeclared():
            declared = Declared(event.supported_modes, event.poll_cadence_s, event.safety_wake_s)
            return _spoken(_seat_changed(state, event.alias, declared=declared), event.alias)
        case events.BriefChanged():
            return _spoken(replace(state, brief=Brief(event.body, event.version, at, event.by)), event.by)
        case events.PolicySet():
            return replace(state, policy=event.policy)
        case SessionStarted() | SessionEnded():
            return _spoken(replace(state, session=session_board.apply(event, at=at)), event.by)
        case WakeBudgetSet():
            return _spoken(replace(state, wakes=wakes_board.apply(state.wakes, event, at=at)), event.by)
        case WakeBudgetEnded():
            return replace(state, wakes=wakes_board.apply(state.wakes, event, at=at))
        case events.ExpiryMoved():
            return replace(state, expires_at=event.expires_at, is_expiry_warned=False)
        case events.ExpiryWarned():
            return replace(state, is_expiry_warned=True)
        case events.LoopContinued():
            return replace(state, streaks={}, comings={})
        case events.MessageRetracted():
            author = state.posts.get(event.message_id)
            return replace(
                state,
                retracted=state.retracted.set(event.message_id, event.is_scrubbed),
                answers=delivery.retracted(state.answers, event.message_id, author=author),
            )
        case events.RoomClosed():
            return replace(state, is_open=False, session=None, leases=lease_board.without_any(state.leases))
        case events.TokenRotated() | events.LoopTripped():
            return state  # said for the people who read; nothing to derive


def _spoken(state: RoomState, alias: Alias) -> RoomState:
    """What everybody heard of `alias` without a post: an agent has said that too."""
    return replace(state, streaks=_counted(state.streaks, alias)) if _is_agent(state, alias) else state


def _invited(state: RoomState, event: events.ParticipantInvited, *, at: datetime) -> RoomState:
    known = state.participants.get(event.alias)
    if known is None:
        seat = Participant(
            event.alias, event.kind, event.role, at, labels=event.labels or (), requested_mode=event.requested_mode
        )
    else:
        labels = known.labels if event.labels is None else event.labels
        requested = event.requested_mode or known.requested_mode
        seat = replace(
            known, kind=event.kind, role=event.role, removed_at=None, labels=labels, requested_mode=requested
        )
    return replace(state, participants={**state.participants, event.alias: seat})


def _seat_changed(state: RoomState, alias: Alias, **changes: Any) -> RoomState:
    seat = state.participants.get(alias)
    if seat is None:  # a damaged log lost the invitation: the rest of the room still opens
        return state
    return replace(state, participants={**state.participants, alias: replace(seat, **changes)})
