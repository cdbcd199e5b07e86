"""Waking an agent in a tmux pane."""

from __future__ import annotations

import re

from agentgather.wake.binding import Binding
from agentgather.wake.keyboard import Keyboard
from agentgather.wake.pane import Pace, Pane
from agentgather.wake.tmux import Tmux

__all__ = ["Pace", "TmuxPane"]


class TmuxPane(Pane):
    """The adapter for one bound pane of a tmux. One task at a time speaks to it."""

    def __init__(
        self, tmux: Tmux, bound: Binding, *, prompt: re.Pattern[str] | None = None, pace: Pace | None = None
    ) -> None:
        super().__init__("tmux", Keyboard(tmux, bound, prompt), pace=pace)
