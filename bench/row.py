"""A row of the table: what was measured, where, and what is known of another server to stand beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """What to be ahead of, `times` as good at least. `figure` is in the unit of the row's main figure."""

    said: str
    figure: float
    times: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """`main` names the figure that is compared with the bar; `is_rate`: more of it is better, otherwise less is."""

    group: str
    name: str
    figures: dict[str, float]
    main: str
    history: int | None = None
    is_rate: bool = False
    bar: Bar | None = None
    beside: str = ""  # what is known of another server when it is no figure to be ahead of
    note: str = ""  # why there are no figures

    @property
    def ahead(self) -> float | None:
        """How many times better than the bar; below 1 is worse. None when there is nothing to compare with."""
        if self.bar is None or not self.figures:
            return None
        mine = self.figures[self.main]
        return mine / self.bar.figure if self.is_rate else self.bar.figure / mine

    @property
    def is_behind(self) -> bool:
        return self.bar is not None and self.ahead is not None and self.ahead < self.bar.times
