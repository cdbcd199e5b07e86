"""Log lines on stderr: one line an event, as text or as JSON. Never a token, a query string or the text of a message."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from agentgather.room.text import visible, without_tokens

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

LEAVES_MAX = 5  # of a group of errors; the others most likely are the same


class TextLines(logging.Formatter):
    """`2026-01-05T09:30:00Z INFO serving url=http://127.0.0.1:8787`; a trace follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        extras = "".join(f" {name}={_one_line(value)}" for name, value in _extras(record).items() if name != "event")
        line = f"{_when(record)} {record.levelname} {_one_line(record.getMessage())}{extras}"
        if record.exc_info:
            line += "".join(f"\n    {part}" for part in _trace(record).splitlines())
        return without_tokens(line)


class JsonLines(logging.Formatter):
    """The same as one JSON object a line: `ts`, `level`, `message`, `event`, and what the event adds."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "ts": _when(record),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        fields |= _extras(record)
        if record.exc_info:
            fields["trace"] = _trace(record)
        return without_tokens(json.dumps(fields, ensure_ascii=True, separators=(",", ":"), default=str))


def start_logging(*, form: str, level: str, packages: Sequence[str] = ("agentgather",)) -> None:
    """Send the log lines of `packages` to stderr; `form` is text or json, `level` a level's name in lower case."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for package in packages:
        logging.getLogger(package).setLevel(level.upper())


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(value: object) -> str:
    return visible(str(value), keep_newlines=False)


def _trace(record: logging.LogRecord) -> str:
    """Where it broke, without the values it broke on: an exception's own words may hold what somebody said."""
    assert record.exc_info is not None
    error = record.exc_info[1]
    if error is None:
        return ""
    return "\n".join(_described(one) for one in _leaves(error)[:LEAVES_MAX])


def _leaves(error: BaseException) -> list[BaseException]:
    """What really went wrong: a group says nothing itself."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for part in error.exceptions for leaf in _leaves(part)]


def _described(error: BaseException) -> str:
    lines = traceback.format_list(traceback.extract_tb(error.__traceback__))
    described = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, OSError):
        described += f": {error.strerror}"
    return "".join(lines) + described
