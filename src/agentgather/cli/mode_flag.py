"""The modes of attention as a command line names them: by the words of the room, as everybody is shown them."""

from __future__ import annotations

from typing import Literal

GivenMode = Literal["foreground_attended", "wake_on_event", "heartbeat", "manual"]  # the values of room.modes.Mode
