"""What commands print: one JSON object on one line, or text in which nothing from a room can drive a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from agentgather.transcript.shown import INDENT as INDENT
from agentgather.transcript.shown import indented as indented
from agentgather.transcript.shown import json_line as json_line
from agentgather.transcript.shown import single as single


class Output:
    """Where one command prints to. `is_live`: a person watches; colours and local times are for them only."""

    def __init__(self, *, is_json: bool, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.is_json = is_json
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self.is_live = not is_json and self._stdout.isatty()
        self.has_colour = self.is_live and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def answer(self, value: Mapping[str, Any], *lines: str) -> None:
        """The result of a command: `value` as JSON when asked for, else `lines`, which are safe already."""
        if self.is_json:
            self._write(json_line(value))
        else:
            for line in lines:
                self._write(line)
        self.flush()

    def line(self, text: str) -> None:
        """One more line of a text that is safe already; `flush` follows."""
        self._write(text)

    def note(self, text: str) -> None:
        """Something for whoever runs the command that is no part of its result: to stderr."""
        self._stderr.write(f"{single(text)}\n")
        self._stderr.flush()

    def flush(self) -> None:
        """Hand everything to whoever reads it. Raises BrokenPipeError when they are gone."""
        self._stdout.flush()

    def paint(self, text: str, style: str) -> str:
        """`text` in an ANSI `style` (`1` bold, `2` faint, `38;5;n` a colour), on a terminal that wants colours."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.has_colour else text

    def _write(self, line: str) -> None:
        self._stdout.write(line + "\n")


def output_for(*, is_json: bool) -> Output:
    """The output of this process, whatever its locale: what it cannot encode is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            encoding = {"encoding": "utf-8"} if is_json else {}
            stream.reconfigure(errors="backslashreplace", **encoding)
    return Output(is_json=is_json)
