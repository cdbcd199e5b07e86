"""Where contracts are looked at before the room decides: reading and comparing take time, and are done off the event loop."""

from __future__ import annotations

import trio

from agentgather.api.contract_bodies import Draft
from agentgather.contracts.compare import compare
from agentgather.contracts.difference import Comparison
from agentgather.contracts.document import Document, kept_document, read_document
from agentgather.contracts.unfit import Unfit
from agentgather.live.live_room import LiveRoom, Outcome
from agentgather.live.pen import RunBlocking
from agentgather.room.contracts.commands import PutContract
from agentgather.room.contracts.contract import Change, ContractName, Version
from agentgather.room.contracts.refusals import (
    ContractMoved,
    DocumentTooLarge,
    InvalidDocument,
    RemoteReference,
    TooComplex,
)
from agentgather.room.contracts.rules import check_may_change
from agentgather.room.guards import RateGuard
from agentgather.room.names import Alias
from agentgather.room.refusals import Refusal, RoomIsClosed

TRIES_MAX = 8  # of a version that others overtake while it is compared

_REFUSALS: dict[str, type[Refusal]] = {
    one.code: one for one in (InvalidDocument, DocumentTooLarge, RemoteReference, TooComplex)
}


class ContractDesk:
    """Looks at one document at a time, and at so many of one participant in a minute: whoever sends the worst that a document
    can be holds up others who send documents, and nobody else."""

    def __init__(self, room: LiveRoom, *, run_blocking: RunBlocking) -> None:
        self._room = room
        self._run_blocking = run_blocking
        self._turn = trio.Lock()
        self._looks = RateGuard(room.limits.contract_checks_per_minute)

    async def put(self, alias: Alias, name: ContractName, draft: Draft) -> Outcome:
        """Put a version. Raises the Refusal that says why not; an Outcome without news means that it is so already."""
        room = self._room
        if not room.state.is_open:
            raise RoomIsClosed("the room is closed; everything said in it stays readable, nothing can be added")
        check_may_change(room.state.participants[alias])
        self._looks.admit(alias, now=room.clock())
        async with self._turn:
            try:
                document = await self._run_blocking(_read, draft)
                return await self._put(alias, name, draft, document)
            except Unfit as unfit:
                raise _refusal(unfit) from None

    async def compare(self, alias: Alias, older: Version, newer: Version) -> Comparison:
        """All that differs between two versions. Raises TooComplex or RateLimited."""
        self._looks.admit(alias, now=self._room.clock())
        async with self._turn:
            try:
                found: Comparison = await self._run_blocking(_compare_kept, older, newer)
            except Unfit as unfit:
                raise _refusal(unfit) from None
        return found

    async def _put(self, alias: Alias, name: ContractName, draft: Draft, document: Document) -> Outcome:
        """Compare with the newest version and submit, again when that is not the newest any more."""
        room = self._room
        for tries_left in reversed(range(TRIES_MAX)):
            contract = room.state.contracts.find(name)
            base, change = 0, None
            if contract is not None:
                base = contract.latest_number
                if draft.base_version in (None, base):
                    change = await self._run_blocking(_change, contract.latest, document)
            if draft.base_version is not None:
                base = draft.base_version
            try:
                return await room.submit(PutContract(alias, name, document, base, change, draft.note))
            except ContractMoved:
                if draft.base_version is not None or not tries_left:
                    raise
                await room.pen.settle()
        raise AssertionError("the last try either returned or raised")


def _read(draft: Draft) -> Document:
    return read_document(draft.value, format=draft.format)


def _change(older: Version, document: Document) -> Change | None:
    if (older.document, older.format) == (document.text, document.format):
        return None
    return Change.of(compare(kept_document(older.document, format=older.format), document))


def _compare_kept(older: Version, newer: Version) -> Comparison:
    return compare(
        kept_document(older.document, format=older.format), kept_document(newer.document, format=newer.format)
    )


def _refusal(unfit: Unfit) -> Refusal:
    facts = {} if unfit.path is None else {"path": unfit.path[:500]}
    return _REFUSALS[unfit.code](unfit.message, field="document", facts=facts)
