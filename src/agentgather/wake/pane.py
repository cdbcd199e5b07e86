"""Waking an agent in a terminal: look until it is quiet, paste once, press Enter, and see that it was taken.

That a terminal accepted a key proves nothing: programs lose an Enter that comes right after a paste, and the draft sits there for
hours. So the input is read back: a line is submitted when it is no longer in it. What sits is never pasted again; Enter is
pressed once more, and at the next attempt only Enter is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

import trio

from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from agentgather.wake.seen import Keys, Seen
from agentgather.wake.trouble import PaneTrouble

LINE_CHARACTERS_MAX = 200
_FRESH_SECONDS = 0.15  # what was typed just before the look is shown within it
_SAMPLE_SHARES = (
    0.11,
    0.17,
    0.13,
    0.19,
    0.23,
    0.17,
)  # of the quiet time: uneven, so that no spinner comes round with them
_POLL_SECONDS = 0.05
_POLL_SECONDS_MAX = 1.0  # while a turn runs: each look at a tmux is a program that is run
_FOLDED_PASTE = re.compile(r"^\[pasted\b[^\]]{0,60}\]$", re.IGNORECASE)  # a program's own way to show one


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds."""

    quiet: float = 2.0  # the whole pane unchanged for so long, and the agent is idle
    typing: float = 3.0  # so long after a key, somebody is still at it; tmux tells whole seconds, so more than one
    enter_delay: float = 0.4  # between paste and Enter; programs take one that comes at once for a part of the paste
    show: float = 5.0  # for the program to show a paste
    confirm: float = 3.0  # for the line to leave the input after Enter

    @property
    def submission(self) -> float:
        """More than all of it together; each question to a terminal has a deadline of its own besides."""
        return 30 + self.enter_delay + 2 * self.show + 2 * self.confirm


@dataclass
class _Stopped(Exception):
    """A submission goes no further."""

    outcome: Submitted
    trouble: str


class Pane:
    """The adapter for one bound terminal, by the name `name`. One task at a time speaks to it."""

    def __init__(self, name: str, keyboard: Keys, *, pace: Pace | None = None) -> None:
        self.name = name
        self._keyboard = keyboard
        self._pace = pace or Pace()
        self._calm: _Calm | None = None
        self._sitting: _Sitting | None = None

    async def look(self) -> Look:
        """What the agent does, after the quiet time at most. A terminal that does not answer reads as an agent at work."""
        return (await self._watch())[0]

    async def submit(self, wake: Wake) -> Submission:
        """Paste the line and press Enter. What has begun is not cancelled, but ends in its own time."""
        if not is_fit(wake.line):
            return Submission(Submitted.NO, "line_unfit")
        look, seen = await self._watch()
        if look is not Look.QUIET or seen is None:
            return Submission(Submitted.NO, look.value)
        with trio.CancelScope(shield=True, deadline=trio.current_time() + self._pace.submission):
            try:
                await self._type(wake, seen)
                return Submission(Submitted.YES, evidence=seen.screen.fingerprint)
            except _Stopped as stopped:
                return Submission(stopped.outcome, stopped.trouble, evidence=seen.screen.fingerprint)
            except PaneTrouble as trouble:
                return Submission(Submitted.UNSURE, trouble.word, evidence=seen.screen.fingerprint)
        return Submission(Submitted.UNSURE, "too_slow", evidence=seen.screen.fingerprint)

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:  # noqa: ARG002 - the pane says it of all
        """Whether the pane changed since before the paste, and is back at an empty prompt. False when it is gone."""
        pause = _POLL_SECONDS
        while True:
            look, seen = await self._watch()
            if look is Look.GONE:
                return False
            if look is Look.QUIET and seen is not None and not self._is_sitting(seen):
                return seen.screen.fingerprint != submission.evidence
            await trio.sleep(pause)
            pause = min(_POLL_SECONDS_MAX, pause * 1.5)

    async def _watch(self) -> tuple[Look, Seen | None]:
        """What the agent does, and for a quiet one how its pane looks now."""
        try:
            return await self._until_quiet()
        except PaneTrouble as trouble:
            self._calm = None
            return (Look.GONE if trouble.is_gone else Look.WORKING), None

    async def _until_quiet(self) -> tuple[Look, Seen | None]:
        """Look again and again over the quiet time; one that was begun by the last look counts, if nothing changed since."""
        shares = iter(_SAMPLE_SHARES * 2)
        began = trio.current_time()
        if self._calm is not None and began - self._calm.seen_at > self._pace.quiet:
            self._calm = None
        while True:
            seen = await self._keyboard.see()
            look = self._judged(seen)
            if look is not Look.QUIET:
                self._calm = None
                return look, None
            now = trio.current_time()
            if self._calm is None:
                self._calm = _Calm(seen.screen.fingerprint, since=now, seen_at=now)
            elif self._calm.fingerprint != seen.screen.fingerprint:
                self._calm = _Calm(seen.screen.fingerprint, since=now, seen_at=now)
                return Look.WORKING, None
            self._calm.seen_at = now
            if now - self._calm.since >= self._pace.quiet and now - began >= min(_FRESH_SECONDS, self._pace.quiet):
                return look, seen
            await trio.sleep(max(_POLL_SECONDS, self._pace.quiet * next(shares, 1.0)))

    def _judged(self, seen: Seen) -> Look:
        """What one look tells: everything but whether the pane stays as it is."""
        bound, screen = self._keyboard.to, seen.screen
        if seen.is_dead or (seen.tty, seen.mark) != (bound.tty, bound.mark) or not bound.is_alive():
            return Look.GONE
        if seen.is_held or (seen.key_age_seconds is not None and seen.key_age_seconds < self._pace.typing):
            return Look.TYPING
        if not bound.is_in_front() or screen.is_working or screen.draft is None:
            return Look.WORKING
        return Look.QUIET if not screen.draft or self._is_sitting(seen) else Look.TYPING

    def _is_sitting(self, seen: Seen) -> bool:
        sitting, screen = self._sitting, seen.screen
        return sitting is not None and (screen.holds(sitting.wake.line) or screen.draft == sitting.draft != "")

    async def _type(self, wake: Wake, seen: Seen) -> None:
        """From the quiet pane `seen` to a submitted line. Raises _Stopped, PaneTrouble."""
        self._calm = None
        line = wake.line
        if self._sitting is not None and self._is_sitting(seen):
            line = self._sitting.wake.line
        elif self._sitting is not None and self._sitting.wake.id == wake.id:
            self._sitting = None
            _stop(Submitted.UNSURE, "taken_late")  # it sat there and does not any more: by whose hand, nobody knows
        else:
            if not await self._keyboard.paste(line, seen=seen):
                _stop(Submitted.NO, "changed")  # between look and paste: another's key, another's pane
            self._sitting = _Sitting(wake)
            await trio.sleep(self._pace.enter_delay)
            seen = await self._shown(line)
        if not (await self._entered(line, seen) or await self._entered(line, await self._shown(line))):
            _stop(Submitted.NO, "draft_sits")
        self._sitting = None

    async def _shown(self, line: str) -> Seen:
        """The pane with the line in its input, and no turn that has begun meanwhile: Enter would cancel it in some."""
        with trio.move_on_after(self._pace.show):
            while True:
                seen = await self._keyboard.see()
                if _is_line(line, seen):
                    assert self._sitting is not None
                    self._sitting.draft = seen.screen.draft or ""
                    if not seen.screen.is_working:
                        return seen
                await trio.sleep(_POLL_SECONDS)
        seen = await self._keyboard.see()
        if _is_line(line, seen):
            return _stop(Submitted.NO, "draft_sits") if seen.screen.is_working else seen
        return _stop(Submitted.UNSURE, "typed_into" if seen.screen.draft else "not_shown")

    async def _entered(self, line: str, seen: Seen) -> bool:
        """Press Enter; whether the line then left the input."""
        if not await self._keyboard.enter(seen=seen):
            return False
        with trio.move_on_after(self._pace.confirm):
            while True:
                seen = await self._keyboard.see()
                if not _is_line(line, seen):
                    return True
                await trio.sleep(_POLL_SECONDS)
        return False


@dataclass(slots=True)
class _Sitting:
    """A wake whose line was pasted, and may still be in the input; `draft`: how the input shows it, which may be folded."""

    wake: Wake
    draft: str = ""


@dataclass(slots=True)
class _Calm:
    """A pane that looked the same from `since` to `seen_at`, on the clock of trio."""

    fingerprint: str
    since: float
    seen_at: float


def is_fit(line: str) -> bool:
    """Whether `line` can be typed: one line, nothing that steers a terminal."""
    return 0 < len(line) <= LINE_CHARACTERS_MAX and line.isprintable() and bool(line.strip())


def _is_line(line: str, seen: Seen) -> bool:
    return seen.screen.holds(line) or bool(_FOLDED_PASTE.match(seen.screen.draft or ""))


def _stop(outcome: Submitted, trouble: str) -> NoReturn:
    raise _Stopped(outcome, trouble)
