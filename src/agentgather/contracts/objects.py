"""Objects: which properties there are, which of them must be there, and what may be there beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentgather.contracts.canonical import pointer
from agentgather.contracts.difference import Verdict
from agentgather.contracts.findings import NOTHING, Stance
from agentgather.contracts.places import ACCESS_KEYWORDS, Place, mapping, place_of, words
from agentgather.contracts.scalars import compare_counts

if TYPE_CHECKING:
    from agentgather.contracts.schema_comparison import SchemaComparison


def compare(comparison: SchemaComparison, old: Place, new: Place, *, stance: Stance) -> None:
    """Note what differs for objects."""
    _Objects(comparison, old, new, stance).compare()


class _Objects:
    """One pair of schemas, read as descriptions of objects."""

    def __init__(self, comparison: SchemaComparison, old: Place, new: Place, stance: Stance) -> None:
        self.comparison = comparison
        self.old, self.new, self.stance = old, new, stance
        self.was, self.now = old.members("properties"), new.members("properties")
        self.has_patterns = bool(
            mapping(old.schema.get("patternProperties")) or mapping(new.schema.get("patternProperties"))
        )
        self.rest_was, self.rest_now = _rest(old), _rest(new)

    def compare(self) -> None:
        for name in sorted(self.was.keys() | self.now.keys()):
            self.comparison.findings.step()
            if name not in self.was:
                self._added(name)
            elif name not in self.now:
                self._removed(name)
            else:
                self._compare_access(name)
                self.comparison.compare(self.was[name], self.now[name], stance=self.stance)
        self._compare_required()
        self._compare_rest()
        self._compare_patterns()
        self._compare_named("dependentSchemas")
        self._compare_dependent_required()
        self._compare_property_names()
        compare_counts(self.comparison, self.old, self.new, "minProperties", "maxProperties", stance=self.stance)

    def _added(self, name: str) -> None:
        """A property that only the newer describes."""
        is_required = name in _required(self.new) and name not in _required(self.old)
        kind = "required_property_added" if is_required else "property_added"
        widens: Verdict | bool = False
        narrows: Verdict | bool = is_required
        rest = self.rest_was
        if self.has_patterns:
            widens, narrows = Verdict.UNKNOWN, True if is_required else Verdict.UNKNOWN
        elif rest is None:
            is_written = name in _demanded(self.old) or not self._is_closed(self.old)
            narrows = is_required or (is_written and not self.now[name].is_true)
        elif rest.is_false:
            widens = not self.now[name].is_false
        else:
            narrows = is_required or (rest.is_true and not self.now[name].is_true)
            if not rest.is_true:
                self.comparison.compare(rest, self.now[name], stance=self.stance)
        self._tell(kind, None, self.now[name], name, widens=widens, narrows=narrows)

    def _removed(self, name: str) -> None:
        """A property that only the older describes: whoever reads it will not find it, whatever else is let in."""
        narrows: Verdict | bool = False
        rest = self.rest_now
        if self.has_patterns:
            narrows = Verdict.UNKNOWN
        elif rest is not None and rest.is_false:
            narrows = not self.was[name].is_false
        elif rest is not None and not rest.is_true:
            self.comparison.compare(self.was[name], rest, stance=self.stance)
        self._tell("property_removed", self.was[name], None, name, widens=True, narrows=narrows)

    def _tell(
        self,
        kind: str,
        was: Place | None,
        now: Place | None,
        name: str,
        *,
        widens: Verdict | bool,
        narrows: Verdict | bool,
    ) -> None:
        owner = self.new if now is not None else self.old
        self.comparison.findings.add(
            _property_path(owner, name),
            kind,
            was=NOTHING if was is None else owner.schema["properties"][name],
            now=NOTHING if now is None else owner.schema["properties"][name],
            widens=widens,
            narrows=narrows,
            stance=self.stance,
        )

    def _compare_required(self) -> None:
        was, now = _required(self.old), _required(self.new)
        for name in sorted(now - was):
            if name in self.was or name not in self.now:  # a new property that is required was told as one
                self._tell_required("became_required", name, widens=False, narrows=True)
        for name in sorted(was - now):
            if name in self.now or name not in self.was:
                self._tell_required("became_optional", name, widens=True, narrows=False)

    def _tell_required(self, kind: str, name: str, *, widens: bool, narrows: bool) -> None:
        path = _property_path(self.new, name) if name in self.now else self.new.path + "/required"
        self.comparison.findings.add(
            path, kind, was=name in _required(self.old), now=name in _required(self.new),
            widens=widens, narrows=narrows, stance=self.stance,
        )  # fmt: skip

    def _compare_rest(self) -> None:
        """What is let in beside the properties that are described."""
        was, now = self.rest_was, self.rest_now
        if was is None and now is None:
            return
        if was is None:
            assert now is not None
            self._tell_rest(widens=False, narrows=self._writes_more(self.old) and not now.is_true)
        elif now is None:
            self._tell_rest(widens=self._writes_more(self.new) and not was.is_true, narrows=False)
        else:
            self.comparison.compare(was, now, stance=self.stance)

    def _tell_rest(self, *, widens: bool, narrows: bool) -> None:
        keyword = _rest_keyword(self.old) or _rest_keyword(self.new)
        self.comparison.add(
            self.old, self.new, "additionalProperties", keyword, widens=widens, narrows=narrows, stance=self.stance
        )

    def _compare_patterns(self) -> None:
        """No pattern is ever run: it is somebody else's. Whoever changes which there are changes what the rest is."""
        keyword = "patternProperties"
        self._compare_named(keyword)
        same = mapping(self.old.schema.get(keyword)).keys() == mapping(self.new.schema.get(keyword)).keys()
        has_rest = any(rest is not None and not rest.is_true for rest in (self.rest_was, self.rest_now))
        if not same and has_rest:
            self.comparison.unknown(self.old, self.new, keyword, stance=self.stance)

    def _compare_named(self, keyword: str) -> None:
        """Schemas by name, each of which narrows by being there."""
        was, now = self.old.members(keyword), self.new.members(keyword)
        everything = place_of(True, f"{self.new.path}/{keyword}", self.new.references)
        for name in sorted(was.keys() | now.keys()):
            self.comparison.findings.step()
            one, other = was.get(name), now.get(name)
            if one is not None and other is not None:
                self.comparison.compare(one, other, stance=self.stance.among_others)
            elif one is not None:
                self.comparison.compare(one, everything, stance=self.stance.among_others)
            elif other is not None:
                self.comparison.compare(everything, other, stance=self.stance.among_others)

    def _compare_dependent_required(self) -> None:
        keyword = "dependentRequired"
        was, now = _pairs(self.old), _pairs(self.new)
        if was != now:
            self.comparison.add(
                self.old, self.new, keyword, keyword, widens=not was <= now, narrows=not now <= was, stance=self.stance
            )

    def _compare_property_names(self) -> None:
        keyword = "propertyNames"
        if keyword in self.old.schema or keyword in self.new.schema:
            was, now = (
                place.member(keyword) if keyword in place.schema else place_of(True, place.path, place.references)
                for place in (self.old, self.new)
            )
            self.comparison.compare(was, now, stance=self.stance)

    def _compare_access(self, name: str) -> None:
        """`readOnly` and `writeOnly` beside a reference; what stands in the schema itself is told there."""
        ways = [mapping(place.schema["properties"][name]) for place in (self.old, self.new)]
        ends = [place.schema for place in (self.was[name], self.now[name])]
        for keyword in ACCESS_KEYWORDS:
            had, has = (way.get(keyword, end.get(keyword)) is True for way, end in zip(ways, ends, strict=True))
            if had != has and any(keyword in way and way is not end for way, end in zip(ways, ends, strict=True)):
                self.comparison.findings.add(
                    _property_path(self.new, name) + pointer(keyword), keyword, was=had, now=has,
                    widens=Verdict.UNKNOWN, narrows=Verdict.UNKNOWN, stance=self.stance,
                )  # fmt: skip

    def _writes_more(self, writer: Place) -> bool:
        """Whether whoever writes this may write, or has to, a property that neither version describes."""
        return not (self._is_closed(writer) and _demanded(writer) <= self.was.keys() | self.now.keys())

    def _is_closed(self, writer: Place) -> bool:
        """Whether whoever writes this writes nothing but what it describes or demands: it describes some."""
        return self.stance.is_closed and bool(mapping(writer.schema.get("properties"))) and not writer.has_applicators


def _rest_keyword(place: Place) -> str | None:
    """The keyword that says what else is let in. Where nothing else applies, unevaluated is additional."""
    if "additionalProperties" in place.schema:
        return "additionalProperties"
    if "unevaluatedProperties" in place.schema and not place.has_applicators:
        return "unevaluatedProperties"
    return None


def _rest(place: Place) -> Place | None:
    keyword = _rest_keyword(place)
    return place.member(keyword) if keyword else None


def _required(place: Place) -> frozenset[str]:
    return words(place.schema.get("required"))


def _demanded(place: Place) -> frozenset[str]:
    """The properties that whoever writes this has to write, always or beside others."""
    return _required(place) | {other for _, other in _pairs(place)}


def _pairs(place: Place) -> set[tuple[str, str]]:
    told = mapping(place.schema.get("dependentRequired"))
    return {(name, other) for name, others in told.items() for other in words(others)}


def _property_path(owner: Place, name: str) -> str:
    return owner.path + pointer("properties", name)
