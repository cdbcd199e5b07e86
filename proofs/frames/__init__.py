"""Hostile frames: what a broken or lying peer sends over a tunnel's link, to both ends of it."""

from proofs.frames.trial import PROOF as PROOF
