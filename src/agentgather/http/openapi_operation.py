"""What one route is for, takes and answers, as the OpenAPI document tells it; and what many of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentgather.http.openapi_shapes import YES, Schema, fields, text

JSON_TYPE = "application/json"

DISK = ("storage_full", "storage_failed")
WRITE = (*DISK, "room_closed", "rate_limited")  # what a host does also in a room whose log is full
NEW = (*WRITE, "room_log_full")

NOTHING = fields({}, description="nothing of it is read; it may be left out")


def okay(**more: Schema) -> Schema:
    return fields({"ok": YES, **more})


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` is the body of a success; `codes` are the errors of its own, beside those that the door answers.

    `body` None: nothing of a body is read. `another` is a second answer that is no refusal: its status and its body.
    """

    id: str
    summary: str
    answer: Schema
    codes: tuple[str, ...] = ()
    body: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    status: int = 200
    media_type: str = JSON_TYPE
    more_media_types: tuple[str, ...] = ()  # text of other types, where a parameter chooses among them
    is_also_text: bool = False
    another: tuple[int, Schema] | None = None
    another_means: str = ""

    @property
    def content(self) -> Schema:
        """The success by media type."""
        plain = {"text/plain": {"schema": text()}} if self.is_also_text else {}
        more = {name: {"schema": text()} for name in self.more_media_types}
        return {self.media_type: {"schema": self.answer}, **more, **plain}
