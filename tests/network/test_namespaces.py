"""The cable between two namespaces: cut, it is silence for both; mended, nothing was lost."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator

import pytest
import trio

from tests.network.namespaces import Cable, cable

SOON_SECONDS = 10.0
QUIET_SECONDS = 0.5

ECHO = """
import socket
with socket.create_server(("0.0.0.0", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    with listener.accept()[0] as caller:
        while piece := caller.recv(100):
            print(piece.decode(), flush=True)
            caller.sendall(piece)
"""


@pytest.fixture
def joined() -> Iterator[Cable]:
    with cable() as made:
        yield made


async def test_what_is_said_into_a_cut_cable_arrives_once_it_is_mended(joined: Cable) -> None:
    far = subprocess.Popen([*joined.far.entering, sys.executable, "-c", ECHO], stdout=subprocess.PIPE, bufsize=0)
    assert far.stdout is not None
    try:
        port = int(far.stdout.readline())
        joined.lead(port)
        plain = joined.near.socket()
        with trio.socket.from_stdlib_socket(plain) as near:
            with trio.fail_after(SOON_SECONDS):
                await near.connect(("127.0.0.1", port))
                await near.send(b"here")
                assert await near.recv(100) == b"here"
            assert far.stdout.readline() == b"here\n"
            joined.drop()
            await near.send(b"still here")
            with trio.move_on_after(QUIET_SECONDS) as quiet:
                raise AssertionError(await near.recv(100))
            assert quiet.cancelled_caught
            assert not select.select([far.stdout], [], [], 0)[0], "only the answers were cut off"
            joined.restore()
            with trio.fail_after(SOON_SECONDS):
                assert await near.recv(100) == b"still here"
        assert far.wait(SOON_SECONDS) == 0
    finally:
        far.kill()
        far.communicate()


def test_nothing_of_it_is_left() -> None:
    with cable() as made:
        names = {made.near.name, made.far.name}
        assert names <= listed()
    assert not names & listed()


def listed() -> set[str]:
    out = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in out.splitlines()}
