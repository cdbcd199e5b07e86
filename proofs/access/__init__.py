"""Who may do what: every request, from every kind of caller, through either door, against the tables of docs/access.md."""

from __future__ import annotations

from proofs.access.trial import run
from proofs.proof import Proof

PROOF = Proof(
    "access",
    "Every request that a room or a broker answers is answered to each kind of caller as the tables of docs/access.md say, "
    "directly and through a broker, in an open room and in a closed one; and whoever is refused has changed nothing: not the "
    "log, not the seats and their tokens, not the settings, not how far anybody is, not whose name is whose.",
    trials="times all of it, in a new order and with new bodies",
    short=1,
    long=30,
    batch=1,
    run=run,
)
