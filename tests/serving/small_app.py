"""A small ASGI app under the real serving layer, as a process of its own: python -m tests.serving.small_app JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of

held = 0


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/held` never answers, `/count` says how many are held, `/broken` breaks, `/big` is 4 MiB, `/late` breaks midway."""
    global held
    path = scope["path"]
    if path == "/held":
        held += 1
        try:
            await trio.sleep_forever()
        finally:
            held -= 1
    if path == "/broken":
        raise ExceptionGroup("of a bug", [ValueError("with a secret in it")])
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message["more_body"]:
            break
    answer = {"/count": b"%d" % held, "/big": b"x" * 2**22, "/late": b"x"}.get(path, body or b"ok")
    length = len(answer) + (5 if path == "/late" else 0)
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer, "more_body": path == "/late"})
    if path == "/late":
        raise RuntimeError("after half the answer")


async def main() -> None:
    limits = ServingLimits(**json.loads(sys.argv[1]))
    listeners = bind("127.0.0.1", 0, backlog=100)
    server = Server(app, limits=limits, refusal_headers=[("X-Safe", "yes")])
    async with trio.open_nursery() as nursery:
        await nursery.start(server.keep, listeners)
        print(port_of(listeners), flush=True)
        stdin = trio.lowlevel.FdStream(0)
        while (await stdin.receive_some(1)) not in (b"q", b""):
            pass
        await server.drain(grace_seconds=1)


trio.run(main)
