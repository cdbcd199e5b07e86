"""Numbers and texts: bounds, lengths, multiples, and what only equality can be said of."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from agentgather.contracts.difference import Verdict
from agentgather.contracts.findings import Stance
from agentgather.contracts.places import NUMBERS, STRING, Place, type_of

if TYPE_CHECKING:
    from agentgather.contracts.schema_comparison import SchemaComparison

_CONTENT = ("contentEncoding", "contentMediaType", "contentSchema")


def compare(comparison: SchemaComparison, old: Place, new: Place, *, types: frozenset[str], stance: Stance) -> None:
    """Note what differs for the scalars among `types`, and of the format of whatever they are."""
    if types & NUMBERS:
        _compare_ends(comparison, old, new, "minimum", "exclusiveMinimum", sign=1, stance=stance)
        _compare_ends(comparison, old, new, "maximum", "exclusiveMaximum", sign=-1, stance=stance)
        _compare_multiples(comparison, old, new, stance=stance)
    if STRING in types:
        compare_counts(comparison, old, new, "minLength", "maxLength", stance=stance)
        _compare_words(comparison, old, new, "pattern", stance=stance)
        for name in _CONTENT:
            if not comparison.is_same_at(old, new, name):
                comparison.unknown(old, new, name, stance=stance)
    if types:  # numbers have formats too: an int32 is no int64
        _compare_words(comparison, old, new, "format", stance=stance)


def compare_counts(
    comparison: SchemaComparison, old: Place, new: Place, least: str, most: str, *, stance: Stance
) -> None:
    """Note what differs of two bounds of a length or a number of things."""
    was, now = _number(old.schema, least) or 0, _number(new.schema, least) or 0
    if was != now:
        comparison.add(old, new, least, least, widens=now < was, narrows=now > was, stance=stance)
    end_was, end_now = _number(old.schema, most), _number(new.schema, most)
    if end_was != end_now:
        is_less = end_was is None or (end_now is not None and end_now < end_was)
        comparison.add(old, new, most, most, widens=not is_less, narrows=is_less, stance=stance)


def _compare_ends(
    comparison: SchemaComparison,
    old: Place,
    new: Place,
    name: str,
    exclusive: str,
    *,
    sign: int,
    stance: Stance,
) -> None:
    """`sign` turns the upper end into a lower one."""
    was = _end(old.schema, name, exclusive, sign=sign)
    now = _end(new.schema, name, exclusive, sign=sign)
    if was == now:
        return
    is_tighter = was is None or (now is not None and now > was)
    keyword = exclusive if exclusive in old.schema or exclusive in new.schema else name
    comparison.add(old, new, name, keyword, widens=not is_tighter, narrows=is_tighter, stance=stance)


def _end(schema: Mapping[str, Any], name: str, exclusive: str, *, sign: int) -> tuple[Fraction, bool] | None:
    """The tighter of an inclusive and an exclusive bound; a larger one is tighter."""
    ends = [
        (sign * bound, is_exclusive)
        for keyword, is_exclusive in ((name, False), (exclusive, True))
        if (bound := _number(schema, keyword)) is not None
    ]
    return max(ends, default=None)


def _compare_multiples(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> None:
    was, now = _number(old.schema, "multipleOf"), _number(new.schema, "multipleOf")
    if was == now:
        return
    is_finer = now is None or (
        was is not None and (was / now).denominator == 1
    )  # all multiples of old are multiples of new
    is_coarser = was is None or (now is not None and (now / was).denominator == 1)
    comparison.add(old, new, "multipleOf", "multipleOf", widens=not is_coarser, narrows=not is_finer, stance=stance)


def _compare_words(comparison: SchemaComparison, old: Place, new: Place, name: str, *, stance: Stance) -> None:
    """A pattern or a format: one that came narrows, one that went widens, of another nothing is known."""
    was, now = old.schema.get(name), new.schema.get(name)
    if was == now:
        return
    if was is None or now is None:
        comparison.add(old, new, name, name, widens=now is None, narrows=was is None, stance=stance)
    else:
        comparison.add(old, new, name, name, widens=Verdict.UNKNOWN, narrows=Verdict.UNKNOWN, stance=stance)


def _number(schema: Mapping[str, Any], name: str) -> Fraction | None:
    """The number a keyword holds, as it was written: 0.1 is a tenth."""
    value = schema.get(name)
    if value is None or type_of(value) not in NUMBERS:
        return None
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))
