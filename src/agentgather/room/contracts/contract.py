"""A contract as the room knows it: its versions, what each of them changed, and who depends on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from immutables import Map

from agentgather.contracts.difference import Comparison, Difference, Side, Verdict
from agentgather.contracts.document import Format
from agentgather.room.contracts.refusals import InvalidContractName
from agentgather.room.names import Alias, MessageId

ContractName = NewType("ContractName", str)

TOLD_MAX = 12  # differences that a version carries in the log; all of them are computed when somebody asks
_SLUG = re.compile(r"[a-z0-9-]{1,64}")


def contract_name(text: str) -> ContractName:
    """Parse the name of a contract. Raises InvalidContractName."""
    if not _SLUG.fullmatch(text):
        raise InvalidContractName(
            "a contract's name is 1 to 64 characters: lowercase letters, digits and hyphens", field="name"
        )
    return ContractName(text)


@dataclass(frozen=True, slots=True)
class Change:
    """What a version changed beside the one before: `told` are a few of its `count` differences, the worst first."""

    consumer: Verdict
    producer: Verdict
    count: int
    told: tuple[Difference, ...]

    @classmethod
    def of(cls, comparison: Comparison) -> Change:
        worst_first = sorted(comparison.differences, key=lambda one: not (one.consumer.breaks or one.producer.breaks))
        return cls(comparison.consumer, comparison.producer, comparison.count, tuple(worst_first[:TOLD_MAX]))

    def verdict(self, side: Side) -> Verdict:
        return self.consumer if side is Side.CONSUMER else self.producer


@dataclass(frozen=True, slots=True)
class Version:
    """`change` None: the first. `asked` are those whom it breaks, and who are to say that they know."""

    number: int
    format: Format
    document: str  # canonical JSON
    note: str
    put_by: Alias
    put_at: datetime
    message_id: MessageId
    change: Change | None
    asked: tuple[Alias, ...] = ()
    acknowledged: Map[Alias, datetime] = field(default_factory=Map)


@dataclass(frozen=True, slots=True)
class Contract:
    """`versions` in order, the first is 1; there is always one. `subscribers` say where each stands."""

    name: ContractName
    versions: Map[int, Version]
    latest_number: int
    subscribers: Map[Alias, Side] = field(default_factory=Map)
    pending: Map[int, frozenset[Alias]] = field(default_factory=Map)  # by version: asked, and not acknowledged

    @property
    def latest(self) -> Version:
        return self.versions[self.latest_number]

    def pending_of(self, alias: Alias) -> tuple[int, ...]:
        """The versions that `alias` has still to acknowledge, in order."""
        return tuple(sorted(number for number, aliases in self.pending.items() if alias in aliases))
