"""The daemon's log: one line an event on stderr, for a person or for a program."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from agentgather.cli.output import json_line, single
from agentgather.room.message import timestamp

# What every LogRecord has; whatever else one carries was given by the caller as a field of the event.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class TextLines(logging.Formatter):
    """`07:31:02 warning the message  key=value …`, and the trace of a bug below it."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        told = "  ".join(f"{name}={single(value)}" for name, value in _fields(record).items() if name != "event")
        line = f"{when} {record.levelname.lower()} {single(record.getMessage())}" + (f"  {told}" if told else "")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """One JSON object a line: ts, level, message, event, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        written = {
            "ts": timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
            **_fields(record),
        }
        if record.exc_info:
            written["trace"] = self.formatException(record.exc_info)
        return json_line(json.loads(json.dumps(written, default=str)))


class _LineHandler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, before: Callable[[], None]) -> None:
        super().__init__(stream)
        self._before = before

    def emit(self, record: logging.LogRecord) -> None:
        self._before()
        super().emit(record)


def _nothing() -> None:
    pass


def set_up_log(*, log_format: str, log_level: str, stream: TextIO, before: Callable[[], None] = _nothing) -> None:
    """Send this process's log to `stream`. `before` is called ahead of each line, to make room for it on a terminal."""
    handler = _LineHandler(stream, before)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level.upper())
    for name in ("httpx", "httpcore", "hypercorn"):  # what they tell of a request may hold its query string
        logging.getLogger(name).setLevel(logging.WARNING)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}
