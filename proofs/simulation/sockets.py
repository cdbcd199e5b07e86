"""Sockets of a simulated network: to trio and to the product they are TCP, below they are pairs inside this process.

A pair of unix sockets hands bytes over within the call that writes them, so that nothing but trio decides what comes next;
and the product reads and writes them by their descriptors, as it does with TCP.
"""

from __future__ import annotations

import socket as stdlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from proofs.simulation.machine import Process

Address = tuple[str, int]
BUFFER_BYTES = 131_072  # of what is on its way in one direction
NOWHERE: Address = ("0.0.0.0", 0)


class Socket(trio.socket.SocketType):
    """One end, owned by the process whose task made it. `inner` carries it once it is connected or listens."""

    def __init__(self, process: Process, *, inner: Any = None, own: Address = NOWHERE, peer: Address = NOWHERE) -> None:
        super().__init__()
        self.process = process
        self.inner = inner
        self.own = own
        self.peer = peer
        self.is_reset = False  # what is on its way when it closes never arrives
        self.partner: Socket | None = None  # who connected to it from the same machine
        process.sockets[self] = None

    async def connect(self, address: Any) -> None:
        await self.process.machine.network.connect(self, (address[0], address[1]))

    async def accept(self) -> tuple[Socket, Address]:
        inner, name = await self.inner.accept()
        accepted = Socket(self.process, inner=inner, own=self.own)
        self.process.machine.network.introduce(accepted, name)
        return accepted, accepted.peer

    def close(self) -> None:
        self.process.sockets.pop(self, None)
        self.process.machine.network.forget(self)
        if self.inner is None:
            return
        if self.is_reset and self.partner is not None:
            break_off(self.inner, self.partner.inner)
        self.inner.close()

    def fileno(self) -> int:
        return -1 if self.inner is None else self.inner.fileno()

    def getsockname(self) -> Address:
        return self.own

    def getpeername(self) -> Address:
        return self.peer

    def getsockopt(self, level: int, option: int, *more: Any) -> Any:
        return self.inner.getsockopt(level, option, *more)

    def setsockopt(self, level: int, option: int, value: Any, *more: Any) -> None:
        if (level, option) == (stdlib.SOL_SOCKET, stdlib.SO_LINGER):
            self.is_reset = True

    def shutdown(self, how: int) -> None:
        self.inner.shutdown(how)

    def is_readable(self) -> bool:
        return bool(self.inner.is_readable())

    async def wait_writable(self) -> None:
        await self.inner.wait_writable()

    def recv(self, *args: Any) -> Any:
        return self.inner.recv(*args)

    def recv_into(self, *args: Any) -> Any:
        return self.inner.recv_into(*args)

    def send(self, *args: Any) -> Any:
        return self.inner.send(*args)

    @property
    def family(self) -> Any:
        return stdlib.AF_UNIX

    @property
    def type(self) -> Any:
        return stdlib.SOCK_STREAM

    @property
    def proto(self) -> int:
        return 0

    @property
    def did_shutdown_SHUT_WR(self) -> bool:  # noqa: N802 - trio's name
        return bool(self.inner.did_shutdown_SHUT_WR)

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<simulated socket {self.own} -> {self.peer}>"


def pair() -> tuple[Any, Any]:
    """Two ends of one wire."""
    one, other = stdlib.socketpair()
    return wrapped(one), wrapped(other)


def wrapped(plain: stdlib.socket) -> Any:
    plain.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_SNDBUF, BUFFER_BYTES)
    return trio.socket.from_stdlib_socket(plain)


def break_off(end: Any, other: Any) -> None:
    """Close `end` so that whoever has `other` hears of a reset: something it sent was not read."""
    with suppress(OSError):
        other._sock.send(b"!", stdlib.MSG_DONTWAIT)
    end.close()
