"""Two JSON Schemas beside each other: for each keyword, whether the newer lets in more, or less, than the older did.

A schema is a conjunction of what its keywords say. Where none of them lets in more, the whole does not; that is all that is
relied upon, so whatever is called compatible is, and whatever is called breaking may not be.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentgather.contracts import arrays, branches, objects, scalars
from agentgather.contracts.difference import Verdict
from agentgather.contracts.findings import NOTHING, Findings, Stance
from agentgather.contracts.places import (
    ACCESS_KEYWORDS,
    ARRAY,
    NULL,
    OBJECT,
    Place,
    declared_types,
    place_of,
    types_of,
    values,
)
from agentgather.contracts.references import REFERENCES, References, parts
from agentgather.contracts.shapes import Shapes

_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_TOLD_KEYWORDS = ("default", "deprecated")  # they let in no more and no less; whoever reads the list may want to know
_READ_KEYWORDS = ("discriminator", "xml")  # they let in no more either, and say how the value is to be read
_SILENT = object()


class SchemaComparison:
    """Compares schemas of two documents. Pairs that were looked at are not looked at again: recursion ends there.

    To take a pair for compatible while it is being looked at is sound: an instance is finite, whatever its schema is.
    """

    def __init__(self, findings: Findings, *, old: References, new: References) -> None:
        self.findings = findings
        self.shapes = Shapes()
        self._old, self._new = old, new
        self._seen: set[tuple[int, int, Stance]] = set()
        self._same: dict[tuple[int, int], bool] = {}
        self._referring: dict[int, list[dict[str, object]]] = {}

    def compare(self, old: Place, new: Place, *, stance: Stance) -> None:
        """Note all that differs between two settled places."""
        key = (id(old.schema), id(new.schema), stance)
        if key in self._seen:
            return
        self._seen.add(key)
        self.findings.step()
        self._compare_annotations(old, new, stance)
        if self._is_told_by_booleans(old, new, stance):
            return
        if branches.compare_unions(self, old, new, stance=stance):
            return
        if branches.compare_joins(self, old, new, stance=stance):
            return
        self._compare_types(old, new, stance)
        self._compare_values(old, new, stance)
        types = types_of(old, self.shapes) & types_of(new, self.shapes)
        scalars.compare(self, old, new, types=types, stance=stance)
        if ARRAY in types:
            arrays.compare(self, old, new, stance=stance)
        if OBJECT in types:
            objects.compare(self, old, new, stance=stance)
        branches.compare(self, old, new, stance=stance)
        self._compare_unevaluated(old, new, stance)

    def is_same(self, old: Place, new: Place) -> bool:
        """Whether two schemas say the same in the same words, through all their references."""
        asked = (id(old.schema), id(new.schema))
        if asked not in self._same:
            self._same[asked] = self._look_whether_same(old, new)
        return self._same[asked]

    def is_same_at(self, old: Place, new: Place, name: str) -> bool:
        """Whether both say the same under one keyword, or neither says anything there."""
        if (name in old.schema) != (name in new.schema):
            return False
        if name not in old.schema:
            return True
        was, now = old.schema[name], new.schema[name]
        return self.shapes.of(was) == self.shapes.of(now) and self.is_same(
            place_of(was, f"{old.path}/{name}", old.references), place_of(now, f"{new.path}/{name}", new.references)
        )

    def _look_whether_same(self, old: Place, new: Place) -> bool:
        waiting = [(old, new)]
        seen: set[tuple[int, int]] = set()
        while waiting:
            one, other = waiting.pop()
            key = (id(one.schema), id(other.schema))
            if key in seen:
                continue
            seen.add(key)
            if self.shapes.of(one.schema) != self.shapes.of(other.schema):
                return False
            if id(one.schema) not in self._referring:
                self._referring[id(one.schema)] = _referring(one.schema)
            for inner in self._referring[id(one.schema)]:
                self.findings.step()
                for name in REFERENCES:
                    if isinstance(inner.get(name), str):
                        here = Place(inner, one.path, self._old).referred(name)
                        there = Place(inner, other.path, self._new).referred(name)
                        waiting.append((here, there))
        return True

    def add(
        self,
        old: Place,
        new: Place,
        kind: str,
        keyword: str | None = None,
        *,
        widens: Verdict | bool = False,
        narrows: Verdict | bool = False,
        stance: Stance,
    ) -> None:
        """Note that a keyword differs, or the whole schema."""
        was = old.schema.get(keyword, NOTHING) if keyword else _whole(old)
        now = new.schema.get(keyword, NOTHING) if keyword else _whole(new)
        path = old.path if now is NOTHING else new.path
        where = path if keyword is None else f"{path}/{keyword}"
        self.findings.add(where, kind, was=was, now=now, widens=widens, narrows=narrows, stance=stance)

    def unknown(self, old: Place, new: Place, keyword: str, *, stance: Stance) -> None:
        """Note that a keyword differs in a way that is not understood: it counts as breaking, and says so."""
        self.add(old, new, keyword, keyword, widens=Verdict.UNKNOWN, narrows=Verdict.UNKNOWN, stance=stance)

    def _is_told_by_booleans(self, old: Place, new: Place, stance: Stance) -> bool:
        """Where one of the two lets in nothing, or the newer everything, there is nothing to look into."""
        if old.is_false and new.is_false:
            return True
        if old.is_false or new.is_false:
            kind = "opened" if old.is_false else "closed"
            self.add(old, new, kind, widens=old.is_false, narrows=new.is_false, stance=stance)
            return True
        return old.is_true and new.is_true

    def _compare_types(self, old: Place, new: Place, stance: Stance) -> None:
        was, now = declared_types(old.schema), declared_types(new.schema)
        if was == now:
            return
        narrows = not types_of(old, self.shapes) <= now
        widens = not types_of(new, self.shapes) <= was
        kind = "nullability" if was ^ now == {NULL} else "type"
        self.add(old, new, kind, "type", widens=widens, narrows=narrows, stance=stance)

    def _compare_values(self, old: Place, new: Place, stance: Stance) -> None:
        was, now = values(old.schema, self.shapes), values(new.schema, self.shapes)
        told = {"enum", "const"}
        if told.isdisjoint(old.schema) and told.isdisjoint(new.schema):
            return
        if (was is None and now is None) or (was is not None and now is not None and was.keys() == now.keys()):
            return
        gained = was is not None and (now is None or not now.keys() <= was.keys())
        lost = now is not None and (was is None or not was.keys() <= now.keys())
        keyword = "enum" if "enum" in old.schema or "enum" in new.schema else "const"
        kind = f"{keyword}_changed" if gained and lost else f"{keyword}_widened" if gained else f"{keyword}_narrowed"
        self.add(old, new, kind, keyword, widens=gained, narrows=lost, stance=stance)

    def _compare_unevaluated(self, old: Place, new: Place, stance: Stance) -> None:
        """What these let in depends on all that stands beside them: of that only equality is known."""
        for name in _UNEVALUATED:
            if name in old.schema or name in new.schema:
                is_alone = name == "unevaluatedProperties" and not (old.has_applicators or new.has_applicators)
                if not is_alone and not self.is_same(old, new):
                    self.unknown(old, new, name, stance=stance)

    def _compare_annotations(self, old: Place, new: Place, stance: Stance) -> None:
        """What changes no value's validity."""
        for name in (*_TOLD_KEYWORDS, *_READ_KEYWORDS):
            was, now = old.schema.get(name, _SILENT), new.schema.get(name, _SILENT)
            if (was is _SILENT) != (now is _SILENT) or (
                was is not _SILENT and self.shapes.of(was) != self.shapes.of(now)
            ):
                verdict = Verdict.UNKNOWN if name in _READ_KEYWORDS else False
                self.add(old, new, name, name, widens=verdict, narrows=verdict, stance=stance)
        for name in ACCESS_KEYWORDS:
            if (old.schema.get(name) is True) != (new.schema.get(name) is True):
                self.unknown(old, new, name, stance=stance)


def _whole(place: Place) -> object:
    return False if place.is_false else place.schema


def _referring(value: Mapping[str, object]) -> list[dict[str, object]]:
    """The objects within a schema that may refer to something."""
    return [one for one, _ in parts(value, "", seen=set()) if not set(REFERENCES).isdisjoint(one)]
