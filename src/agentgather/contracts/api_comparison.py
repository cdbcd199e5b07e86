"""Two OpenAPI documents beside each other: operations, what is sent to them, and what they answer.

The consumer calls the API: it writes requests and reads answers. The producer serves it, the other way round.
"""

from __future__ import annotations

from typing import Any

from agentgather.contracts.api_parts import Operation, Part, operation, part_of, paths
from agentgather.contracts.canonical import pointer
from agentgather.contracts.difference import Verdict
from agentgather.contracts.document import Document
from agentgather.contracts.findings import NOTHING, Stance
from agentgather.contracts.places import Place
from agentgather.contracts.schema_comparison import SchemaComparison

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OTHER_COMPONENTS = ("parameters", "requestBodies", "responses", "headers", "pathItems", "callbacks")
_SENT = Stance(is_written_by_consumer=True)
_ANSWERED = Stance()
_FINE, _BAD, _OPEN = Verdict.COMPATIBLE, Verdict.BREAKING, Verdict.UNKNOWN


class ApiComparison:
    def __init__(self, schemas: SchemaComparison) -> None:
        self._schemas = schemas
        self._findings = schemas.findings

    def compare(self, old: Document, new: Document) -> None:
        """Note all that differs between two OpenAPI documents."""
        was, now = part_of(old.root, "", old.references), part_of(new.root, "", new.references)
        self._same_or_unknown(was, now, "servers")
        self._same_or_unknown(was, now, "webhooks")
        components_was, components_now = was.member("components"), now.member("components")
        self._same_or_unknown(components_was, components_now, "securitySchemes")
        paths_was, paths_now = paths(was), paths(now)
        if not paths_was and not paths_now:
            self._compare_components(components_was, components_now)
        for template in sorted(paths_was.keys() | paths_now.keys()):
            self._findings.step()
            one, other = paths_was.get(template), paths_now.get(template)
            if one is not None and other is not None:
                self._same_or_unknown(one[1], other[1], "servers")
            for method in _METHODS:
                self._compare_operations(operation(was, one, method), operation(now, other, method))

    def _compare_operations(self, was: Operation | None, now: Operation | None) -> None:
        if was is not None and now is not None:
            self._findings.step()
            self._compare_parameters(was, now)
            self._compare_bodies(was.part, now.part)
            self._compare_responses(was.part, now.part)
            for keyword in ("callbacks", "servers"):
                self._same_or_unknown(was.part, now.part, keyword)
            if self._schemas.shapes.of(was.security) != self._schemas.shapes.of(now.security):
                path = now.part.path + "/security"
                self._tell(path, "security", was.security, now.security, consumer=_OPEN, producer=_OPEN)
            for keyword in ("operationId", "deprecated"):
                if was.part.value.get(keyword) != now.part.value.get(keyword):
                    self._tell_keyword(was.part, now.part, keyword)
        elif was is not None:
            self._tell(was.part.path, "operation_removed", was.named, NOTHING, consumer=_BAD, producer=_FINE)
        elif now is not None:
            self._tell(now.part.path, "operation_added", NOTHING, now.named, consumer=_FINE, producer=_BAD)

    def _compare_components(self, was: Part, now: Part) -> None:
        """What an API that has no path is made of: others may send all of it, and answer with it."""
        before, after = was.schemas(), now.schemas()
        for name in sorted(before.keys() | after.keys()):
            self._findings.step()
            one, other = before.get(name), after.get(name)
            if one is not None and other is not None:
                for stance in () if self._schemas.is_same(one, other) else (_SENT, _ANSWERED):
                    self._schemas.compare(one, other, stance=stance)
            elif one is not None:
                self._tell(one.path, "schema_removed", name, NOTHING, consumer=_BAD, producer=_BAD)
            elif other is not None:
                self._tell(other.path, "schema_added", NOTHING, name, consumer=_FINE, producer=_FINE)
        for keyword in _OTHER_COMPONENTS:
            self._same_or_unknown(was, now, keyword)

    def _compare_parameters(self, was: Operation, now: Operation) -> None:
        before, after = was.parameters, now.parameters
        for key in sorted(before.keys() | after.keys()):
            self._findings.step()
            one, other = before.get(key), after.get(key)
            name = ":".join(key)
            if one is not None and other is not None:
                self._compare_required(one, other)
                self._compare_carriers(one, other, stance=_SENT)
            elif one is not None:
                self._tell(one.path, "parameter_removed", name, NOTHING, consumer=_BAD, producer=_missed(one))
            elif other is not None:
                is_required = other.value.get("required") is True
                kind = "required_parameter_added" if is_required else "parameter_added"
                consumer = _BAD if is_required else _FINE
                self._tell(other.path, kind, NOTHING, name, consumer=consumer, producer=_FINE)

    def _compare_required(self, was: Part, now: Part) -> None:
        """What must be sent, and need not; one that must not be left out was always there to be read."""
        had, has = was.value.get("required") is True, now.value.get("required") is True
        if had != has:
            kind = "became_required" if has else "became_optional"
            consumer, producer = (_BAD, _FINE) if has else (_FINE, _BAD)
            self._tell(now.path + "/required", kind, had, has, consumer=consumer, producer=producer)

    def _compare_carriers(self, was: Part, now: Part, *, stance: Stance) -> None:
        """A parameter or a header: how it is written, and the schema of its value."""
        before, after = was.writing(), now.writing()
        for keyword in before:
            if before[keyword] != after[keyword]:
                self._tell_keyword(was, now, keyword, verdict=_OPEN)
        had, has = "content" in was.value, "content" in now.value
        if had != has:
            self._tell_keyword(was, now, "content", verdict=_OPEN)
        elif has:
            self._compare_contents(was, now, stance=stance)
        else:
            self._schemas.compare(was.schema(), now.schema(), stance=stance)

    def _compare_bodies(self, was: Part, now: Part) -> None:
        name = "requestBody"
        had, has = name in was.value, name in now.value
        one, other = was.member(name), now.member(name)
        if had and has:
            self._compare_required(one, other)
            self._compare_contents(one, other, stance=_SENT)
        elif had:
            self._tell(one.path, "body_removed", name, NOTHING, consumer=_BAD, producer=_missed(one))
        elif has:
            is_required = other.value.get("required") is True
            kind = "required_body_added" if is_required else "body_added"
            self._tell(other.path, kind, NOTHING, name, consumer=_BAD if is_required else _FINE, producer=_FINE)

    def _compare_contents(self, was: Part, now: Part, *, stance: Stance) -> None:
        """Media types: one more must be understood by whoever reads, one less may not be written any more.

        An answer in one more type is given to those who ask for it, unless there was none to give; one less is missed by who
        asked, and still given by who answered in it.
        """
        before, after = was.members("content"), now.members("content")
        for media_type in sorted(before.keys() | after.keys()):
            self._findings.step()
            one, other = before.get(media_type), after.get(media_type)
            is_sent = stance.is_written_by_consumer
            if one is not None and other is not None:
                self._schemas.compare(one.schema(), other.schema(), stance=stance)
                self._same_or_unknown(one, other, "encoding")
            elif one is not None:
                producer = _FINE if is_sent else _BAD
                self._tell(one.path, "media_type_removed", media_type, NOTHING, consumer=_BAD, producer=producer)
            elif other is not None:
                producer = _BAD if is_sent or not before else _FINE
                self._tell(other.path, "media_type_added", NOTHING, media_type, consumer=_FINE, producer=producer)

    def _compare_responses(self, was: Part, now: Part) -> None:
        """Answers by status. Whoever calls has always to reckon with an error; with a success of another kind it need not."""
        before, after = was.members("responses"), now.members("responses")
        for status in sorted(before.keys() | after.keys()):
            self._findings.step()
            one, other = before.get(status), after.get(status)
            if one is not None and other is not None:
                self._compare_contents(one, other, stance=_ANSWERED)
                self._compare_headers(one, other)
            elif one is not None:
                consumer = _FINE if _is_error(status) else _BAD
                self._tell(one.path, "response_removed", status, NOTHING, consumer=consumer, producer=_BAD)
            elif other is not None:
                consumer = _FINE if _is_error(status) else _BAD
                self._tell(other.path, "response_added", NOTHING, status, consumer=consumer, producer=_FINE)

    def _compare_headers(self, was: Part, now: Part) -> None:
        before = {name.lower(): part for name, part in was.members("headers").items()}
        after = {name.lower(): part for name, part in now.members("headers").items()}
        for name in sorted(before.keys() | after.keys()):
            self._findings.step()
            one, other = before.get(name), after.get(name)
            if one is not None and other is not None:
                had, has = one.value.get("required") is True, other.value.get("required") is True
                if had != has:
                    kind = "became_required" if has else "became_optional"
                    consumer, producer = (_FINE, _BAD) if has else (_BAD, _FINE)
                    self._tell(other.path + "/required", kind, had, has, consumer=consumer, producer=producer)
                self._compare_carriers(one, other, stance=_ANSWERED)
            elif one is not None:
                self._tell(one.path, "header_removed", name, NOTHING, consumer=_BAD, producer=_FINE)
            elif other is not None:
                producer = _BAD if other.value.get("required") is True else _FINE
                self._tell(other.path, "header_added", NOTHING, name, consumer=_FINE, producer=producer)

    def _same_or_unknown(self, was: Part, now: Part, keyword: str) -> None:
        """Parts that are not looked into: any change may break anybody."""
        if (keyword in was.value) == (keyword in now.value):
            if keyword not in was.value:
                return
            one, other = (Place({keyword: part.value[keyword]}, part.path, part.references) for part in (was, now))
            if self._schemas.is_same(one, other):
                return
        self._tell_keyword(was, now, keyword, verdict=_OPEN)

    def _tell_keyword(self, was: Part, now: Part, keyword: str, *, verdict: Verdict = _FINE) -> None:
        before, after = was.value.get(keyword, NOTHING), now.value.get(keyword, NOTHING)
        path = (was.path if after is NOTHING else now.path) + pointer(keyword)
        self._tell(path, keyword, before, after, consumer=verdict, producer=verdict)

    def _tell(self, path: str, kind: str, was: Any, now: Any, *, consumer: Verdict, producer: Verdict) -> None:
        self._findings.tell(path, kind, was=was, now=now, consumer=consumer, producer=producer)


def _missed(gone: Part) -> Verdict:
    """What it is to whoever read a part of requests that it is gone: one that had to be there was relied upon."""
    return _BAD if gone.value.get("required") is True else _FINE


def _is_error(status: str) -> bool:
    return status[:1] in "45" or status == "default"
