"""`python -m bench.plain_stack HOME [HALF]`: the room as a stock quart-trio app under stock hypercorn, to stand beside ours.

The room, its resources and what they answer are the same; between them and the socket is what anyone would write with Quart. A
HALF of it can be ours: `app`, our app under hypercorn, or `server`, the stock app on our server.
"""

from __future__ import annotations

import json
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from quart import request
from quart.wrappers import Response
from quart_trio import QuartTrio
from quart_trio.wrappers import TrioRequest

from agentgather.http.address import Address
from agentgather.http.app import make_app
from agentgather.http.assets import Assets
from agentgather.http.door import Door
from agentgather.http.headers import NO_STORE, SECURITY_HEADERS
from agentgather.http.mount import ROOM_IN_SCOPE
from agentgather.http.routes import ROUTES, Route
from agentgather.live.house import House
from agentgather.live.keeping import OpenRoom
from agentgather.live.live_room import LiveRoom
from agentgather.room.limits import RoomLimits
from agentgather.serving.answer import Answer
from agentgather.serving.ground import MACHINE
from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of
from agentgather.settings.shape import ApiLimits
from agentgather.store.home import Home
from agentgather.store.opening import open_room
from bench.history import ROOM

UNLIMITED = 10_000_000  # a benchmark is what these limits are there to refuse


class PlainRequest(TrioRequest):
    """Quart's, with what the resources ask of ours beside it."""

    _content = b""

    async def read(self) -> None:
        self._content = await self.get_data()

    def content(self) -> bytes:
        return self._content


def plain_app(open_room: OpenRoom) -> QuartTrio:
    """The routes of the room, in the way of Quart's own documentation."""
    app = QuartTrio("plain")
    app.request_class = PlainRequest
    door = Door(address=Address("http://127.0.0.1:0"), rules=ApiLimits())

    async def check() -> Response | None:
        current = request._get_current_object()  # the proxy would look it up again for every attribute
        current.scope[ROOM_IN_SCOPE] = open_room
        refusal = door.check(current)
        return None if refusal is None else _response(refusal)

    async def secure(response: Response) -> Response:
        for name, value in SECURITY_HEADERS:
            response.headers.setdefault(name, value)
        response.headers.setdefault(*NO_STORE)
        return response

    app.before_request(check)
    app.after_request(secure)
    for route in ROUTES:
        app.add_url_rule(route.path, f"{route.method} {route.path}", _view(door, route), methods=[route.method])
    return app


def _view(door: Door, route: Route) -> Any:
    view = door.view(route)

    async def answer(**named: str) -> Response:
        current = request._get_current_object()
        if current.method == "POST":
            await current.read()
        answered = view(current, **named)
        return _response(answered if isinstance(answered, Answer) else await answered)

    return answer


def _response(answer: Answer | Response) -> Response:
    if isinstance(answer, Response):
        return answer
    return Response(answer.body, answer.status, answer.headers, content_type=answer.content_type)


async def keep_plain(home: Home, half: str = "") -> None:
    """Serve the room of the benchmark until cancelled; says where, as `agentgather room serve --json` does."""
    opened = await trio.to_thread.run_sync(partial(open_room, home, ROOM, now=MACHINE.clock()))
    room = LiveRoom(
        opened.state,
        opened.kept,
        journal=opened.journal,
        seats=opened.seats,
        limits=RoomLimits(posts_per_minute=UNLIMITED, writes_per_minute=UNLIMITED, log_records_max=UNLIMITED),
        clock=MACHINE.clock,
        run_blocking=MACHINE.run_blocking,
    )
    live = OpenRoom(room, opened.documents, run_blocking=MACHINE.run_blocking, save_seconds=5)
    house = House()
    async with trio.open_nursery() as nursery:
        await nursery.start(house.keep, live)
        app: Any = plain_app(live)
        if half == "app":
            address = Address("http://127.0.0.1:0")
            app = make_app(house, address=address, rules=ApiLimits(), assets=Assets.load())
        url = await (_on_our_server if half == "server" else _under_hypercorn)(app, nursery)
        print(json.dumps({"url": url}), flush=True)


async def _under_hypercorn(app: Any, nursery: trio.Nursery) -> str:
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.accesslog = None
    config.backlog = 2_048
    config.keep_alive_max_requests = UNLIMITED  # it closes on the 1,000th otherwise
    bound = await nursery.start(partial(serve, app, config))
    return str(bound[0])


async def _on_our_server(app: Any, nursery: trio.Nursery) -> str:
    listeners = bind("127.0.0.1", 0, backlog=2_048)
    await nursery.start(Server(app, limits=ServingLimits()).keep, listeners)
    return f"http://127.0.0.1:{port_of(listeners)}"


if __name__ == "__main__":
    logging.disable(logging.INFO)
    trio.run(keep_plain, Home(Path(sys.argv[1])), *sys.argv[2:3])
