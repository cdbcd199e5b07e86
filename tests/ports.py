"""Ports for programs that cannot say which one they got for 0, or that have to come back at the same one."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack, closing

# Below those that the kernel gives out for 0: between our look and the program's, no other test is given one of these.
FIRST, LAST = 20_000, 32_000
TRIES_MAX = 1_000

_RANDOM = random.SystemRandom()  # another process's tests do not draw the same, whatever seeds theirs


def free_ports(count: int) -> list[int]:
    """So many ports of this machine that nobody listens at."""
    ports: list[int] = []
    with ExitStack() as stack:
        for _ in range(TRIES_MAX):
            if len(ports) == count:
                return ports
            taken = stack.enter_context(closing(socket.socket()))
            port = _RANDOM.randint(FIRST, LAST)
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    raise AssertionError("no free port was found")


def free_port() -> int:
    (port,) = free_ports(1)
    return port
