"""The rules of the contracts: whoever may speak may put a version; whom it breaks is called, and asked to say that they know."""

from __future__ import annotations

from agentgather.room.contracts import events, wording
from agentgather.room.contracts.board import ContractBoard
from agentgather.room.contracts.commands import (
    AcknowledgeContract,
    ContractCommand,
    PutContract,
    SubscribeContract,
    UnsubscribeContract,
)
from agentgather.room.contracts.contract import Contract
from agentgather.room.contracts.refusals import ContractMoved, ContractNotFound, ContractsFull, VersionNotFound
from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message
from agentgather.room.names import Alias
from agentgather.room.participant import Participant, Role
from agentgather.room.refusals import InvalidText, ReadOnly, TextTooLong
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.text import is_storable, utf16_units

Happened = tuple[str, events.ContractEvent] | None  # the note and its event; None: it is so already


def decide(
    state: RoomState, command: ContractCommand, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """The records that follow from `command`; none when it is so already. Raises the Refusal that says why not."""
    check_may_change(actor)
    happened = _decided(state, command, limits=limits)
    if happened is None:
        return []
    check_may_speak(state, actor, limits=limits)
    return [scribe.note(*happened), *pause(state, actor, scribe=scribe, limits=limits)]


def check_may_change(actor: Participant) -> None:
    """Raise ReadOnly for an observer."""
    if actor.role is Role.OBSERVER:
        raise ReadOnly(f"{actor.alias} is an observer: it may read contracts, not change them; ask for a guest seat")


def known(state: RoomState, name: str) -> Contract:
    """The contract of this name. Raises ContractNotFound."""
    contract = state.contracts.find(name)
    if contract is None:
        raise ContractNotFound("there is no contract of this name in this room; GET /contracts lists those there are")
    return contract


def is_so_already(contract: Contract | None, command: PutContract) -> bool:
    """Whether the newest version is this very document: the same one twice is one version."""
    return contract is not None and (contract.latest.document, contract.latest.format) == (
        command.document.text,
        command.document.format,
    )


def _decided(state: RoomState, command: ContractCommand, *, limits: RoomLimits) -> Happened:
    if isinstance(command, PutContract):
        return _put(state, command, limits=limits)
    contract = known(state, command.name)
    match command:
        case SubscribeContract():
            return _subscribed(contract, command, limits=limits)
        case UnsubscribeContract():
            if command.actor not in contract.subscribers:
                return None
            return wording.unsubscribed(contract, command.actor), events.ContractUnsubscribed(
                command.actor, command.name
            )
        case AcknowledgeContract():
            return _acknowledged(contract, command)


def _put(state: RoomState, command: PutContract, *, limits: RoomLimits) -> Happened:
    _check_note(command.note, limits=limits)
    contract = state.contracts.find(command.name)
    if is_so_already(contract, command):
        return None
    latest = contract.latest_number if contract is not None else 0
    if command.base_version != latest:
        raise ContractMoved(
            f"the newest version of this contract is {latest}, not {command.base_version}; look at it, and put yours again",
            field="base_version",
            facts={"version": latest},
        )
    _check_space(state, contract, command, limits=limits)
    asked = _broken(contract, command)
    event = events.ContractPut(
        command.actor,
        command.name,
        latest + 1,
        command.document.format,
        command.document.text,
        command.note,
        command.change,
        asked,
    )
    return wording.put(event), event


def _check_note(note: str, *, limits: RoomLimits) -> None:
    if not is_storable(note):
        raise InvalidText("note holds a NUL or half of a surrogate pair; send well-formed Unicode", field="note")
    if (units := utf16_units(note)) > limits.contract_note_units_max:
        raise TextTooLong(
            f"note has {units} UTF-16 units, {limits.contract_note_units_max} is the maximum", field="note"
        )


def _check_space(state: RoomState, contract: Contract | None, command: PutContract, *, limits: RoomLimits) -> None:
    board = state.contracts
    if contract is None and len(board.contracts) >= limits.contracts_max:
        raise ContractsFull(f"the room has {limits.contracts_max} contracts, its maximum; put a version of one of them")
    size = board.document_bytes + len(command.document.text.encode())
    if size > limits.contract_bytes_max:
        raise ContractsFull(
            f"all versions of all contracts would have {size} bytes, {limits.contract_bytes_max} is this room's maximum"
        )
    if not state.participants[command.actor].is_host:
        _check_share(board, contract, command, limits=limits)


def _check_share(board: ContractBoard, contract: Contract | None, command: PutContract, *, limits: RoomLimits) -> None:
    """Whoever is not the host fills half of the room's space and no more: no contract is ever taken away again."""
    if contract is None and 2 * board.begun_by(command.actor) >= limits.contracts_max:
        raise ContractsFull(
            f"you began {board.begun_by(command.actor)} of the {limits.contracts_max} contracts that the room can have; the "
            "rest is for others: put a version of one of them"
        )
    size = len(command.document.text.encode())
    if 2 * (board.document_bytes + size) <= limits.contract_bytes_max:
        return  # there is not as much in all
    if 2 * (board.bytes_of(command.actor) + size) > limits.contract_bytes_max:
        raise ContractsFull(
            f"your versions would have more than half of the {limits.contract_bytes_max} bytes that this room has for all"
        )


def _broken(contract: Contract | None, command: PutContract) -> tuple[Alias, ...]:
    """The subscribers whom this version breaks from where they stand; whoever puts it knows."""
    if contract is None or command.change is None:
        return ()
    return tuple(
        alias
        for alias, side in sorted(contract.subscribers.items())
        if alias != command.actor and command.change.verdict(side).breaks
    )


def _subscribed(contract: Contract, command: SubscribeContract, *, limits: RoomLimits) -> Happened:
    if contract.subscribers.get(command.actor) is command.side:
        return None
    if command.actor not in contract.subscribers and len(contract.subscribers) >= limits.contract_subscribers_max:
        raise ContractsFull(f"this contract has {limits.contract_subscribers_max} subscribers, its maximum")
    event = events.ContractSubscribed(command.actor, command.name, command.side)
    return wording.subscribed(contract, event), event


def _acknowledged(contract: Contract, command: AcknowledgeContract) -> Happened:
    if command.version not in contract.versions:
        raise VersionNotFound(
            f"there is no version {command.version} of this contract; the newest is {contract.latest_number}",
            field="version",
            facts={"version": contract.latest_number},
        )
    if not any(number <= command.version for number in contract.pending_of(command.actor)):
        return None
    event = events.ContractAcknowledged(command.actor, command.name, command.version)
    return wording.acknowledged(contract, event), event
