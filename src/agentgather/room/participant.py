"""Who is in a room, the four axes that describe them, and how their attendance is derived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agentgather.room.modes import NOTHING_DECLARED, Declared, Mode, effective_mode
from agentgather.room.names import Alias, Label


class Kind(StrEnum):
    AGENT = "agent"
    HUMAN = "human"


class Role(StrEnum):
    """What a seat allows: the host steers, a guest speaks, an observer reads."""

    HOST = "host"
    GUEST = "guest"
    OBSERVER = "observer"


class Location(StrEnum):
    LOCAL = "local"
    REMOTE = "remote"


class Install(StrEnum):
    """What the participant runs: nothing of ours (lite), the CLI (core), or the room itself (host)."""

    LITE = "lite"
    CORE = "core"
    HOST = "host"


class Attention(StrEnum):
    """What the room last observed of a participant; presence, never a record of the log."""

    MANUAL = "manual"
    ATTENDING = "attending"
    STANDBY = "standby"
    AWAY = "away"
    MANAGED = "managed"


class Policy(StrEnum):
    """What the host expects of attendance. Advisory: it feeds roster flags and the card, and blocks nothing."""

    MANUAL_OK = "manual-ok"
    AGENTS_FOREGROUND = "agents-foreground"
    ALL_FOREGROUND = "all-foreground"
    HOST_DIRECTED = "host-directed"


@dataclass(frozen=True, slots=True)
class Brief:
    """The room's shared context, up to 16,000 UTF-16 units. `updated_at` is UTC."""

    body: str
    version: int
    updated_at: datetime
    updated_by: Alias


@dataclass(frozen=True, slots=True)
class Participant:
    """A seat in the room. `has_joined`: joined and not left since; `has_left`: left and not joined since, so that a seat
    which was never taken is neither. Removed seats stay on the roster. `labels` say what somebody does here, and permit nothing.
    """

    alias: Alias
    kind: Kind
    role: Role
    joined_at: datetime
    display_name: str | None = None
    location: Location = Location.LOCAL
    install: Install = Install.LITE
    has_joined: bool = False
    removed_at: datetime | None = None
    has_left: bool = False
    labels: tuple[Label, ...] = ()
    declared: Declared = NOTHING_DECLARED
    requested_mode: Mode | None = None  # the host's wish

    @property
    def is_host(self) -> bool:
        return self.role is Role.HOST

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def effective_mode(self) -> Mode:
        """How its attention is had, as far as it declared; manual where it declared nothing that was asked for."""
        if not self.declared.supported_modes:
            return Mode.MANUAL
        return effective_mode(self.declared, requested=self.requested_mode)

    @property
    def shown_name(self) -> str:
        return self.display_name or self.alias


def is_attendance_required(participant: Participant, *, policy: Policy) -> bool:
    """Whether `policy` expects this participant to attend (contract section 2.8)."""
    if participant.is_removed:
        return False
    if policy is Policy.AGENTS_FOREGROUND:
        return participant.kind is Kind.AGENT
    return policy is Policy.ALL_FOREGROUND


def attendance_state(*, attention: Attention, is_required: bool, seen_age_ms: int, stale_after_ms: int) -> str:
    """`not_attending`, `stale`, or the attention itself (contract section 2.8)."""
    is_here = attention in (Attention.ATTENDING, Attention.MANAGED)
    if is_required and not is_here:
        return "not_attending"
    if is_here and seen_age_ms > stale_after_ms:
        return "stale"
    return attention.value
