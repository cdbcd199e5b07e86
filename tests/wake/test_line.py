"""What goes between a program in a terminal of ours and the person who looks on (agentgather.wake.terminal.line)."""

from __future__ import annotations

import os
import tty

import trio

from agentgather.wake.terminal.emulator import Terminal
from agentgather.wake.terminal.line import UNTYPED_BYTES_MAX, Line
from agentgather.wake.terminal.onlooker import Onlooker

TYPED = bytes(ord("a") + number % 26 for number in range(4 * UNTYPED_BYTES_MAX))


async def test_whatever_is_typed_while_a_program_reads_nothing_waits_and_comes_whole() -> None:
    hand, keys = os.openpty()
    ours, program = os.openpty()
    for end in (keys, program):
        tty.setraw(end)
    for end in (hand, ours, program):
        os.set_blocking(end, False)
    line = Line(ours, Terminal(width=80, height=24), Onlooker(keys=keys))

    async def type_all() -> None:
        left = TYPED
        while left:
            await trio.lowlevel.wait_writable(hand)
            left = left[os.write(hand, left) :]

    read = b""
    try:
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                relaying = await nursery.start(line.keep)
                nursery.start_soon(type_all)
                while len(line._untyped) < UNTYPED_BYTES_MAX:
                    await trio.sleep(0.01)
                while len(read) < len(TYPED):
                    await trio.lowlevel.wait_readable(program)
                    read += os.read(program, UNTYPED_BYTES_MAX)
                relaying.cancel()
    finally:
        for end in (hand, keys, ours, program):
            os.close(end)
    assert read == TYPED
    assert not line.is_behind
