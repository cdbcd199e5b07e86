"""The contracts, as a client asks for them. Each may be asked again: what is so already is answered as before."""

from __future__ import annotations

from typing import Any

from agentgather.api import paths
from agentgather.client.asking import Json
from agentgather.client.seat_asker import SeatAsker, filled, given


class ContractCalls(SeatAsker):
    """What a seat may ask about contracts. `name` is the contract's."""

    async def contracts(self) -> Json:
        return await self._get(paths.CONTRACTS)

    async def contract(self, name: str, *, version: int | None = None) -> Json:
        """{contract, version, versions}; the version holds its document."""
        return await self._get(filled(paths.CONTRACT, contract=name), given(version=version))

    async def put_contract(
        self,
        name: str,
        document: Json,
        *,
        document_format: str | None = None,
        note: str = "",
        base_version: int | None = None,
    ) -> Json:
        """{contract, change[, idempotent]}. `base_version`: refuse it if another came since that one."""
        body: dict[str, Any] = {"document": document}
        if document_format is not None:
            body["format"] = document_format
        if note:
            body["note"] = note
        if base_version is not None:
            body["base_version"] = base_version
        return await self._post(filled(paths.CONTRACT, contract=name), body)

    async def compare_contract(
        self, name: str, *, from_version: int | None = None, to_version: int | None = None
    ) -> Json:
        """{from, to, consumer, producer, count, differences}; not said, the newest and the one before it."""
        query = given(**{"from": from_version, "to": to_version})
        return await self._get(filled(paths.CONTRACT_DIFF, contract=name), query)

    async def subscribe_contract(self, name: str, *, side: str = "consumer") -> Json:
        return await self._post(filled(paths.CONTRACT_SUBSCRIBE, contract=name), {"side": side})

    async def unsubscribe_contract(self, name: str) -> Json:
        return await self._post(filled(paths.CONTRACT_UNSUBSCRIBE, contract=name))

    async def acknowledge_contract(self, name: str, *, version: int) -> Json:
        return await self._post(filled(paths.CONTRACT_ACK, contract=name), {"version": version})
