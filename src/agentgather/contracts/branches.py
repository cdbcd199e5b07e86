"""Schemas made of schemas: all of them, any of them, exactly one of them, and what only equality can be said of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentgather.contracts.difference import Verdict
from agentgather.contracts.findings import Stance
from agentgather.contracts.places import Place, listed, mapping, types_of, values, words
from agentgather.contracts.references import REFERENCES

if TYPE_CHECKING:
    from agentgather.contracts.schema_comparison import SchemaComparison

_PAIRS_MAX = 16  # branches that are looked at each with each; beyond, they count as overlapping
_OPAQUE = ("not", "if", "then", "else", "dependencies")


def compare_unions(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> bool:
    """Compare two schemas of which at least one is nothing but a choice; the other is a choice of one. False: neither is.

    So `{"type": "string"}` that becomes `{"anyOf": [{"type": "string"}, {"type": "null"}]}` has gained a branch.
    """
    was, now = _union(comparison, old), _union(comparison, new)
    if was is None and now is None:
        return False
    is_disjoint = _are_disjoint(comparison, was or [old]) and _are_disjoint(comparison, now or [new])
    within = stance if is_disjoint else stance.among_others
    _compare_any(comparison, was or [old], now or [new], stance=within)
    return True


def compare_joins(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> bool:
    """Compare two schemas of which one is nothing but an allOf; the other is one of one part. False: they are not such.

    So a schema that becomes an allOf of itself and of another has gained a part.
    """
    if (old.constraints == {"allOf"}) == (new.constraints == {"allOf"}) or old.is_true or new.is_true:
        return False
    was, now = (_conjuncts(place) if place.constraints == {"allOf"} else [place] for place in (old, new))
    _compare_all(comparison, was, now, stance=stance.among_others)
    return True


def compare(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> None:
    """Note what differs of everything that applies schemas to the same value."""
    _compare_all(comparison, _conjuncts(old), _conjuncts(new), stance=stance.among_others)
    for keyword in ("anyOf", "oneOf"):
        was, now = old.branches(keyword), new.branches(keyword)
        if not was and not now:
            continue
        if not was or not now:
            comparison.add(old, new, keyword, keyword, widens=not now, narrows=not was, stance=stance)
        elif keyword == "anyOf" or (_are_disjoint(comparison, was) and _are_disjoint(comparison, now)):
            _compare_any(comparison, was, now, stance=stance.among_others)
        else:
            _compare_overlapping(comparison, was, now, stance=stance)
    opaque = [name for name in _OPAQUE if name in old.schema or name in new.schema]
    changed = next((name for name in opaque if not comparison.is_same_at(old, new, name)), None)
    if changed is not None:
        comparison.unknown(old, new, changed, stance=stance)


def _union(comparison: SchemaComparison, place: Place) -> list[Place] | None:
    """The branches of a schema that says nothing else; of a oneOf, if no value can be valid for two of them."""
    if place.is_false or len(place.constraints) != 1:
        return None
    (only,) = place.constraints
    if only not in ("anyOf", "oneOf") or not listed(place.schema[only]):
        return None
    found = place.branches(only)
    return found if only == "anyOf" or _are_disjoint(comparison, found) else None


def _compare_any(comparison: SchemaComparison, was: list[Place], now: list[Place], *, stance: Stance) -> None:
    """A choice: a branch more lets in more, a branch less lets in less."""
    pairs, gone, come = _matched(comparison, was, now)
    for one, other in pairs:
        comparison.compare(one, other, stance=stance)
    for one in gone:
        comparison.findings.add(one.path, "branch_removed", was=_told(one), widens=False, narrows=True, stance=stance)
    for other in come:
        comparison.findings.add(other.path, "branch_added", now=_told(other), widens=True, narrows=False, stance=stance)


def _compare_overlapping(comparison: SchemaComparison, was: list[Place], now: list[Place], *, stance: Stance) -> None:
    """A oneOf whose branches may share values: whatever one of them gains, the whole may lose."""
    exactly = stance.exactly
    pairs, gone, come = _matched(comparison, was, now)
    for one, other in pairs:
        comparison.compare(one, other, stance=exactly)
    unknown = Verdict.UNKNOWN
    for one in gone:
        comparison.findings.add(one.path, "branch_removed", was=_told(one), widens=unknown, narrows=True, stance=stance)
    for other in come:
        comparison.findings.add(
            other.path, "branch_added", now=_told(other), widens=True, narrows=unknown, stance=stance
        )


def _compare_all(comparison: SchemaComparison, was: list[Place], now: list[Place], *, stance: Stance) -> None:
    """An allOf, and references with something beside them: one more lets in less, one less lets in more."""
    pairs, gone, come = _matched(comparison, was, now)
    for one, other in pairs:
        comparison.compare(one, other, stance=stance)
    for one in gone:
        comparison.findings.add(one.path, "part_removed", was=_told(one), widens=True, narrows=False, stance=stance)
    for other in come:
        comparison.findings.add(other.path, "part_added", now=_told(other), widens=False, narrows=True, stance=stance)


def _conjuncts(place: Place) -> list[Place]:
    found = [] if place.is_false else place.branches("allOf")
    return found + [place.referred(name).settled() for name in REFERENCES if isinstance(place.schema.get(name), str)]


def _matched(
    comparison: SchemaComparison, was: list[Place], now: list[Place]
) -> tuple[list[tuple[Place, Place]], list[Place], list[Place]]:
    """Which branch became which: by being the same, by its place in the document, by the types of its values, by
    being the last on both sides.

    Any matching is sound; a good one says less. The second and third lists are of those that went, and that came.
    """
    pairs: list[tuple[Place, Place]] = []
    gone, come = list(was), list(now)
    for alike in (_by_shape, _by_path, _by_types):
        open_places: dict[object, list[Place]] = {}
        for other in come:
            open_places.setdefault(alike(comparison, other), []).append(other)
        left: list[Place] = []
        for one in gone:
            comparison.findings.step()
            found = open_places.get(alike(comparison, one))
            if found:
                pairs.append((one, found.pop(0)))
            else:
                left.append(one)
        taken = {id(other) for _, other in pairs}
        gone, come = left, [other for other in come if id(other) not in taken]
    if len(gone) == len(come) == 1 and _by_types(comparison, gone[0]) & _by_types(comparison, come[0]):
        pairs, gone, come = [*pairs, (gone[0], come[0])], [], []
    return pairs, gone, come


def _by_shape(comparison: SchemaComparison, place: Place) -> object:
    return comparison.shapes.of(place.schema)


def _by_path(_: SchemaComparison, place: Place) -> object:
    """A definition has a name; a branch has only a number, which says nothing."""
    return place.path if "/$defs/" in place.path or "/components/" in place.path else id(place)


def _by_types(comparison: SchemaComparison, place: Place) -> frozenset[str]:
    return types_of(place, comparison.shapes)


def _are_disjoint(comparison: SchemaComparison, branches: list[Place]) -> bool:
    """Whether no value can be valid for two of these schemas, as far as types and constants show."""
    if len(branches) > _PAIRS_MAX:
        return False
    return all(
        _exclude(comparison, one, other) for position, one in enumerate(branches) for other in branches[position + 1 :]
    )


def _exclude(comparison: SchemaComparison, one: Place, other: Place) -> bool:
    shapes = comparison.shapes
    comparison.findings.step()
    if types_of(one, shapes).isdisjoint(types_of(other, shapes)):
        return True
    few, others = values(one.schema, shapes), values(other.schema, shapes)
    if few is not None and others is not None and few.keys().isdisjoint(others.keys()):
        return True
    if types_of(one, shapes) != {"object"} or types_of(other, shapes) != {"object"}:
        return False
    shared = mapping(one.schema.get("properties")).keys() & mapping(other.schema.get("properties")).keys()
    for name in shared & words(one.schema.get("required")) & words(other.schema.get("required")):
        comparison.findings.step()
        tag = values(one.member("properties", name).schema, shapes)
        tags = values(other.member("properties", name).schema, shapes)
        if tag is not None and tags is not None and tag.keys().isdisjoint(tags.keys()):
            return True
    return False


def _told(place: Place) -> object:
    return False if place.is_false else place.schema
