"""What is asked of the room, in the imperative. `actor` comes from the credential, never from the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agentgather.room.contracts.commands import ContractCommand
from agentgather.room.leases.commands import LeaseCommand
from agentgather.room.message import MessageType
from agentgather.room.modes import Mode
from agentgather.room.names import Alias, Label, MessageId
from agentgather.room.participant import Kind, Role
from agentgather.room.session.commands import SessionCommand
from agentgather.room.tasks.commands import LapseClaims, TaskCommand
from agentgather.room.wakes.commands import EndWakeBudget, SetWakeBudget


@dataclass(frozen=True, slots=True)
class Post:
    """`to` holds what was asked: aliases, `role:<label>` and `all`; whom that is, is the room's to say when it is recorded.

    `needs_reply`: its author asks whom it is for to answer, and can see who has not. `is_done`: what `reply_to` asked is done.
    """

    actor: Alias
    text: str
    type: MessageType = MessageType.MESSAGE
    reply_to: MessageId | None = None
    client_msg_id: str | None = None
    to: tuple[str, ...] = ()
    context: Mapping[str, Any] | None = None
    needs_reply: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Declaring:
    """What a participant declares of its attention: what is None stays as it was, 0 seconds takes a number away."""

    supported_modes: tuple[Mode, ...] | None = None
    poll_cadence_s: int | None = None
    safety_wake_s: int | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """What is None stays as it is."""

    actor: Alias
    labels: tuple[Label, ...] | None = None
    declaring: Declaring | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    actor: Alias


@dataclass(frozen=True, slots=True)
class SetProfile:
    """How the actor is shown. What is None stays as it is."""

    actor: Alias
    display_name: str | None = None
    labels: tuple[Label, ...] | None = None
    declaring: Declaring | None = None


@dataclass(frozen=True, slots=True)
class SetLabels:
    """Give `alias` these labels in place of those it had."""

    actor: Alias
    alias: Alias
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class SetBrief:
    actor: Alias
    body: str


@dataclass(frozen=True, slots=True)
class SetPolicy:
    actor: Alias
    policy: str


@dataclass(frozen=True, slots=True)
class Invite:
    """Give `alias` a seat. `is_rotation`: the seat may exist; its token is replaced and a removed one comes back."""

    actor: Alias
    alias: Alias
    kind: Kind
    role: Role = Role.GUEST
    is_rotation: bool = False
    labels: tuple[Label, ...] | None = None
    requested_mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    actor: Alias
    alias: Alias


@dataclass(frozen=True, slots=True)
class Rotate:
    actor: Alias
    alias: Alias


@dataclass(frozen=True, slots=True)
class Extend:
    """Move the room's end to `expires_at`; None takes the end away."""

    actor: Alias
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Continue:
    """Let agents stopped by the loop guard speak again."""

    actor: Alias


@dataclass(frozen=True, slots=True)
class Retract:
    """Take a message back. `is_scrub` (host only) also removes its text from the log."""

    actor: Alias
    message_id: MessageId
    is_scrub: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    actor: Alias


@dataclass(frozen=True, slots=True)
class WarnOfExpiry:
    """The house's own: the room ends soon."""


@dataclass(frozen=True, slots=True)
class Expire:
    """The house's own: the room's time has come."""


Command = (
    Post
    | Join
    | Leave
    | SetProfile
    | SetLabels
    | SetBrief
    | SetPolicy
    | Invite
    | Remove
    | Rotate
    | Extend
    | SessionCommand
    | Continue
    | Retract
    | Close
    | WarnOfExpiry
    | Expire
    | TaskCommand
    | LapseClaims
    | LeaseCommand
    | ContractCommand
    | SetWakeBudget
    | EndWakeBudget
)
HouseCommand = WarnOfExpiry | Expire | LapseClaims | EndWakeBudget  # nobody's: the room's own tasks submit them
