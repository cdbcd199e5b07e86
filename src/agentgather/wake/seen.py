"""A terminal that an agent is woken in: what is seen of it in one moment, and how it is typed into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agentgather.wake.binding import Binding
from agentgather.wake.screen import Screen


@dataclass(frozen=True, slots=True)
class Seen:
    """A terminal in one moment. `key_age_seconds`: since somebody at a terminal that shows it pressed a key, None for nobody."""

    screen: Screen
    tty: str
    mark: str
    is_dead: bool
    is_held: bool  # it takes no keys, or gives them to others as well: copy mode, input off, panes typed into together
    history: int
    activity: str  # when somebody last did anything in the pane's session, in whole seconds
    key_age_seconds: float | None


class Keys(Protocol):
    """Looks at one terminal and types into it. Every method raises PaneTrouble."""

    @property
    def to(self) -> Binding: ...

    async def see(self) -> Seen: ...

    async def paste(self, line: str, *, seen: Seen) -> bool:
        """Paste `line` unless anything is not as it was `seen`. False: surely nothing was pasted.

        After PaneTrouble nobody knows.
        """
        ...

    async def enter(self, *, seen: Seen) -> bool:
        """Press Enter unless anything is not as it was `seen`; answers as `paste` does."""
        ...
