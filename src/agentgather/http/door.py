"""The door: before a resource sees a request, the caller is admitted; every no is answered in the same shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from quart import Request
from quart.wrappers import Response
from werkzeug.exceptions import HTTPException

from agentgather.http import gate
from agentgather.http.address import Address
from agentgather.http.asked import Asked
from agentgather.http.errors import broken, misdirected, refused
from agentgather.http.mount import ROOM_IN_SCOPE
from agentgather.http.routes import Route
from agentgather.live.keeping import OpenRoom
from agentgather.room.refusals import HostRequired, Refusal
from agentgather.serving.answer import Answer
from agentgather.settings.shape import ApiLimits

View = Callable[..., Awaitable[Answer | Response]]


class Door:
    """Makes the view of each route: the one place where an exception of a request ends."""

    def __init__(self, *, address: Address, rules: ApiLimits) -> None:
        self._address = address
        self._rules = rules

    def view(self, route: Route) -> View:
        """The view of a route: only an admitted caller reaches its resource."""

        async def answer(current: Request, **named: str) -> Answer | Response:
            return await route.answer(self._admitted(route, current), **named)

        return self.plain(answer)

    def plain(self, view: View) -> View:
        """`view`, with every no and every bug of it turned into an answer."""

        async def answer(current: Request, **named: str) -> Answer | Response:
            try:
                return await view(current, **named)
            except Refusal as refusal:
                return refused(refusal)
            except HTTPException as error:
                return misdirected(error)
            except Exception as error:  # noqa: BLE001 - bugs stay in their request
                return broken(error)

        return answer

    def check(self, current: Request) -> Answer | None:
        """The refusal of a request that was not meant for us, or that another site's page makes; else None.

        Reads are free of origins, except a stream: a page of another site could hold it open.
        """
        headers = current.headers
        host = headers.get("host")
        try:
            self._address.check_host(host)
            if current.method not in ("GET", "HEAD") or current.path == "/events":
                self._address.check_origin(origin=headers.get("origin"), referer=headers.get("referer"), host=host)
        except Refusal as refusal:
            return refused(refusal)
        return None

    def _admitted(self, route: Route, current: Request) -> Asked:
        open_room: OpenRoom = current.scope[ROOM_IN_SCOPE]  # type: ignore[literal-required]
        token = gate.bearer(current.headers.get("authorization"))
        if token is None and route.is_token_in_query_accepted:
            token = current.args.get("token")
        credential, seat = gate.admit(open_room.room, token, is_open_to_removed=route.is_open_to_removed)
        if route.is_host_only and not seat.is_host:
            raise HostRequired(f"only the host may do this; your token is {seat.alias}'s")
        return Asked(current, open_room, credential, seat, self._address, self._rules, token or "")
