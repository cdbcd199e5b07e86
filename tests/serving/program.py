"""The program that the tests run: a server over one of the apps. Its options are one JSON object.

It prints its port and, if asked to, a line for every answer; SIGTERM drains it; its log goes to stderr.
"""

from __future__ import annotations

import json
import logging
import resource
import signal
import sys
from typing import Any

import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of
from tests.serving.apps import Everything


def app_named(name: str) -> Any:
    if name == "everything":
        return Everything()
    from tests.serving import quart_apps  # takes a third of a second

    return getattr(quart_apps, name)()


def say(*words: object) -> None:
    print(*words, flush=True)


async def main(options: dict[str, Any]) -> None:
    if files := options.get("open_files"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    listeners = bind("127.0.0.1", options.get("port", 0), backlog=128)
    app = app_named(options.get("app", "everything"))
    server = Server(
        app,
        limits=ServingLimits(**options.get("limits", {})),
        refusal_headers=[("X-Content-Type-Options", "nosniff")],
        on_answered=(lambda *answered: say("answered", json.dumps(answered))) if options.get("says_answers") else None,
        websockets=options.get("websockets", False),
        at_once=getattr(app, "at_once", None) if options.get("at_once", True) else None,
    )
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            await nursery.start(server.keep, listeners)
            say("port", port_of(listeners))
            await anext(signals)
            started = trio.current_time()
            await server.drain(grace_seconds=options.get("grace_seconds", 1))
        say("drained", f"{trio.current_time() - started:.2f}")


if __name__ == "__main__":
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s %(error_id)s", defaults={"error_id": ""}))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    trio.run(main, json.loads(sys.argv[1]))
