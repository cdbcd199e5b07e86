"""A process that may open no more files: who comes waits, the log is told once, and then everybody is let in."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, resource, sys
import trio
from agentgather.logs import start_logging
from agentgather.serving.accepting import keep_accepting
from agentgather.serving.server import bind, port_of

async def welcome(stream):
    async with stream:
        await stream.send_all(b"welcome")

async def main():
    start_logging(form="json", level="info")
    listeners = bind("127.0.0.1", 0, backlog=20)
    guests = [trio.socket.socket() for _ in range(5)]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (guests[-1].fileno() + 1, hard))
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: keep_accepting(listeners, welcome, guests=nursery, task_status=task_status))
        for guest in guests:
            await guest.connect(("127.0.0.1", port_of(listeners)))
        with trio.move_on_after(1) as outside:  # some ten tries
            await guests[0].recv(7)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        print(outside.cancelled_caught, [await guest.recv(7) for guest in guests])
        nursery.cancel_scope.cancel()

trio.run(main)
"""


def test_a_full_file_table_is_waited_out() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert told.stdout == f"True {[b'welcome'] * 5}\n", told.stderr
    [line] = map(json.loads, told.stderr.splitlines())
    assert (line["event"], line["level"]) == ("door_full", "error")
