"""What goes wrong with a terminal that an agent is woken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass
class PaneTrouble(Exception):
    """A terminal did not do what it was asked. `is_gone`: there is no such terminal any more; else nobody knows."""

    told: str
    is_gone: bool = False
    word: ClassVar[str] = "terminal_silent"  # stable, for records

    def __str__(self) -> str:
        return self.told
