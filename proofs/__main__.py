"""`python -m proofs`: try to show what Agent Gather promises false, and write what was seen into docs/proof.md."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from datetime import UTC, datetime

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from proofs import ledger
from proofs.catalogue import NAMES, proof
from proofs.keeping import Kept
from proofs.proof import Proof
from proofs.prove import OUT, command, prove, sources


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that every process we started ends
    OUT.mkdir(exist_ok=True)
    for name in asked.names or NAMES:
        try:
            _run(proof(name), asked)
        except BaseException as raised:
            if not is_interruption(raised):
                raise
            print("\ninterrupted: the same command goes on from here")
            return 130
    return 0


def _run(chosen: Proof, asked: argparse.Namespace) -> None:
    """One proof, with a progress bar; the ledger hears how far it came, unless it came upon something."""
    trials = asked.trials or (chosen.short if asked.short else chosen.long)
    seed = asked.seed if asked.seed is not None else _seed(chosen, trials)
    print(command(chosen, seed, first=asked.first, trials=trials), flush=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True
    ) as bar:
        task = bar.add_task(f"{chosen.name}: {chosen.trials}", total=trials - asked.first)
        is_clean = True
        try:
            prove(
                chosen,
                seed=seed,
                trials=trials,
                first=asked.first,
                tell=lambda number: bar.update(task, completed=number - asked.first + 1),
            )
        except BaseException as raised:
            is_clean = is_interruption(raised)  # what went well before something was found is no proof
            raise
        finally:
            if not asked.first:
                _report(chosen, is_written=is_clean and not asked.short)


def is_interruption(raised: BaseException) -> bool:
    """Whether somebody stopped the run; trio tells it in groups, with what else broke by that."""
    stops = (KeyboardInterrupt, SystemExit)
    if isinstance(raised, BaseExceptionGroup):
        return raised.split(stops)[0] is not None
    return isinstance(raised, stops)


def _report(chosen: Proof, *, is_written: bool) -> None:
    """Say what the run has found so far, and write it into the ledger."""
    path = OUT / f"{chosen.name}.jsonl"
    heading = Kept.heading_at(path)
    assert heading is not None
    kept = Kept.opened(path, heading)
    done = kept.trials
    if done == 0:
        return
    told = ledger.entry(chosen, kept, done=done, today=datetime.now(UTC).date())
    print(f"{told.trials} in {told.seconds:,} s, sources {told.sources}")
    for name, value in told.figures:
        print(f"  {name:40} {value}")
    if is_written:
        ledger.write(told, order=NAMES)


def _seed(chosen: Proof, trials: int) -> int:
    """The seed of a run that was interrupted, else a new one."""
    heading = Kept.heading_at(OUT / f"{chosen.name}.jsonl")
    if heading is not None and (heading.trials, heading.sources) == (trials, sources()):
        kept = Kept.opened(OUT / f"{chosen.name}.jsonl", heading)
        if kept.trials < trials:
            return heading.seed
    return secrets.randbelow(2**32)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*NAMES, []], metavar="PROOF", help=f"default: all of {', '.join(NAMES)}"
    )
    parser.add_argument("--seed", type=int, help="of all random choices (default: a new one, which is printed)")
    parser.add_argument("--trials", type=int, help="how many (default: those of the long form)")
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first; what is found is not written then"
    )
    parser.add_argument("--short", action="store_true", help="the form of `make test`; what is found is not written")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
