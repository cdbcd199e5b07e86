"""The ledger: what was proven last, how often, and by which command. Kept as JSON, told in docs/proof.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from proofs.keeping import Kept
from proofs.proof import Proof
from proofs.prove import FOLDER, command

ENTRIES = FOLDER / "ledger.json"
PAGE = FOLDER.parent / "docs" / "proof.md"
INTRODUCTION = """\
# Proof

What Agent Gather promises, and how often somebody tried to show it false. Each section is written by the command that it
names; the seed fixes every random choice, so that the same command tries the same things. `make test` runs a short form of
each, `make prove` the long form of all; `make prove ARGS="--help"` says more.
"""


@dataclass(frozen=True)
class Entry:
    """One proof's last run. `figures` are pairs of name and value, as a person reads them."""

    name: str
    claim: str
    trials: str
    command: str
    seed: int
    date: str
    sources: str
    seconds: int
    figures: list[list[str]]


def entry(proof: Proof, kept: Kept, *, done: int, today: date) -> Entry:
    """What the ledger says of a run of which `done` trials were made."""
    planned = kept.heading.trials
    told = f"{done:,} {proof.trials}" if done == planned else f"{done:,} of {planned:,} {proof.trials}"
    return Entry(
        name=proof.name,
        claim=proof.claim,
        trials=told,
        command=command(proof, kept.heading.seed, trials=planned),
        seed=kept.heading.seed,
        date=today.isoformat(),
        sources=kept.heading.sources,
        seconds=round(kept.seconds),
        figures=[list(line) for line in kept.figures.lines()],
    )


def read() -> dict[str, Entry]:
    """The entries, by the name of their proof."""
    if not ENTRIES.exists():
        return {}
    return {told["name"]: Entry(**told) for told in json.loads(ENTRIES.read_text())}


def write(new: Entry, *, order: Iterable[str]) -> None:
    """Put `new` in the place of its proof's last entry, and tell the page; `order` names the proofs."""
    entries = {**read(), new.name: new}
    kept = [entries[name] for name in order if name in entries]
    ENTRIES.write_text(json.dumps([asdict(each) for each in kept], indent=1) + "\n")
    PAGE.write_text(page(kept))


def page(entries: Iterable[Entry]) -> str:
    """docs/proof.md."""
    return INTRODUCTION + "".join(map(_section, entries))


def _section(told: Entry) -> str:
    rows = "".join(f"| {name} | {value} |\n" for name, value in told.figures)
    return (
        f"\n## {told.name.replace('-', ' ').capitalize()}\n\n{told.claim}\n\n"
        f"| {told.trials} | |\n|---|---|\n{rows}\n"
        f"`{told.command}` · seed {told.seed} · {told.date} · {told.seconds:,} s · sources {told.sources}\n"
    )
