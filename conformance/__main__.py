"""`python -m conformance`: a real daemon and room, the suite and the inspector, a table. Exits 1 when anything is not right."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import trio
from tests.cli.commands import home_of
from tests.rooms import RunningRoom, create, keep_room

from agentgather.settings.shape import DaemonSettings, Settings
from conformance import inspector, suite
from conformance.relay import keep_relay
from conformance.scenarios import APPLY, WANTING


async def main() -> int:
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with trio.open_nursery() as nursery:
            root = folder / "host"
            settings = Settings(daemon=DaemonSettings(port=0))
            room: RunningRoom = await nursery.start(partial(keep_room, root, create(root), settings))
            wrong = await _judge(room, folder)
            await room.stop()
    print(f"\n{len(wrong)} not right" if wrong else "\nall right")
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


async def _judge(room: RunningRoom, folder: Path) -> list[str]:
    """What is not right."""
    guest = await room.invite("bob")
    url = urlsplit(room.url)
    assert url.port is not None
    async with trio.open_nursery() as nursery:
        door: str = await nursery.start(keep_relay, url.port, guest.token)
        wrong = await _suite(f"{door}{url.path}/mcp", folder / "results")
        for era in inspector.ERAS:
            for question in inspector.QUESTIONS:
                for way, asking in {
                    "HTTP": partial(inspector.ask_over_http, f"{door}{url.path}/mcp"),
                    "stdio": partial(inspector.ask_over_stdio, home_of(room, folder / "bob", guest), "lab@bob"),
                }.items():
                    trouble = await asking(era, question)
                    print(
                        f"inspector  {way:5}  {era:6}  {question.name:18} {'WRONG' if trouble else 'right'}", flush=True
                    )
                    wrong += [f"inspector, {way}, {era}, {question.name}: {trouble}"] if trouble else []
        nursery.cancel_scope.cancel()
    return wrong


async def _suite(url: str, folder: Path) -> list[str]:
    known = await suite.scenarios()
    wrong = [
        f"{name}: the suite has it, and nobody said whether it applies" for name in known.keys() - {*APPLY, *WANTING}
    ]
    wrong += [f"{name}: the suite has it no more" for name in {*APPLY, *WANTING} - known.keys()]
    for revision in sorted({one for revisions in known.values() for one in revisions}):
        of_it = [name for name, revisions in known.items() if revision in revisions]
        checks: Counter[str] = Counter()
        for scenario in (name for name in of_it if name in APPLY):
            verdict = await suite.judge(url, scenario, revision, folder)
            checks += verdict.checks
            how = ", ".join(f"{count} {status.lower()}" for status, count in sorted(verdict.checks.items()))
            print(f"{revision}  {scenario:28} {how or 'NO CHECKS'}", flush=True)
            if not verdict.is_good:
                wrong.append(f"{revision} {scenario}: {'; '.join(verdict.said) or 'nothing was checked'}")
        missing = [name for name in of_it if name in WANTING]
        print(
            f"{revision}  {len(of_it) - len(missing)} scenarios, {checks['SUCCESS']} checks passed, "
            f"{sum(checks.values()) - checks['SUCCESS'] - checks['INFO']} failed; {len(missing)} scenarios do not apply"
        )
    for scenario, what in WANTING.items():
        print(f"does not apply  {scenario:28} it wants {what}")
    return wrong


if __name__ == "__main__":
    sys.exit(trio.run(main))
