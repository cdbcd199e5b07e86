"""Arrays: what stands at each place, how many, and whether they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentgather.contracts.findings import Stance
from agentgather.contracts.places import Place, listed, place_of
from agentgather.contracts.scalars import compare_counts

if TYPE_CHECKING:
    from agentgather.contracts.schema_comparison import SchemaComparison

_CONTAINING = ("contains", "minContains", "maxContains")


def compare(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> None:
    """Note what differs for arrays."""
    length = max(len(listed(place.schema.get("prefixItems"))) for place in (old, new))
    for position in range(length):
        comparison.findings.step()
        comparison.compare(_item(old, position), _item(new, position), stance=stance)
    comparison.compare(_item(old, length), _item(new, length), stance=stance)
    compare_counts(comparison, old, new, "minItems", "maxItems", stance=stance)
    was, now = (place.schema.get("uniqueItems") is True for place in (old, new))
    if was != now:
        comparison.add(old, new, "uniqueItems", "uniqueItems", widens=was, narrows=now, stance=stance)
    _compare_containing(comparison, old, new, stance=stance)


def _item(place: Place, position: int) -> Place:
    """The schema of the item at `position`; whatever lies behind the prefix has one schema."""
    if position < len(listed(place.schema.get("prefixItems"))):
        return place.member("prefixItems", position)
    if "items" in place.schema:
        return place.member("items")
    return place_of(True, place.path, place.references)


def _compare_containing(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> None:
    had, has = "contains" in old.schema, "contains" in new.schema
    if had != has:
        comparison.add(old, new, "contains", "contains", widens=had, narrows=has, stance=stance)
    elif has:
        is_counted_alike = all(old.schema.get(name) == new.schema.get(name) for name in _CONTAINING[1:])
        if not (is_counted_alike and comparison.is_same(old.member("contains"), new.member("contains"))):
            comparison.unknown(old, new, "contains", stance=stance)
