"""One seat's way of asking one room: paths become URLs, answers objects. What there is to ask stands in the files beside."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from agentgather.client.asking import Json, ask
from agentgather.client.errors import Refused


class SeatAsker:
    """Asks the room at `base_url` with `token`. Every call raises Refused or Unreachable."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, token: str) -> None:
        self._http = http
        self._token = token
        self.base_url = base_url.rstrip("/")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    async def _get(self, path: str, query: dict[str, str] | None = None, *, hold_seconds: float = 0.0) -> Json:
        answer = await ask(
            self._http, "GET", self._url(path), token=self._token, query=query, hold_seconds=hold_seconds
        )
        return answer.object()

    async def _get_held(self, path: str, query: dict[str, str], *, hold_seconds: float) -> Json:
        """As `_get`, held for so long, or as a room that holds shorter does it by itself."""
        try:
            return await self._get(path, query | {"hold": held(hold_seconds)}, hold_seconds=hold_seconds)
        except Refused as refused:
            if refused.code != "invalid_hold":
                raise
        return await self._get(path, query, hold_seconds=hold_seconds)

    async def _post(self, path: str, body: Json | None = None) -> Json:
        answer = await ask(self._http, "POST", self._url(path), token=self._token, body=body or {})
        return answer.object()

    def _url(self, path: str) -> str:
        return self.base_url + path


def filled(path: str, **named: Any) -> str:
    """`path` with its parts filled in, as `/tasks/<task_id>`."""
    for name, value in named.items():
        path = path.replace(f"<{name}>", quote(str(value), safe=""))
    return path


def given(**asked: Any) -> dict[str, str]:
    """The query of what is not None."""
    return {name: str(value) for name, value in asked.items() if value is not None}


def held(hold_seconds: float) -> str:
    """A `hold` as a room reads it: with three decimals at most, and no exponent."""
    return f"{round(hold_seconds, 3):g}"


def said(**asked: Any) -> Json:
    """The fields of a body that something was said of."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in asked.items() if value is not None
    }
