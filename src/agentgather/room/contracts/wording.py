"""What the room says of contracts: one line, which calls those whom it concerns."""

from __future__ import annotations

from agentgather.contracts.difference import Difference
from agentgather.room.contracts import events
from agentgather.room.contracts.contract import Change, Contract
from agentgather.room.names import Alias
from agentgather.room.text import quoted

_EXCERPT_CHARACTERS = 120


def put(event: events.ContractPut) -> str:
    told = f"{event.by} put contract {event.name} v{event.version}"
    if event.change is None:
        told += f" ({event.format.value})"
    else:
        told += f": {_judged(event.change)}{_example(event.change)}"
    if event.asked:
        called = " ".join(f"@{alias}" for alias in event.asked)
        told += f"; {called}: please acknowledge v{event.version}"
    return told + (f"; note: {_excerpt(event.note)}" if event.note.strip() else "")


def subscribed(contract: Contract, event: events.ContractSubscribed) -> str:
    return f"{event.by} depends on contract {contract.name} as its {event.side}, from v{contract.latest_number} on"


def unsubscribed(contract: Contract, alias: Alias) -> str:
    return f"{alias} depends on contract {contract.name} no longer"


def acknowledged(contract: Contract, event: events.ContractAcknowledged) -> str:
    """The last one to say so calls whoever put that version: what they waited for has come."""
    told = f"{event.by} knows of contract {contract.name} v{event.version}"
    version = contract.versions[event.version]
    left = contract.pending.get(event.version, frozenset()) - {event.by}
    if version.asked and not left and event.by in contract.pending.get(event.version, frozenset()):
        told += f"; @{version.put_by}: so does everybody whom it breaks"
    return told


def _judged(change: Change) -> str:
    broken = [
        f"{side}s" for side, verdict in (("consumer", change.consumer), ("producer", change.producer)) if verdict.breaks
    ]
    if not broken:
        return "it breaks nobody" if change.count else "nothing that counts has changed"
    is_certain = any(verdict.value == "breaking" for verdict in (change.consumer, change.producer))
    return f"it {'breaks' if is_certain else 'may break'} {' and '.join(broken)}"


def _example(change: Change) -> str:
    """One difference, and how many there are beside it."""
    if not change.told:
        return ""
    more = f" and {change.count - 1} more" if change.count > 1 else ""
    return f" ({_difference(change.told[0])}{more})"


def _difference(one: Difference) -> str:
    return f"{one.kind.replace('_', ' ')} at {_excerpt(one.path or '/')}"


def _excerpt(text: str) -> str:
    text = text.strip()
    return quoted(text if len(text) <= _EXCERPT_CHARACTERS else text[:_EXCERPT_CHARACTERS] + "…")
