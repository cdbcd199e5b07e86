"""Proofs add up, go on where they were interrupted, and can be run again from their seed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from proofs.__main__ import is_interruption
from proofs.catalogue import NAMES, proof
from proofs.figures import Figures
from proofs.proof import Batch, Disproved, Proof
from proofs.prove import prove

from proofs import ledger


def throws(batch: Batch) -> None:
    for number in batch:
        batch.figures.count("throws")
        batch.figures.sample("eyes", batch.random(number).randint(1, 6))


DICE = Proof("dice", "A die shows one to six.", "throws", short=7, long=100, batch=3, run=throws)


def test_the_same_seed_makes_the_same_choices(tmp_path: Path) -> None:
    one, other, third = (
        prove(DICE, seed=seed, trials=50, out=tmp_path / name).figures.as_json()
        for seed, name in ((1, "a"), (1, "b"), (2, "c"))
        if (tmp_path / name).mkdir() is None
    )
    assert one == other != third


def test_a_trial_makes_the_same_choices_alone(tmp_path: Path) -> None:
    whole = prove(DICE, seed=1, trials=9, out=tmp_path).figures.as_json()
    assert prove(DICE, seed=1, trials=9, first=6, out=tmp_path).figures.as_json() == whole
    (tmp_path / "dice.jsonl").unlink()
    alone = prove(DICE, seed=1, trials=9, first=6, out=tmp_path).figures.as_json()
    assert alone["samples"]["eyes"] == whole["samples"]["eyes"][6:]


def test_an_interrupted_run_goes_on_and_a_batch_that_was_cut_is_run_again(tmp_path: Path) -> None:
    whole = prove(DICE, seed=4, trials=20, out=tmp_path).figures.as_json()
    path = tmp_path / "dice.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]) + lines[3][:40])
    told: list[int] = []
    assert prove(DICE, seed=4, trials=20, out=tmp_path, tell=told.append).figures.as_json() == whole
    assert told[:3] == [2, 5, 6], "two batches were kept, the third was not"


def test_a_run_goes_on_in_larger_batches_where_smaller_ones_ended(tmp_path: Path) -> None:
    whole = prove(DICE, seed=4, trials=20, out=tmp_path).figures.as_json()
    path = tmp_path / "dice.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    kept = prove(replace(DICE, batch=8), seed=4, trials=20, out=tmp_path)
    assert kept.done == {0: 3, 3: 3, 6: 8, 14: 6}
    assert kept.figures.as_json() == whole


def test_what_disproves_says_how_to_see_it_again(tmp_path: Path) -> None:
    def breaks(batch: Batch) -> None:
        for number in batch:
            if number == 4:
                raise Disproved("seven eyes")

    broken = Proof("dice", "…", "throws", short=7, long=100, batch=3, run=breaks)
    with pytest.raises(Disproved, match="seven eyes") as seen:
        prove(broken, seed=9, trials=20, out=tmp_path)
    assert seen.value.__notes__ == ['again: make prove ARGS="dice --seed 9 --first 3 --trials 6"']
    assert len((tmp_path / "dice.jsonl").read_text().splitlines()) == 2, "the batch before it is kept"


@pytest.mark.parametrize(
    ("raised", "is_stopped"),
    [
        (KeyboardInterrupt(), True),
        (BaseExceptionGroup("tasks", [KeyboardInterrupt(), OSError("cut by it")]), True),
        (ExceptionGroup("tasks", [Disproved("lost")]), False),
        (Disproved("lost"), False),
    ],
)
def test_what_was_stopped_is_told_from_what_was_found(raised: BaseException, is_stopped: bool) -> None:
    """What was found is not written into the ledger as if all had gone well."""
    assert is_interruption(raised) is is_stopped


def test_another_run_begins_anew(tmp_path: Path) -> None:
    prove(DICE, seed=4, trials=20, out=tmp_path)
    prove(DICE, seed=5, trials=20, out=tmp_path)
    assert json.loads((tmp_path / "dice.jsonl").read_text().splitlines()[0])["seed"] == 5


def test_figures_are_told_by_their_spread() -> None:
    figures = Figures()
    figures.count("lost", 0)
    for value in range(1, 201):
        figures.sample("start-up, ms", value)
    assert figures.lines() == [("lost", "0"), ("start-up, ms", "p50 100, p95 190, p99 198, worst 200")]
    assert figures["lost"] == 0
    with pytest.raises(KeyError):
        figures["doubled"]


def test_the_ledger_tells_an_unfinished_run_as_such(tmp_path: Path) -> None:
    kept = prove(DICE, seed=4, trials=20, out=tmp_path)
    whole = ledger.entry(DICE, kept, done=20, today=date(2026, 1, 2))
    part = ledger.entry(DICE, kept, done=9, today=date(2026, 1, 2))
    assert (whole.trials, part.trials) == ("20 throws", "9 of 20 throws")
    assert "A die shows one to six." in ledger.page([whole])


def test_the_page_is_what_the_ledger_says() -> None:
    assert ledger.page(ledger.read().values()) == ledger.PAGE.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_proof_is_found_by_its_name(name: str) -> None:
    chosen = proof(name)
    assert chosen.name == name
    assert 0 < chosen.short <= chosen.long
    assert chosen.batch > 0
