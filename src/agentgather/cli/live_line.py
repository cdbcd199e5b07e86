"""The calm line below a serving daemon on a terminal: who is here, how much was said, how long the room stays."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TextIO

import trio

from agentgather.api.durations import format_duration
from agentgather.cli.output import single
from agentgather.live.live_room import LiveRoom
from agentgather.publishing import Tunnel

LOOK_SECONDS = 1.0  # presence and time pass without an event; nothing is written unless the words change
NAMES_MAX = 8
_ERASE = "\r\x1b[K"


class LiveLine:
    """One line of a terminal that is rewritten in place. Other writers call `clear` first; it comes back by itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    async def keep(self, text: Callable[[], str]) -> None:
        """Show `text` as it is at each moment until cancelled, then leave the line empty."""
        try:
            while True:
                self.show(text())
                await trio.sleep(LOOK_SECONDS)
        finally:
            self.clear()

    def show(self, text: str) -> None:
        text = text[: max(0, _columns(self._stream) - 1)]  # a line that wraps could not be rewritten
        if text != self._shown:
            self._stream.write(_ERASE + text)
            self._stream.flush()
            self._shown = text

    def make_room(self, _record: logging.LogRecord) -> bool:
        """A filter for log handlers of the same terminal: their lines begin where this one was."""
        self.clear()
        return True

    def clear(self) -> None:
        if self._shown:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._shown = ""


def summary(rooms: Sequence[LiveRoom]) -> str:
    """How the rooms are, in one line: one room with its people's names, several with their numbers."""
    parts = []
    if len(rooms) == 1:
        room = rooms[0]
        parts.append(here(room.present()))
        parts.append(_counted(len(room.state.posts), "message"))
        if not room.state.is_open:
            parts.append("closed: everything stays readable")
        elif room.state.expires_at is not None:
            parts.append(f"{time_left(room.state.expires_at, now=room.clock())} left")
        if paused := room.paused():
            parts.append(f"paused: {', '.join(paused)}")
    else:
        parts.append(_counted(len(rooms), "room"))
        parts.append(f"{sum(len(room.present()) for room in rooms)} here")
        parts.append(_counted(sum(len(room.state.posts) for room in rooms), "message"))
    return "  ".join(parts)


def published(tunnel: Tunnel) -> str:
    """How a daemon's own tunnel is, in a few words; what a broker says is made safe to show."""
    if tunnel.is_live:
        return f"published at {single(tunnel.public_url)}"
    if tunnel.is_over:
        return f"no longer published: {single(tunnel.trouble)}"
    if tunnel.public_url is None:
        return f"not published yet: {single(tunnel.trouble or 'the broker says nothing')}"
    return f"reconnecting: {single(tunnel.trouble)}"


def here(aliases: Sequence[str]) -> str:
    if not aliases:
        return "nobody here yet"
    named = ", ".join(aliases[:NAMES_MAX])
    rest = len(aliases) - NAMES_MAX
    return f"here: {named}" + (f" and {rest} more" if rest > 0 else "")


def time_left(end: datetime, *, now: datetime) -> str:
    """The time until `end` in whole minutes, in seconds during the last one: a line that changes no more often."""
    left = max(timedelta(0), end - now)
    unit = timedelta(minutes=1) if left >= timedelta(minutes=1) else timedelta(seconds=1)
    return format_duration(left - left % unit)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
