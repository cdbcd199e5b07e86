"""Hostile requests: mutants of what our own API document describes, and of what has hurt other servers, at both doors."""

from proofs.requests.trial import PROOF as PROOF
