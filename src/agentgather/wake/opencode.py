"""Waking a session of an OpenCode server: its prompt goes in as one of a user's, and the session's state shows that it acts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import trio

from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from agentgather.wake.asking_http import Answered, MaybeSent, NotSent, ask_once, new_http

LOOK_SECONDS = 0.5  # between two looks for an effect
LOOK_SECONDS_MAX = 5.0

Password = Callable[[], tuple[str, str] | None]  # user and password, read anew at each use


class OpenCode:
    """One session of one server. A session that nobody named is not looked for: which it is, nobody guesses."""

    name = "opencode"

    def __init__(self, server_url: str, session: str, http: httpx.AsyncClient, *, password: Password) -> None:
        self._url = server_url.rstrip("/")
        self._session = session
        self._http = http
        self._password = password

    async def look(self) -> Look:
        """Whether the session works. A server that cannot say so is asked no more of: its session is GONE."""
        try:
            health = _object(await self._ask("GET", "/global/health"))
            session = _object(await self._ask("GET", f"/session/{quote(self._session, safe='')}"))
            states = _object(await self._ask("GET", "/session/status"))
        except (NotSent, MaybeSent):
            return Look.GONE
        if health.get("healthy") is not True or session.get("id") != self._session:
            return Look.GONE
        return Look.QUIET if _is_idle(states, self._session) else Look.WORKING

    async def submit(self, wake: Wake) -> Submission:
        look = await self.look()
        if look is not Look.QUIET:
            return Submission(Submitted.NO, look.value)
        before = await self._messages()
        prompt = {"parts": [{"type": "text", "text": wake.line}], "noReply": False}
        path = f"/session/{quote(self._session, safe='')}/prompt_async"
        try:
            answer = await self._ask("POST", path, content=json.dumps(prompt).encode())
        except NotSent:
            return Submission(Submitted.NO, "unreachable")
        except MaybeSent:
            return Submission(Submitted.UNSURE, "no_answer")
        if answer.status == 204 or (answer.status == 200 and answer.is_json):
            return Submission(Submitted.YES, evidence=before)
        if 200 <= answer.status < 300:
            return Submission(Submitted.NO, "not_opencode")  # a page for browsers, with a status that means nothing
        return Submission(Submitted.NO if answer.status < 500 else Submitted.UNSURE, f"status_{answer.status}")

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:  # noqa: ARG002 - the port's
        """Once the session works, or has more to show than it had. Ends by the caller's deadline."""
        pause = LOOK_SECONDS
        while True:
            if await self.look() is Look.WORKING:
                return True
            now = await self._messages()
            if now is not None and submission.evidence is not None and now != submission.evidence and _acted(now):
                return True
            await trio.sleep(pause)
            pause = min(LOOK_SECONDS_MAX, pause * 1.5)

    async def _messages(self) -> tuple[tuple[str, str], ...] | None:
        """Role and id of the session's messages; None when it cannot be told."""
        try:
            answer = await self._ask("GET", f"/session/{quote(self._session, safe='')}/message")
        except (NotSent, MaybeSent):
            return None
        return _roles(answer)

    async def _ask(self, method: str, path: str, *, content: bytes | None = None) -> Answered:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return await ask_once(
            self._http, method, self._url + path, headers=headers, content=content, auth=self._password()
        )


def _acted(roles: tuple[tuple[str, str], ...]) -> bool:
    """Whether the last of a session is the agent's: a prompt alone, to which nothing followed, is no effect."""
    return bool(roles) and roles[-1][0] == "assistant"


def _roles(answer: Answered) -> tuple[tuple[str, str], ...] | None:
    found = _json(answer)
    if not isinstance(found, list):
        return None
    infos = [one.get("info") for one in found if isinstance(one, dict)]
    return tuple((str(info.get("role")), str(info.get("id"))) for info in infos if isinstance(info, dict))


def _is_idle(states: dict[str, Any], session: str) -> bool:
    """A session that is idle is not listed, or listed as idle."""
    state = states.get(session)
    return state is None or (isinstance(state, dict) and state.get("type") == "idle")


def _object(answer: Answered) -> dict[str, Any]:
    """The JSON object of a good answer. Raises NotSent for anything else: whoever answers is no OpenCode server."""
    found = _json(answer)
    if not isinstance(found, dict):
        raise NotSent("it is no OpenCode server")
    return found


def _json(answer: Answered) -> Any:
    if answer.status != 200 or not answer.is_json:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


@asynccontextmanager
async def open_opencode(server_url: str, session: str, *, password: Password) -> AsyncIterator[OpenCode]:
    async with new_http() as http:
        yield OpenCode(server_url, session, http, password=password)
