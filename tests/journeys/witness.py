"""A program that stands behind a proxy and says what reached it. It prints its port; SIGTERM or SIGKILL ends it.

Whatever is asked, the answer is one JSON object of the request. `/stream` answers in pieces, one whenever `/next` is asked;
`/held` does not answer; `/came?N` and `/left?N` answer once N who ask for these two have come, or left, with their number;
`/_host/link` is a WebSocket that says back what it hears.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of
from tests.serving.apps import Receive, Scope, Send, answer, body_of, head, piece

ROOT = Path(__file__).parents[2]


class Witness:
    def __init__(self) -> None:
        self._count = {"/came": 0, "/left": 0}
        self._counted = trio.Event()
        self._next = trio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._link(receive, send)
            return
        views = {
            "/stream": self._stream,
            "/held": self._held,
            "/next": self._go_on,
            **dict.fromkeys(self._count, self._counts),
        }
        view = views.get(scope["path"])
        if view is not None:
            await view(scope, send)
        else:
            seen = {
                "method": scope["method"],
                "target": target_of(scope).decode("latin-1"),
                "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
                "body": (await body_of(receive)).decode("latin-1"),
            }
            await answer(send, json.dumps(seen).encode())

    async def _stream(self, scope: Scope, send: Send) -> None:
        await send(head(200, [(b"content-type", b"text/event-stream")]))
        await send(piece(b": here\n\n", more=True))
        with self._visit():
            for number in range(1_000):
                await self._next.wait()
                await send(piece(b"data: %d\n\n" % number, more=True))

    async def _go_on(self, scope: Scope, send: Send) -> None:
        self._next.set()
        self._next = trio.Event()
        await answer(send, b"{}")

    async def _held(self, scope: Scope, send: Send) -> None:
        with self._visit():
            await trio.sleep_forever()

    @contextmanager
    def _visit(self) -> Iterator[None]:
        self._note("/came")
        try:
            yield
        finally:
            self._note("/left")

    def _note(self, what: str) -> None:
        self._count[what] += 1
        self._counted.set()
        self._counted = trio.Event()

    async def _counts(self, scope: Scope, send: Send) -> None:
        while self._count[scope["path"]] < int(scope["query_string"]):
            await self._counted.wait()
        await answer(send, b"%d" % self._count[scope["path"]])

    async def _link(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": message["bytes"], "text": None})


def target_of(scope: Scope) -> bytes:
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + (b"?" + query if query else b"")


@contextmanager
def witness() -> Iterator[int]:
    """A witness in a process of its own; its port."""
    process = subprocess.Popen([sys.executable, "-m", "tests.journeys.witness"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


async def main() -> None:
    listeners = bind("127.0.0.1", 0, backlog=128)
    async with trio.open_nursery() as nursery:
        await nursery.start(Server(Witness(), limits=ServingLimits(), websockets=True).keep, listeners)
        print(port_of(listeners), flush=True)


if __name__ == "__main__":
    trio.run(main)
