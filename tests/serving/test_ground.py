"""A machine that gives a process no thread any more."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource
import trio
from agentgather.serving.ground import NoThread, run_in_thread

def fails():
    raise RuntimeError("of its own")

async def main():
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 1_000_000, hard))  # no room for the stack of one
    try:
        await run_in_thread(print, "called")
    except NoThread:
        print("none")
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    await run_in_thread(print, "one")
    try:
        await run_in_thread(fails)
    except RuntimeError as error:
        print(error)

trio.run(main)
"""


def test_a_call_that_gets_no_thread_is_not_made_and_said_to_be_so() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=30)
    assert told.stdout.splitlines() == ["none", "one", "of its own"], told.stderr
