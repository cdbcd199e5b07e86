"""A full-screen program that takes prompts as coding agents do: a box for the input, turns with a spinner, its own odd ways.

    agent.py LOG CONTROL [hidden]

With `hidden` the terminal's cursor is hidden, and the program draws one of its own, as many do.
LOG gets a JSON line for each thing that happened to it. CONTROL is a datagram socket, by which a trial says what is next:
{"turn_seconds": S} for turns from now on, {"lose_enters": N}, {"begin_turn": S, "begin_after": S} for one that
begins by itself, {"fold": true} to show of a paste only that it is one, {"ask": ANYTHING} for its draft.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import termios
import time
import tty
import unicodedata
from typing import Any

SPINNER = "✢✳✶✻✽"
PASTE, PASTED = b"\x1b[200~", b"\x1b[201~"
HINT = 'Try "fix the failing tests"'
BURST_SECONDS = 0.03  # an Enter so soon after a paste is taken for a part of it


class Agent:
    def __init__(self, log: str, control: str, *, is_cursor_hidden: bool) -> None:
        self.is_cursor_hidden = is_cursor_hidden
        self.log = open(log, "a", buffering=1)  # noqa: SIM115 - for as long as it lives
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.control.bind(control)
        self.said: list[str] = ["ready"]
        self.draft = ""
        self.raw = b""
        self.pasted_at = 0.0
        self.turn_until = 0.0
        self.turn_began = 0.0
        self.shown_at = 0.0  # when the turn was first drawn
        self.turn_seconds = 0.1
        self.lose_enters = 0
        self.is_folding = False
        self.pastes = 0
        self.folded = ""  # what is shown of a paste in its place
        self.planned: tuple[float, float] | None = None  # when a turn begins by itself, and for how long
        self.drawn = ""

    def tell(self, **what: Any) -> None:
        self.log.write(json.dumps({**what, "at": round(time.monotonic(), 3)}) + "\n")

    # -- what comes in

    def hear(self, told: dict[str, Any]) -> None:
        self.turn_seconds = told.get("turn_seconds", self.turn_seconds)
        self.lose_enters = told.get("lose_enters", self.lose_enters)
        self.is_folding = told.get("fold", self.is_folding)
        if "begin_turn" in told:
            self.planned = (time.monotonic() + told.get("begin_after", 0.0), told["begin_turn"])
            self.begin_planned()
        if "ask" in told:
            self.tell(draft=self.draft, is_working=self.is_working, asked=told["ask"])

    def keys(self, more: bytes) -> None:
        self.raw += more
        while self.raw:
            if self.raw.startswith(PASTE):
                end = self.raw.find(PASTED)
                if end < 0:
                    return
                self.draft += self.raw[len(PASTE) : end].decode(errors="replace").replace("\r", "\n")
                self.raw = self.raw[end + len(PASTED) :]
                self.pasted_at = time.monotonic()
                self.pastes += 1
                self.folded = f"[Pasted text #{self.pastes}]" if self.is_folding else ""
                self.tell(pasted=True)
            elif PASTE.startswith(self.raw[: len(PASTE)]) and len(self.raw) < len(PASTE) and len(self.raw) > 1:
                return
            else:
                self.key()

    def key(self) -> None:
        lead = self.raw[0]
        size = 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        if len(self.raw) < size:
            size = len(self.raw)
        key, self.raw = self.raw[:size], self.raw[size:]
        if key in (b"\r", b"\n"):
            self.enter()
        elif key == b"\x15":  # Ctrl-U
            self.draft = self.folded = ""
        elif key == b"\x7f":
            self.draft = self.draft[:-1]
        elif key in (b"\x1b", b"\x03"):
            self.cancel("key")
        elif lead >= 0x20:
            self.draft += key.decode(errors="replace")

    def enter(self) -> None:
        if self.lose_enters > 0:
            self.lose_enters -= 1
            self.tell(lost_enter=True)
        elif time.monotonic() - self.pasted_at < BURST_SECONDS:
            self.draft += "\n"
        elif self.draft.strip():
            if self.is_working:
                self.cancel("a prompt")  # the worst that programs do with one
            text, self.draft, self.folded = self.draft.strip(), "", ""
            self.said.append("> " + text)
            self.tell(submitted=text)
            self.begin_turn(self.turn_seconds)

    # -- turns

    @property
    def is_working(self) -> bool:
        return self.turn_until > 0

    def begin_turn(self, seconds: float) -> None:
        self.turn_began = time.monotonic()
        self.turn_until = self.turn_began + seconds
        self.shown_at = 0.0
        self.tell(turn_began=seconds)

    def begin_planned(self) -> None:
        if self.planned is not None and self.planned[0] <= time.monotonic() and not self.is_working:
            _, seconds = self.planned
            self.planned = None
            self.begin_turn(seconds)

    def end_turn(self) -> None:
        self.turn_until = 0.0
        self.said.append("● I have looked into it: 3 > 2, 50% done, and $HOME is where it was")
        self.tell(turn_ended=True)

    def cancel(self, why: str) -> None:
        if self.is_working:
            self.turn_until = 0.0
            self.tell(cancelled=why, shown_seconds=time.monotonic() - self.shown_at if self.shown_at else 0.0)

    # -- what is shown

    def draw(self) -> None:
        width, height = os.get_terminal_size()
        inner = width - 7
        rows = wrapped(self.folded or self.draft, inner) if self.draft else [f"\x1b[2m{HINT[:inner]}\x1b[0m"]
        cursor_column = 4 + (wide(rows[-1]) if self.draft else 0)
        box = ["╭" + "─" * (width - 2) + "╮"]
        for number, row in enumerate(rows):
            room = inner - (wide(row) if self.draft else len(HINT[:inner]))
            mark = "\x1b[7m \x1b[0m" if self.is_cursor_hidden and number == len(rows) - 1 else " "
            inside = row + mark if self.draft else mark + row
            box.append(f"│ {'> ' if number == 0 else '  '}{inside}{' ' * room} │")
        box += ["╰" + "─" * (width - 2) + "╯", f"  ? for shortcuts   {time.strftime('%H:%M:%S')}"]
        if self.is_working:
            beat = int(time.monotonic() * 10)
            took = int(time.monotonic() - self.turn_began)
            box.insert(0, f"{SPINNER[beat % 5]} Thinking… ({took}s · esc to interrupt)")
        told = [part for line in self.said[-40:] for part in wrapped(line, width - 1)]
        room = max(0, height - len(box))
        shown = ["", *told][-room:] if room else []
        rows_drawn = (shown + [""] * (room - len(shown)) + box)[-height:]
        screen = "\x1b[?25l" + "".join(f"\x1b[{n};1H\x1b[0m\x1b[2K{row}" for n, row in enumerate(rows_drawn, start=1))
        if self.is_cursor_hidden:
            screen += f"\x1b[{height};1H"
        else:
            screen += f"\x1b[{height - 2};{cursor_column + 1}H\x1b[?25h"
        if screen != self.drawn:
            self.drawn = screen
            os.write(1, screen.encode())
            if self.is_working and not self.shown_at:
                self.shown_at = time.monotonic()

    def run(self) -> None:
        signal.signal(signal.SIGWINCH, lambda *_: None)
        tty.setraw(0)
        os.write(1, b"\x1b[?1049h\x1b[?2004h\x1b[2J")
        self.tell(ready=True)
        while True:
            self.draw()
            ready, _, _ = select.select([0, self.control], [], [], 0.05 if self.is_working or self.planned else 0.5)
            if 0 in ready:
                try:
                    more = os.read(0, 65536)
                except OSError:
                    return
                if not more:
                    return
                self.keys(more)
            if self.control in ready:
                self.hear(json.loads(self.control.recv(65536)))
            self.begin_planned()
            if self.is_working and time.monotonic() >= self.turn_until:
                self.end_turn()


def wide(text: str) -> int:
    return sum(_cells(letter) for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrapped(text: str, width: int) -> list[str]:
    rows = [""]
    for letter in text:
        if letter == "\n" or wide(rows[-1]) + wide(letter) > width:
            rows.append("")
        if letter != "\n":
            rows[-1] += letter
    return rows


if __name__ == "__main__":
    before = termios.tcgetattr(0)
    try:
        Agent(sys.argv[1], sys.argv[2], is_cursor_hidden="hidden" in sys.argv[3:]).run()
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
