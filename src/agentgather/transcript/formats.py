"""The formats a room can be exported in, by the name that is also the ending of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentgather.transcript.facts import Facts, Writer
from agentgather.transcript.html_writer import HtmlWriter
from agentgather.transcript.json_writers import JsonWriter, LineWriter
from agentgather.transcript.markdown import MarkdownWriter


@dataclass(frozen=True, slots=True)
class Format:
    media_type: str
    writer: Callable[[Facts], Writer]


FORMATS: dict[str, Format] = {
    "md": Format("text/markdown", MarkdownWriter),
    "json": Format("application/json", JsonWriter),
    "jsonl": Format("application/x-ndjson", LineWriter),
    "html": Format("text/html", HtmlWriter),
}
