"""What a comparison finds: each difference with its place, and whom it breaks. The nouns that a log may hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Where a program stands: who reads data of a contract or calls its API, and who writes that data or serves it."""

    CONSUMER = "consumer"
    PRODUCER = "producer"


class Verdict(StrEnum):
    """What a difference means to one side. UNKNOWN: it could not be shown to be harmless, and counts as breaking."""

    COMPATIBLE = "compatible"
    UNKNOWN = "unknown"
    BREAKING = "breaking"

    @property
    def breaks(self) -> bool:
        return self is not Verdict.COMPATIBLE


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is a JSON pointer (RFC 6901) into the newer document, or into the older where the newer has no such place.

    `was` and `now` are compact JSON, cut at SHOWN_MAX characters, and `path` at PATH_MAX; None where there is nothing.
    """

    path: str
    kind: str
    was: str | None
    now: str | None
    consumer: Verdict
    producer: Verdict

    def verdict(self, side: Side) -> Verdict:
        return self.consumer if side is Side.CONSUMER else self.producer


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs. `differences` are the first of `count`; the verdicts are over all of them."""

    consumer: Verdict
    producer: Verdict
    count: int
    differences: tuple[Difference, ...]

    def verdict(self, side: Side) -> Verdict:
        return self.consumer if side is Side.CONSUMER else self.producer


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict over several: breaking before unknown before compatible."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.COMPATIBLE)
