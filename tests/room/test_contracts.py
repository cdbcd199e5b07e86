"""The room's contracts: what a version asks of whom, and that the log tells all of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentgather.api.event_json import event_json, read_event
from agentgather.contracts.compare import compare
from agentgather.contracts.difference import Side
from agentgather.contracts.document import Format, kept_document, read_document
from agentgather.room import commands
from agentgather.room.contracts.commands import (
    AcknowledgeContract,
    ContractCommand,
    PutContract,
    SubscribeContract,
    UnsubscribeContract,
)
from agentgather.room.contracts.contract import Change, Contract, ContractName
from agentgather.room.contracts.refusals import ContractMoved, ContractsFull
from agentgather.room.limits import RoomLimits
from agentgather.room.names import Alias
from agentgather.room.refusals import LoopGuard, ReadOnly, Refusal
from agentgather.room.state import RoomState, fold
from tests.room.rooms import ANN, DOC, EYE, OPS, REV, Room, furnished

ORDERS = ContractName("orders")
DOCUMENTS = [
    read_document(value, format=Format.JSON_SCHEMA)
    for value in ({"type": "integer"}, {"type": "number"}, {"type": "string"}, {"type": "integer", "title": "Id"})
]


def put(room: Room, which: int, *, by: Alias = OPS, name: ContractName = ORDERS, **more: Any) -> PutContract:
    """Put a document, compared with the newest as the desk does."""
    contract = room.state.contracts.find(name)
    if contract is None:
        return PutContract(by, name, DOCUMENTS[which], **more)
    older = kept_document(contract.latest.document, format=contract.latest.format)
    change = Change.of(compare(older, DOCUMENTS[which]))
    return PutContract(by, name, DOCUMENTS[which], contract.latest_number, change, **more)


def orders(room: Room) -> Contract:
    contract = room.state.contracts.find(ORDERS)
    assert contract is not None
    return contract


def test_only_whom_a_version_breaks_is_called_and_asked() -> None:
    room = furnished()
    room.do(put(room, 0))
    room.do(SubscribeContract(REV, ORDERS))
    room.do(SubscribeContract(DOC, ORDERS, Side.PRODUCER))
    room.do(SubscribeContract(OPS, ORDERS))
    (wider,) = room.do(put(room, 1, note="@doc `look`"))
    assert wider.mentions == (REV,)  # whoever puts it knows, and a note of theirs calls nobody
    assert dict(orders(room).pending) == {2: frozenset({REV})}
    (narrower,) = room.do(put(room, 0))
    assert narrower.mentions == (DOC,)
    (last,) = room.do(AcknowledgeContract(REV, ORDERS, 3))
    assert last.mentions == ()
    assert dict(orders(room).pending) == {3: frozenset({DOC})}
    (last,) = room.do(AcknowledgeContract(DOC, ORDERS, 3))
    assert last.mentions == (OPS,)
    assert room.do(AcknowledgeContract(DOC, ORDERS, 3)) == ()


def test_who_is_removed_or_unsubscribes_is_asked_no_longer() -> None:
    room = furnished()
    room.do(put(room, 0))
    for alias in (REV, DOC):
        room.do(SubscribeContract(alias, ORDERS))
    room.do(put(room, 2))
    room.do(commands.Remove(OPS, REV))
    assert dict(orders(room).pending) == {2: frozenset({DOC})}
    room.do(UnsubscribeContract(DOC, ORDERS))
    assert dict(orders(room).pending) == {}
    (broken,) = room.do(put(room, 0))
    assert broken.mentions == ()


def test_a_version_that_was_overtaken_is_refused() -> None:
    room = furnished()
    room.do(put(room, 0))
    late = put(room, 1)
    room.do(put(room, 2))
    with pytest.raises(ContractMoved) as refused:
        room.do(late)
    assert refused.value.facts == {"version": 2}


def test_a_room_has_so_many_and_who_may_not_speak_may_not_put() -> None:
    room = furnished(RoomLimits(contracts_max=1, loop_posts_max=2))
    with pytest.raises(ReadOnly):
        room.do(put(room, 0, by=EYE))
    room.do(put(room, 0, by=REV))
    with pytest.raises(ContractsFull):
        room.do(put(room, 0, name=ContractName("more")))
    assert room.do(SubscribeContract(REV, ORDERS))[-1].event is not None
    with pytest.raises(LoopGuard):
        room.do(put(room, 1, by=REV))


def test_nobody_but_the_host_fills_more_than_half_of_the_room() -> None:
    size = len(DOCUMENTS[0].text)
    room = furnished(RoomLimits(contracts_max=4, contract_bytes_max=6 * size))
    names = [ContractName(name) for name in ("a", "b", "c", "d")]
    room.do(put(room, 0, by=REV, name=names[0]))
    room.do(put(room, 0, by=REV, name=names[1]))
    with pytest.raises(ContractsFull, match="you began 2 of the 4"):
        room.do(put(room, 0, by=REV, name=names[2]))
    room.do(put(room, 0, by=DOC, name=names[2]))
    room.do(put(room, 0, by=OPS, name=names[3]))
    with pytest.raises(ContractsFull, match="half of the"):
        room.do(put(room, 3, by=REV, name=names[0]))
    room.do(put(room, 2, by=OPS, name=names[0]))


WHO = st.sampled_from([OPS, REV, DOC, ANN])
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "subscribe", "unsubscribe", "ack", "remove"]), WHO, st.integers(0, 3)),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_the_log_tells_it_and_nobody_is_waited_for_in_vain(
    steps: list[tuple[str, Alias, int]],
) -> None:
    room = furnished(RoomLimits(loop_posts_max=1_000))
    room.do(put(room, 0))
    room.do(SubscribeContract(REV, ORDERS))
    for step, who, number in steps:
        try:
            room.do(_command(room, step, who, number))
        except Refusal:
            continue
    assert fold(room.records, start=RoomState(room.state.room)) == room.state
    for record in room.records:
        if record.event is not None:
            assert read_event(event_json(record.event)) == record.event
    for contract in room.state.contracts.each():
        assert sorted(contract.versions) == list(range(1, contract.latest_number + 1))
        for aliases in contract.pending.values():
            assert aliases
            assert aliases <= set(contract.subscribers)
            assert not any(room.state.participants[alias].is_removed for alias in aliases)


def _command(room: Room, step: str, who: Alias, number: int) -> ContractCommand | commands.Remove:
    match step:
        case "put":
            return put(room, number, by=who)
        case "subscribe":
            return SubscribeContract(who, ORDERS, list(Side)[number % 2])
        case "unsubscribe":
            return UnsubscribeContract(who, ORDERS)
        case "ack":
            return AcknowledgeContract(who, ORDERS, number + 1)
        case _:
            return commands.Remove(OPS, who)
