"""The official conformance suite, scenario by scenario, each in a process of its own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.node import SUITE, run_node

SCENARIO = re.compile(r"^\s+- (\S+) \[([\d,-]+)\]$", re.MULTILINE)
SECONDS_MAX = 120


@dataclass(frozen=True)
class Verdict:
    """What became of one scenario: how many checks ended in which way, and what was said of those that did not succeed."""

    scenario: str
    checks: Counter[str]
    said: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Something was found right and nothing wrong. A warning is a wrong too: the suite gives none to us today."""
        return set(self.checks) <= {"SUCCESS", "INFO"} and self.checks["SUCCESS"] > 0


async def scenarios() -> dict[str, tuple[str, ...]]:
    """Every server scenario that the installed suite knows, with the revisions of the protocol that it is of."""
    ended = await run_node(SUITE, "list", "--server", seconds_max=SECONDS_MAX)
    return {name: tuple(revisions.split(",")) for name, revisions in SCENARIO.findall(ended.out)}


async def judge(url: str, scenario: str, revision: str, folder: Path) -> Verdict:
    """Run `scenario` of `revision` against the MCP server at `url`; the suite writes what it saw below `folder`."""
    place = folder / revision / scenario
    place.mkdir(parents=True)
    asked = ("server", "--url", url, "--scenario", scenario, "--spec-version", revision, "-o", str(place))
    ended = await run_node(SUITE, *asked, seconds_max=SECONDS_MAX)
    checks = list(_checks(place))
    said = tuple(
        f"{one['id']}: {one.get('errorMessage', one['status'])}" for one in checks if one["status"] not in _FINE
    )
    if ended.code != 0 and not said:
        said = (f"the suite left with {ended.code}: {ended.err.strip()[-300:]}",)
    counted = Counter(str(one["status"]) for one in checks)
    return Verdict(scenario, counted + Counter(FAILURE=ended.code != 0 and not counted["FAILURE"]), said)


_FINE = ("SUCCESS", "INFO")


def _checks(place: Path) -> Iterator[dict[str, str]]:
    for path in sorted(place.glob("*/checks.json")):
        yield from json.loads(path.read_text())
