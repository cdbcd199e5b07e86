"""The short form of a proof, as a test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from proofs.catalogue import proof
from proofs.figures import Figures
from proofs.prove import prove

SEED = 20_260_401  # the same in every run of the tests: what is new is looked for by `make prove`
Short = Callable[[str], Figures]


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Short:
    """Runs the short form of the proof of a name; answers what it counted."""

    def run(name: str) -> Figures:
        chosen = proof(name)
        out = tmp_path_factory.mktemp("p")  # a broker's socket below it has a short path, as sockets must
        return prove(chosen, seed=SEED, trials=chosen.short, out=out).figures

    return run
