"""When this machine's network changes: the moment to look at a link again, instead of waiting for the next try."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import trio

_RTMGRP_LINK = 0x1
_RTMGRP_IPV4_IFADDR = 0x10
_RTMGRP_IPV6_IFADDR = 0x100
READ_BYTES = 65_536
SETTLE_SECONDS = 0.2  # one change is told in many messages


async def changes() -> AsyncIterator[None]:
    """Yield after each change of a link or an address (Linux: rtnetlink(7)). Elsewhere nothing ever comes."""
    if not hasattr(socket, "AF_NETLINK"):
        await trio.sleep_forever()
    try:
        told = trio.socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    except OSError:
        await trio.sleep_forever()
    with told:
        await told.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
        while True:
            try:
                await told.recv(READ_BYTES)
                with trio.move_on_after(SETTLE_SECONDS):
                    while True:
                        await told.recv(READ_BYTES)
            except OSError:  # more changes than the kernel keeps for us: changes all the same
                pass
            yield
