"""Waking a thread of a Codex app-server: the pointer starts a turn, and the turn itself says that it began."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trio

from agentgather import __version__
from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from agentgather.wake.json_rpc import Broken, Json, NoConnection, RpcLink, RpcRefused, open_link

TURN_SECONDS_MAX = 600.0  # a connection is held until its turn ends, at most so long: closed early, turns were lost
OVERLOADED = -32001
_OF_TURNS = frozenset({"turn/started", "turn/completed", "item/started"})  # and nothing of all that is said in one

Token = Callable[[], str | None]  # read anew at each use


@dataclass(slots=True)
class Turn:
    """A turn that we asked for, as far as it is known."""

    id: str
    began: trio.Event = field(default_factory=trio.Event)
    ended: trio.Event = field(default_factory=trio.Event)
    status: str = "inProgress"


class Codex:
    """One thread of one app-server. A thread that nobody named is not looked for: which it is, nobody guesses.

    A turn that runs is never interrupted. It defers the wake, unless `may_steer`: then the pointer joins that very turn.
    """

    name = "codex"

    def __init__(self, url: str, thread: str, nursery: trio.Nursery, *, token: Token, may_steer: bool) -> None:
        self._url = url
        self._thread = thread
        self._nursery = nursery
        self._token = token
        self._may_steer = may_steer

    async def look(self) -> Look:
        try:
            async with self._linked() as link:
                thread = _thread(await link.ask("thread/read", {"threadId": self._thread, "includeTurns": False}))
                if "status" not in thread:  # an older server tells it by the turns alone
                    thread = _thread(await link.ask("thread/read", {"threadId": self._thread, "includeTurns": True}))
        except (NoConnection, Broken, RpcRefused):
            return Look.GONE
        look = self._look_of(thread)
        return Look.QUIET if look is Look.WORKING and self._may_steer else look

    async def submit(self, wake: Wake) -> Submission:
        """Resume the thread and start a turn. The connection stays with the turn, beyond this call."""
        answered, answer = trio.open_memory_channel[Submission](1)
        self._nursery.start_soon(self._wake, wake, answered)
        return await answer.receive()

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:  # noqa: ARG002 - the port's
        """Whether the turn began. One that failed without anything done in it did not."""
        turn = submission.evidence
        if not isinstance(turn, Turn):
            return True  # it joined a turn that was running
        await turn.began.wait()
        with trio.move_on_after(1.0):  # a turn that cannot run at all says so at once
            await turn.ended.wait()
        return turn.status != "failed"

    async def _wake(self, wake: Wake, answered: trio.MemorySendChannel[Submission]) -> None:
        submission: Submission | None = None
        async with answered:
            try:
                async with self._linked() as link:
                    submission = await self._start(link, wake)
                    answered.send_nowait(submission)
                    if isinstance(submission.evidence, Turn):
                        await _hold(link, submission.evidence)
            except (NoConnection, Broken):
                refusal = "unreachable"
            except RpcRefused as refused:
                refusal = f"refused_{abs(refused.code)}"
            if submission is None:  # it ended before the pointer was handed over
                answered.send_nowait(Submission(Submitted.NO, refusal))

    async def _start(self, link: RpcLink, wake: Wake) -> Submission:
        """Up to the answer to `turn/start`. Raises Broken or RpcRefused for what came before it."""
        resumed = _thread(await link.ask("thread/resume", {"threadId": self._thread}))
        words: Json = {"threadId": self._thread, "input": [{"type": "text", "text": wake.line, "text_elements": []}]}
        running = _running_turn(resumed)
        look = self._look_of(resumed)
        if look is Look.WORKING and self._may_steer and running is not None:
            return await _handed(link, "turn/steer", words | {"expectedTurnId": running})
        if look is not Look.QUIET:
            return Submission(Submitted.NO, look.value)
        return await _handed(link, "turn/start", words)

    def _look_of(self, thread: Json) -> Look:
        if thread.get("id") != self._thread:
            return Look.GONE
        status = thread.get("status")
        kind = status.get("type") if isinstance(status, dict) else None
        is_working = kind == "active" or _running_turn(thread) is not None
        if kind == "systemError":
            return Look.GONE
        return Look.WORKING if is_working else Look.QUIET

    @asynccontextmanager
    async def _linked(self) -> AsyncIterator[RpcLink]:
        token = self._token()
        headers = [] if token is None else [(b"authorization", b"Bearer " + token.encode())]
        async with open_link(self._url, headers=headers, heeded=_OF_TURNS) as link:
            client = {"name": "agentgather", "title": "Agent Gather", "version": __version__}
            await link.ask("initialize", {"clientInfo": client, "capabilities": {"experimentalApi": True}})
            await link.tell("initialized")
            yield link


async def _handed(link: RpcLink, method: str, words: Json) -> Submission:
    """What became of handing the pointer over. From here on a broken connection leaves it open whether it was."""
    try:
        result = await link.ask(method, words)
    except RpcRefused as refused:
        return Submission(Submitted.NO, "overloaded" if refused.code == OVERLOADED else f"refused_{abs(refused.code)}")
    except Broken:
        return Submission(Submitted.UNSURE, "no_answer")
    if method == "turn/steer":
        return Submission(Submitted.YES, evidence=str(result.get("turnId")))
    turn = result.get("turn")
    found = turn.get("id") if isinstance(turn, dict) else None
    if not isinstance(found, str):
        return Submission(Submitted.UNSURE, "strange_answer")
    return Submission(Submitted.YES, evidence=Turn(found))


async def _hold(link: RpcLink, turn: Turn) -> None:
    """Keep the connection until `turn` ends, and note what is told of it."""
    place = 0
    with trio.move_on_after(TURN_SECONDS_MAX):
        while turn.status == "inProgress" and (heard := await link.heard(place)) is not None:
            place += 1
            method, params = heard
            told = params.get("turn")
            of = told.get("id") if isinstance(told, dict) else params.get("turnId")
            if of != turn.id:
                continue
            turn.began.set()
            if method == "turn/completed":
                turn.status = str(told.get("status")) if isinstance(told, dict) else "completed"
    turn.ended.set()


def _thread(result: Json) -> Json:
    thread: Any = result.get("thread")
    return thread if isinstance(thread, dict) else {}


def _running_turn(thread: Json) -> str | None:
    turns = thread.get("turns")
    last = turns[-1] if isinstance(turns, list) and turns else None
    if isinstance(last, dict) and last.get("status") == "inProgress" and isinstance(last.get("id"), str):
        return str(last["id"])
    return None


@asynccontextmanager
async def open_codex(url: str, thread: str, *, token: Token, may_steer: bool = False) -> AsyncIterator[Codex]:
    """The adapter of one thread. Turns that it began go on without it; only its connections end."""
    async with trio.open_nursery() as nursery:
        yield Codex(url, thread, nursery, token=token, may_steer=may_steer)
        nursery.cancel_scope.cancel()
