"""The door: before a resource sees a request, the caller is admitted; every no is answered in the same shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from quart.wrappers import Response
from werkzeug.exceptions import HTTPException

from agentgather.api import paths
from agentgather.http import gate
from agentgather.http.address import Address
from agentgather.http.asked import Asked
from agentgather.http.errors import broken, misdirected, refused
from agentgather.http.mount import ROOM_IN_SCOPE
from agentgather.http.routes import Route
from agentgather.live.credentials import Credential
from agentgather.live.keeping import OpenRoom
from agentgather.room.refusals import HostRequired, Refusal
from agentgather.serving.answer import Answer
from agentgather.serving.request import Request
from agentgather.settings.shape import ApiLimits

Waiting = Callable[..., Awaitable[Answer | Response]]
Plain = Callable[..., Answer]


class Door:
    """Makes the view of each route: the one place where an exception of a request ends."""

    def __init__(self, *, address: Address, rules: ApiLimits) -> None:
        self._address = address
        self._rules = rules

    def view(self, route: Route) -> Waiting | Plain:
        """The view of a route: only an admitted caller reaches its resource. As the resource, it waits or is plain."""
        answer: Any = route.answer

        def ask(current: Request, **named: str) -> Any:
            return answer(self._admitted(route, current), **named)

        return self.waiting(ask) if iscoroutinefunction(answer) else self.plain(ask)

    def waiting(self, view: Waiting) -> Waiting:
        """`view`, with every no and every bug of it turned into an answer."""

        async def answer(current: Request, **named: str) -> Answer | Response:
            try:
                return await view(current, **named)
            except Exception as error:  # noqa: BLE001 - bugs stay in their request
                return _no(error)

        return answer

    def plain(self, view: Plain) -> Plain:
        """As `waiting`, of a view that has nothing to wait for."""

        def answer(current: Request, **named: str) -> Answer:
            try:
                return view(current, **named)
            except Exception as error:  # noqa: BLE001
                return _no(error)

        return answer

    def check(self, current: Request) -> Answer | None:
        """The refusal of a request that was not meant for us, or that another site's page makes; else None.

        Reads are free of origins, except a stream: a page of another site could hold it open. The form of a page that
        sends no referrer comes with the origin `null` (Fetch, "append a request Origin header"): the transcript's may, as
        its body holds all the authority there is, and it changes nothing.
        """
        headers = current.headers
        host = headers.get("host")
        try:
            self._address.check_host(host)
            if current.method not in ("GET", "HEAD") or current.path == "/events":
                origin = headers.get("origin")
                if origin == "null" and current.path == paths.TRANSCRIPT:
                    origin = None
                self._address.check_origin(origin=origin, referer=headers.get("referer"), host=host)
        except Refusal as refusal:
            return refused(refusal)
        return None

    def _admitted(self, route: Route, current: Request) -> Asked:
        open_room = room_of(current)
        token = gate.one_bearer(current.headers.getlist("authorization"))
        if token is None and route.is_token_in_query_accepted:
            token = current.args.get("token")
        credential, seat = gate.admit(open_room.room, token, is_open_to_removed=route.is_open_to_removed)
        if route.is_host_only and not seat.is_host:
            raise HostRequired(f"only the host may do this; your token is {seat.alias}'s")
        return Asked(current, open_room, credential, seat, self._address, self._rules, token or "")

    def seated(self, current: Request, token: str | None, holder: Credential | None) -> Asked:
        """As `_admitted`, of a request that brings its token in its body, or another proof of who `holder` is."""
        open_room = room_of(current)
        room = open_room.room
        credential, seat = gate.admit_holder(room, holder) if holder is not None else gate.admit(room, token)
        return Asked(current, open_room, credential, seat, self._address, self._rules, token or "")


def _no(error: Exception) -> Answer:
    """What is answered in place of an answer."""
    if isinstance(error, Refusal):
        return refused(error)
    return misdirected(error) if isinstance(error, HTTPException) else broken(error)


def room_of(current: Request) -> OpenRoom:
    """The room that a request is for."""
    room: OpenRoom = current.scope[ROOM_IN_SCOPE]
    return room
