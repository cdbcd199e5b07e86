"""Contracts and what happened to them <-> JSON: as every door answers them, and as the log keeps them."""

from __future__ import annotations

import json
from typing import Any

from agentgather.api.event_parts import Part, alias_part, optional, same, text, whole
from agentgather.contracts.difference import Comparison, Difference, Side, Verdict
from agentgather.contracts.document import Format
from agentgather.room.contracts import events
from agentgather.room.contracts.contract import Change, Contract, ContractName, Version
from agentgather.room.message import timestamp
from agentgather.room.names import Alias

Json = dict[str, Any]

VERSIONS_SHOWN_MAX = 100  # of one contract, the newest


def difference_json(one: Difference) -> Json:
    return {
        "path": one.path,
        "kind": one.kind,
        "was": one.was,
        "now": one.now,
        "consumer": one.consumer.value,
        "producer": one.producer.value,
    }


def change_json(change: Change | Comparison, *, is_whole: bool = True) -> Json:
    """What a version changed; without `is_whole` only whom it breaks, and by how many differences."""
    written: Json = {"consumer": change.consumer.value, "producer": change.producer.value, "count": change.count}
    if is_whole:
        told = change.told if isinstance(change, Change) else change.differences
        written["differences"] = [difference_json(one) for one in told]
    return written


def contract_json(contract: Contract) -> Json:
    """A contract as everybody may see it: its newest version without its document, who depends on it, and who has yet to
    acknowledge what."""
    latest = contract.latest
    return {
        "name": contract.name,
        "version": latest.number,
        "format": latest.format.value,
        "note": latest.note,
        "put_by": latest.put_by,
        "put_at": timestamp(latest.put_at),
        "change": _change(latest),
        "subscribers": [{"alias": alias, "side": side.value} for alias, side in sorted(contract.subscribers.items())],
        "pending": [
            {"version": number, "aliases": sorted(contract.pending[number])} for number in sorted(contract.pending)
        ],
    }


def version_json(contract: Contract, version: Version) -> Json:
    """One version, whole."""
    return {
        "version": version.number,
        "format": version.format.value,
        "note": version.note,
        "put_by": version.put_by,
        "put_at": timestamp(version.put_at),
        "message_id": version.message_id,
        "change": None if version.change is None else change_json(version.change),
        "asked": list(version.asked),
        "acknowledged": [{"alias": alias, "at": timestamp(at)} for alias, at in sorted(version.acknowledged.items())],
        "pending": sorted(contract.pending.get(version.number, ())),
        "document": json.loads(version.document),
    }


def history_json(contract: Contract) -> list[Json]:
    """The versions of a contract in a few words each, the newest first."""
    newest = [contract.latest_number - back for back in range(VERSIONS_SHOWN_MAX)]
    return [
        {
            "version": version.number,
            "put_by": version.put_by,
            "put_at": timestamp(version.put_at),
            "change": _change(version),
        }
        for number in newest
        if (version := contract.versions.get(number)) is not None
    ]


def _change(version: Version) -> Json | None:
    return None if version.change is None else change_json(version.change, is_whole=False)


def _read_difference(value: Json) -> Difference:
    return Difference(
        text(value["path"]),
        text(value["kind"]),
        optional(text)(value["was"]),
        optional(text)(value["now"]),
        Verdict(value["consumer"]),
        Verdict(value["producer"]),
    )


def _read_change(value: Json) -> Change:
    return Change(
        Verdict(value["consumer"]),
        Verdict(value["producer"]),
        whole(value["count"]),
        tuple(_read_difference(one) for one in value["differences"]),
    )


def _read_document(value: Any) -> str:
    json.loads(text(value))  # whoever shows it relies on that
    return text(value)


_NAME = Part("name", same, lambda value: ContractName(text(value)))
_VERSION = Part("version", same, whole)

CONTRACT_SHAPES: dict[str, tuple[type[Any], tuple[Part, ...]]] = {
    "contract.put": (
        events.ContractPut,
        (
            alias_part("by"),
            _NAME,
            _VERSION,
            Part("format", lambda format: format.value, Format),
            Part("document", same, _read_document),
            Part("note", same, text),
            Part("change", optional(change_json), optional(_read_change)),
            Part("asked", list, lambda aliases: tuple(Alias(text(alias)) for alias in aliases)),
        ),
    ),
    "contract.subscribed": (
        events.ContractSubscribed,
        (alias_part("by"), _NAME, Part("side", lambda side: side.value, Side)),
    ),
    "contract.unsubscribed": (events.ContractUnsubscribed, (alias_part("by"), _NAME)),
    "contract.acknowledged": (events.ContractAcknowledged, (alias_part("by"), _NAME, _VERSION)),
}
