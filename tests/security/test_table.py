"""docs/security.md names tests for every attack that is known by a name: they are there, and none of ours is left out."""

from __future__ import annotations

import re
from pathlib import Path

from tests.security import test_named_attacks

ROOT = Path(__file__).parents[2]


def test_every_test_of_the_table_is_there_and_every_attack_has_one() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    table = page.partition("## What was done to others")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 18
    there = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE))
    named: set[str] = set()
    for row in rows:
        of_row = set(re.findall(r"`(test_\w+)`", row))
        assert of_row, row
        assert of_row <= there, of_row - there
        named |= of_row
    ours = {name for name in vars(test_named_attacks) if name.startswith("test_")}
    assert ours <= named, ours - named
