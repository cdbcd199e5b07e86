"""Where a wake stands, and what its keeper has to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    RESTING = "resting"
    SUBMITTING = "submitting"  # written down; whether it was handed over yet, only the adapter knows
    VERIFYING = "verifying"  # handed over; its effect is being looked for


class Step(StrEnum):
    """What the caller has to do next."""

    REST = "rest"  # until `until`, or until something is told
    LOOK = "look"  # ask how far the participant is, look at the agent, and tell both
    VERIFY = "verify"  # look for the effect of `wake` until `until`, and tell `verified`


@dataclass(frozen=True, slots=True)
class Next:
    step: Step
    until: float | None = None  # Unix seconds
