"""The contracts of a room as a fold: what was known, and one more event, make what is known now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from immutables import Map

from agentgather.room.contracts import events
from agentgather.room.contracts.contract import Contract, ContractName, Version
from agentgather.room.names import Alias, MessageId


@dataclass(frozen=True, slots=True)
class ContractBoard:
    """`document_bytes` is the size of all versions of all contracts."""

    contracts: Map[ContractName, Contract] = field(default_factory=Map)
    document_bytes: int = 0

    def find(self, name: str) -> Contract | None:
        return self.contracts.get(ContractName(name))

    def begun_by(self, alias: Alias) -> int:
        """How many contracts `alias` put the first version of."""
        firsts = (contract.versions.get(1) for contract in self.contracts.values())
        return sum(first is not None and first.put_by == alias for first in firsts)

    def bytes_of(self, alias: Alias) -> int:
        """The size of all versions that `alias` put."""
        versions = (one for contract in self.contracts.values() for one in contract.versions.values())
        return sum(len(one.document.encode()) for one in versions if one.put_by == alias)

    def each(self) -> Iterator[Contract]:
        """The contracts by name."""
        for name in sorted(self.contracts):
            yield self.contracts[name]


def apply(board: ContractBoard, event: events.ContractEvent, *, at: datetime, message_id: MessageId) -> ContractBoard:
    """The contracts after one more event, which record `message_id` told at `at`."""
    known = board.find(event.name)
    if isinstance(event, events.ContractPut):
        return _put(board, event, known, at=at, message_id=message_id)
    if known is None:  # a damaged log lost its first version: the other contracts still stand
        return board
    match event:
        case events.ContractSubscribed():
            changed = replace(known, subscribers=known.subscribers.set(event.by, event.side))
        case events.ContractUnsubscribed():
            changed = _without(known, event.by)
        case events.ContractAcknowledged():
            changed = _acknowledged(known, event.by, through=event.version, at=at)
    return replace(board, contracts=board.contracts.set(known.name, changed))


def without(board: ContractBoard, alias: Alias) -> ContractBoard:
    """The contracts after `alias` lost its seat: it depends on nothing here any more, and nobody waits for its word."""
    contracts = board.contracts
    for name, contract in board.contracts.items():
        if alias in contract.subscribers:
            contracts = contracts.set(name, _without(contract, alias))
    return replace(board, contracts=contracts)


def _put(
    board: ContractBoard, event: events.ContractPut, known: Contract | None, *, at: datetime, message_id: MessageId
) -> ContractBoard:
    version = Version(
        event.version,
        event.format,
        event.document,
        event.note,
        put_by=event.by,
        put_at=at,
        message_id=message_id,
        change=event.change,
        asked=event.asked,
    )
    if known is None:
        known = Contract(event.name, Map(), event.version)
    pending = known.pending.set(event.version, frozenset(event.asked)) if event.asked else known.pending
    changed = replace(
        known, versions=known.versions.set(event.version, version), latest_number=event.version, pending=pending
    )
    size = board.document_bytes + len(event.document.encode())
    return replace(board, contracts=board.contracts.set(event.name, changed), document_bytes=size)


def _without(contract: Contract, alias: Alias) -> Contract:
    """`contract` without a subscriber, and without what it was asked for."""
    if alias not in contract.subscribers:
        return contract
    pending = contract.pending
    for number in contract.pending_of(alias):
        pending = _answered(pending, number, alias)
    return replace(contract, subscribers=contract.subscribers.delete(alias), pending=pending)


def _acknowledged(contract: Contract, alias: Alias, *, through: int, at: datetime) -> Contract:
    versions, pending = contract.versions, contract.pending
    for number in contract.pending_of(alias):
        if number <= through:
            version = versions[number]
            versions = versions.set(number, replace(version, acknowledged=version.acknowledged.set(alias, at)))
            pending = _answered(pending, number, alias)
    return replace(contract, versions=versions, pending=pending)


def _answered(pending: Map[int, frozenset[Alias]], number: int, alias: Alias) -> Map[int, frozenset[Alias]]:
    left = pending[number] - {alias}
    return pending.set(number, left) if left else pending.delete(number)
