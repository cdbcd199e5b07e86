"""A way into the room: its own port, or the far end of a tunnel."""

from __future__ import annotations

from dataclasses import dataclass

from bench.line import request
from bench.processes import ProcessTree


@dataclass(frozen=True, slots=True)
class Door:
    """Where visitors ask, and who works for each answer: `far` on the visitors' side of a tunnel, `near` on the room's."""

    name: str
    address: tuple[str, int]
    near: tuple[ProcessTree, ...]
    far: tuple[ProcessTree, ...] = ()
    prefix: str = ""  # of every path

    def request(self, token: str, path: str, *, body: bytes | None = None) -> bytes:
        """The bytes of a GET of `path`, or of a POST when there is a body."""
        host = "{}:{}".format(*self.address)
        return request(host, token, self.prefix + path, body=body)
