"""The tables of docs/access.md, which a person wrote and a person reads; and the status of each code, from docs/errors.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
_REQUEST = re.compile(r"`([A-Z]+) (/\S*)`(?: (.+))?")
_CODE = re.compile(r"^### (\w+)\n\nStatus (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A request and what it is told. `case` is what stands behind the request: the rest of its description.

    `told` is by column; a status of a success, a code of a refusal, or `-` where there is no such case.
    """

    method: str
    path: str
    case: str
    told: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.case}".strip()


def rows(heading: str) -> tuple[Row, ...]:
    """The rows of the table below a heading that are a request each; the others have `method` and `path` empty."""
    found = []
    for named in table(heading):
        request = named.pop("request")
        match = _REQUEST.fullmatch(request)
        method, path, case = (match[1], match[2], match[3] or "") if match else ("", "", request)
        found.append(Row(method, path, case, named))
    return tuple(found)


def table(heading: str) -> list[dict[str, str]]:
    """The first table below a heading, each row by the names of its columns."""
    section = (DOCS / "access.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|\n") for line in section.splitlines() if line.startswith("|")]
    names, _, *cells = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return [dict(zip(names, row, strict=True)) for row in cells]


@cache
def status_of(told: str) -> int:
    """The HTTP status of a cell: the number itself, or that of a refusal's code."""
    return int(told) if told.isdigit() else _statuses()[told]


def code_of(error: Any) -> str:
    """The code in the `error` of an answer, which at /mcp is an error of JSON-RPC."""
    return str(error["data"]["error"] if isinstance(error, dict) else error)


@cache
def _statuses() -> dict[str, int]:
    return {code: int(status) for code, status in _CODE.findall((DOCS / "errors.md").read_text())}
