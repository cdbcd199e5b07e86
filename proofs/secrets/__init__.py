"""Where secrets go: each surface is driven on purpose, and everything that is left behind is searched for them."""

from __future__ import annotations

from proofs.proof import Proof
from proofs.secrets.trial import run

PROOF = Proof(
    "secrets",
    "No token, pass or key is in a log, in the words or the environment of a process, in an export, an error, a page, a metric, "
    "or in what a browser keeps beyond the address that its person opened: only in the files that are meant to hold them, "
    "which nobody else may read. Searched for by their shape and by name, also in base64, hexadecimal and UTF-16.",
    trials="rooms from their opening to their close, with everything that can go wrong in them",
    short=1,
    long=20,
    batch=1,
    run=run,
)
