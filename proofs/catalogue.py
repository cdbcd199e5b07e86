"""The proofs there are, in the order of the ledger. Each is a module or package with a PROOF, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from proofs.proof import Proof

NAMES: tuple[str, ...] = (
    "kills",
    "power-loss",
    "damage",
    "faults",
    "simulation",
    "requests",
    "frames",
    "floods",
    "access",
    "secrets",
    "loops",
    "wakes",
    "soak",
    "scale",
)


def proof(name: str) -> Proof:
    """The proof of this name, of which NAMES are the choices."""
    return cast(Proof, import_module(f"proofs.{name.replace('-', '_')}").PROOF)
