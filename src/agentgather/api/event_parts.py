"""What an event's shape is made of: how each of its parts is written into a record, and read from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.room.message import moment, timestamp
from agentgather.room.names import Alias

_ALWAYS = object()


@dataclass(frozen=True, slots=True)
class Part:
    """One field of an event: its name here and on the wire, and how its value is written and read.

    A part that is `unless` is not written, and read where nothing stands: logs from before there was such a part.
    """

    name: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    wire_name: str = ""
    unless: Any = _ALWAYS

    def put(self, event: Any, written: dict[str, Any]) -> None:
        """Write this part of `event`."""
        value = getattr(event, self.name)
        if value != self.unless:
            written[self.wire_name or self.name] = self.write(value)

    def taken(self, written: Mapping[str, Any]) -> Any:
        """This part as it was written. Raises KeyError, TypeError or ValueError."""
        name = self.wire_name or self.name
        if self.unless is not _ALWAYS and name not in written:
            return self.unless
        return self.read(written[name])


def same(value: Any) -> Any:
    return value


def optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected text")
    return value


def whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("expected a whole number")
    return value


def alias_part(name: str = "alias") -> Part:
    return Part(name, same, lambda value: Alias(text(value)))


def when(name: str) -> Part:
    return Part(name, optional(timestamp), optional(lambda value: moment(text(value))))
