"""A change of the machine's network is heard of, in a network of its own that a test may change."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import trio
import trio.testing

from agentgather.tunnel.network import changes

IN_A_NEW_NETWORK = ["unshare", "--net", "--map-root-user"]

# Brings the loopback up, which is down in a new network, once the watcher watches.
WATCH = """
import fcntl, socket, struct, trio, trio.testing
from agentgather.tunnel.network import changes

def bring_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP

async def main():
    count = 0
    async def watch():
        nonlocal count
        async for _ in changes():
            count += 1
            nursery.cancel_scope.cancel()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            await trio.testing.wait_all_tasks_blocked()
            bring_up()
    print(count)

trio.run(main)
"""


def may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*IN_A_NEW_NETWORK, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="this machine lets nobody make a network of their own")
def test_an_interface_that_comes_up_is_one_change() -> None:
    done = subprocess.run(
        [*IN_A_NEW_NETWORK, sys.executable, "-c", WATCH], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1\n"


async def test_while_nothing_changes_nothing_is_told(autojump_clock: trio.testing.MockClock) -> None:
    with trio.move_on_after(60) as patience:
        async for _ in changes():
            pass
    assert patience.cancelled_caught


async def test_where_the_kernel_does_not_tell_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(trio.socket, "socket", refuse)
    with trio.move_on_after(0.05) as patience:
        async for _ in changes():
            pass
    assert patience.cancelled_caught
