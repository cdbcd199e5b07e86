"""What happened to the contracts, in the past tense. The log needs nothing of what compared them to be replayed."""

from __future__ import annotations

from dataclasses import dataclass

from agentgather.contracts.difference import Side
from agentgather.contracts.document import Format
from agentgather.room.contracts.contract import Change, ContractName
from agentgather.room.names import Alias


@dataclass(frozen=True, slots=True)
class ContractPut:
    """`document` is canonical JSON. `asked` are those whom it breaks from where they stand."""

    by: Alias
    name: ContractName
    version: int
    format: Format
    document: str
    note: str
    change: Change | None
    asked: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class ContractSubscribed:
    by: Alias
    name: ContractName
    side: Side


@dataclass(frozen=True, slots=True)
class ContractUnsubscribed:
    by: Alias
    name: ContractName


@dataclass(frozen=True, slots=True)
class ContractAcknowledged:
    by: Alias
    name: ContractName
    version: int


ContractEvent = ContractPut | ContractSubscribed | ContractUnsubscribed | ContractAcknowledged
