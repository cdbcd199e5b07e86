"""A contract as a person reads it: a row of the list, a verdict, a difference a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentgather.cli.columns import columns
from agentgather.cli.output import single

Json = Mapping[str, Any]


def list_lines(contracts: Sequence[Json]) -> list[str]:
    if not contracts:
        return ["there are no contracts"]
    rows: list[tuple[object, ...]] = [("CONTRACT", "VERSION", "BY", "BREAKS", "NOT ACKNOWLEDGED BY")]
    rows += [
        (
            one.get("name"),
            f"v{one.get('version')}",
            one.get("put_by"),
            broken(one.get("change")),
            waited_for(one) or "-",
        )
        for one in contracts
    ]
    return columns(rows)


def put_lines(answer: Json) -> list[str]:
    """What became of a version that was put."""
    contract = answer.get("contract") or {}
    name = f"contract {single(contract.get('name'))} v{single(contract.get('version'))}"
    if answer.get("idempotent") is True:
        return [f"{name} is this very document already"]
    change = answer.get("change")
    lines = [name if change is None else f"{name}: it breaks {broken(change)}"]
    if isinstance(change, Mapping):
        lines += difference_lines(change)
    pending = waited_for(contract)
    return [*lines, f"not acknowledged by {pending}"] if pending else lines


def difference_lines(change: Json) -> list[str]:
    """A line for each difference that is told, and how many there are beside them."""
    told = [one for one in change.get("differences") or [] if isinstance(one, Mapping)]
    lines = columns([_row(one) for one in told]) if told else []
    count = change.get("count")
    left = count - len(told) if isinstance(count, int) else 0
    return [f"  {line}" for line in lines] + ([f"  and {left} more"] if left > 0 else [])


def broken(change: object) -> str:
    """Whom a change breaks, in a word or two."""
    if not isinstance(change, Mapping):
        return "nobody"
    sides = [
        f"{side}s" + (" (unknown)" if change.get(side) == "unknown" else "")
        for side in ("consumer", "producer")
        if change.get(side) != "compatible"
    ]
    return " and ".join(sides) or "nobody"


def waited_for(contract: Json) -> str:
    """Who has not acknowledged which versions."""
    told = [
        f"{', '.join(single(alias) for alias in one.get('aliases') or [])} (v{single(one.get('version'))})"
        for one in contract.get("pending") or []
        if isinstance(one, Mapping)
    ]
    return "; ".join(told)


def _row(one: Json) -> tuple[object, ...]:
    was, now = (str(one.get(name)) if one.get(name) is not None else "-" for name in ("was", "now"))
    return broken(one), str(one.get("kind")).replace("_", " "), one.get("path") or "/", f"{was} -> {now}"
