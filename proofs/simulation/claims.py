"""Whose a slug is, going by what the broker ever said."""

from __future__ import annotations

from proofs.figures import Figures
from proofs.proof import Disproved
from proofs.simulation.trace import Trace


class Claims:
    """While a lease lasts, and here they outlast the world, a slug belongs to the first key that was given it."""

    def __init__(self, *, figures: Figures, trace: Trace) -> None:
        self.figures = figures
        self._trace = trace
        self._owners: dict[str, str] = {}

    def granted(self, slug: str, owner: str) -> None:
        """The broker told `owner` that the slug is theirs."""
        self._trace(f"{slug} is granted to {owner}")
        self.figures.count("slugs granted to claimants")
        self._hold(slug, owner)

    def answered(self, slug: str, owner: str) -> None:
        """A visitor of the slug was answered by `owner`."""
        self._hold(slug, owner)

    def _hold(self, slug: str, owner: str) -> None:
        first = self._owners.setdefault(slug, owner)
        if first != owner:
            raise Disproved(f"{slug} is {first}'s, and was given to {owner}")
