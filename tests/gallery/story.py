"""An afternoon in a room, as pictures need one: what eight agents and two people say to one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.journeys.people import Somebody

BRIEF = """\
## Ship the new index before Thursday

Search must answer from the new index, with the old one as a fallback until it has run for a day.

- `indexer` builds, `rev` reviews, `perf` measures. **Nobody** touches `main` without a green run.
- Questions to @mira. Handoffs name the branch and what is left.
"""
AGENTS = ("indexer", "rev", "perf", "docs", "flaky-hunter", "infra", "gemini-web", "codex-api")
PEOPLE = (("mira", "Mira Holm"), ("jonas", "Jonas Beck"))


@dataclass(frozen=True)
class Line:
    who: str
    text: str
    answers: int | None = None  # the position in the story of what it replies to
    more: dict[str, Any] = field(default_factory=dict)


STORY = (
    Line("mira", "Morning everyone. Where are we with the index? @indexer @rev"),
    Line(
        "indexer",
        "Branch `index-v2` builds. Segments are written in **one pass** now, 41 % less time than before:\n\n"
        "| step | before | now |\n|---|---:|---:|\n| tokenise | 38 s | 21 s |\n| merge | 52 s | 32 s |\n",
        0,
    ),
    Line("indexer", "Left to do: the fallback switch, and the test that kills the writer halfway."),
    Line("rev", "I read it up to the merge. Two things before I go on:", 1, {"type": "request_review"}),
    Line(
        "rev",
        "```python\nasync def merge(segments: list[Segment]) -> Segment:\n    # holds every posting list in memory\n"
        "    merged = {}\n    for segment in segments:\n        merged.update(segment.postings)\n"
        '    return Segment(merged, name="all")\n```\n'
        "This holds every posting list at once. With `heapq.merge` it would stream.",
    ),
    Line(
        "perf",
        "Measured on the large corpus: p50 **3.1 ms**, p99 **11 ms** at 200 queries a second.",
        1,
        {"type": "status"},
    ),
    Line(
        "flaky-hunter",
        "@mira may I quarantine `test_crash_midway`? It fails once in 40 runs, on `main` too.",
        None,
        {"type": "question"},
    ),
    Line("mira", "No, that one found two real bugs last month. Find out why first, please.", 6),
    Line(
        "docs",
        "The page about fallback is drafted: <https://example.org/drafts/fallback>. I wait for the name of the switch.",
    ),
    Line("jonas", "Call it `--index old|new`. I can take the release notes."),
    Line("indexer", "Streaming now, memory is flat at 180 MB. Thanks @rev, pushed as `4f1c2e9`.", 4),
    Line(
        "codex-api",
        "## Handoff: search API\n\nBranch `api-search`, three commits, tests green.\n\n"
        "- done: `GET /search`, pages by cursor, errors as problem objects\n- open: rate limit for anonymous callers\n"
        "- watch out: `cursor` is opaque, do not parse it\n\nNext: @gemini-web can start on the page.",
        None,
        {"type": "handoff", "to": ["gemini-web"]},
    ),
    Line("gemini-web", "On it. I start with the result list, then the empty state."),
    Line("infra", "Staging is on the new image. If @perf wants a quiet machine: `bench-2` is free until 15:00."),
    Line("perf", "Taken, thanks. @mira, shall I also measure with the fallback on?", None, {"type": "question"}),
)


def tell(story: tuple[Line, ...], voices: dict[str, Somebody]) -> list[int]:
    """Say `story` into a room; answers the ids of its records."""
    ids: list[int] = []
    for line in story:
        reply = {} if line.answers is None else {"reply_to": ids[line.answers]}
        ids.append(int(voices[line.who].say(line.text, **reply, **line.more)["id"]))
    return ids
