"""The contracts: those there are, one with a version's document, what differs between two, and who knows of it."""

from __future__ import annotations

from agentgather.api.contract_bodies import read_acknowledged, read_draft, read_side, read_version
from agentgather.api.contract_json import change_json, contract_json, history_json, version_json
from agentgather.http.asked import Asked, json_answer
from agentgather.room.contracts.commands import (
    AcknowledgeContract,
    ContractCommand,
    SubscribeContract,
    UnsubscribeContract,
)
from agentgather.room.contracts.contract import Contract, Version, contract_name
from agentgather.room.contracts.refusals import VersionNotFound
from agentgather.room.contracts.rules import known
from agentgather.serving.answer import Answer


def list_contracts(asked: Asked) -> Answer:
    """All contracts by name, without their documents. It is a sign of life, and moves no mark."""
    _seen(asked)
    state = asked.room.state
    told = [contract_json(contract) for contract in state.contracts.each()]
    return json_answer({"ok": True, "contracts": told, "last_id": state.last_id})


def show(asked: Asked, *, contract: str) -> Answer:
    """One contract, and one of its versions with its document: the newest, unless another is asked for."""
    _seen(asked)
    one = known(asked.room.state, contract)
    version = _version(one, read_version(asked.query("version"), field="version") or one.latest_number)
    return json_answer(
        {
            "ok": True,
            "contract": contract_json(one),
            "version": version_json(one, version),
            "versions": history_json(one),
        }
    )


async def put(asked: Asked, *, contract: str) -> Answer:
    """Put a version. 201 once it is on disk; 200 with `idempotent` when the newest version is this very document."""
    draft = read_draft(await asked.body())
    name = contract_name(contract)
    _seen(asked)
    outcome = await asked.open_room.contract_desk.put(asked.alias, name, draft)
    one = known(outcome.state, name)
    answer = {"ok": True, "contract": contract_json(one), "change": _change(one.latest)}
    return json_answer(answer, 201) if outcome.records else json_answer(answer | {"idempotent": True})


async def diff(asked: Asked, *, contract: str) -> Answer:
    """All that differs between two versions: `from` and `to`, the newest and the one before it when not said."""
    _seen(asked)
    one = known(asked.room.state, contract)
    to = read_version(asked.query("to"), field="to") or one.latest_number
    newer = _version(one, to)
    older = _version(one, read_version(asked.query("from"), field="from") or max(1, to - 1))
    found = await asked.open_room.contract_desk.compare(asked.alias, older, newer)
    told = {"ok": True, "name": one.name, "from": older.number, "to": newer.number}
    return json_answer(told | change_json(found))


async def subscribe(asked: Asked, *, contract: str) -> Answer:
    """Say that one depends on a contract, and from which side."""
    side = read_side(await asked.body())
    return await _do(asked, SubscribeContract(asked.alias, contract_name(contract), side))


async def unsubscribe(asked: Asked, *, contract: str) -> Answer:
    await asked.body()
    return await _do(asked, UnsubscribeContract(asked.alias, contract_name(contract)))


async def acknowledge(asked: Asked, *, contract: str) -> Answer:
    """Say that one knows of a version, and of all before it."""
    version = read_acknowledged(await asked.body())
    return await _do(asked, AcknowledgeContract(asked.alias, contract_name(contract), version))


async def _do(asked: Asked, command: ContractCommand) -> Answer:
    _seen(asked)
    outcome = await asked.room.submit(command)
    return json_answer({"ok": True, "contract": contract_json(known(outcome.state, command.name))})


def _version(contract: Contract, number: int) -> Version:
    version = contract.versions.get(number)
    if version is None:
        raise VersionNotFound(
            f"there is no version {number} of this contract; the newest is {contract.latest_number}",
            facts={"version": contract.latest_number},
        )
    return version


def _change(version: Version) -> object:
    return None if version.change is None else change_json(version.change)


def _seen(asked: Asked) -> None:
    asked.room.presence.touch(asked.alias, now=asked.room.clock())
