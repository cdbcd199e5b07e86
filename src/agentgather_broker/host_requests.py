"""What visitors ask of hosts, whichever way a host came: over a link, or by the polls of 0.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

Headers = Sequence[tuple[bytes, bytes]]  # lower-case names


@dataclass(frozen=True, slots=True)
class Request:
    """A visitor's request as it is passed on: headers by allow-list, body whole (64 KiB at most).

    Being whole it was handed to a host altogether or not at all, and can wait for a host that is away.
    """

    method: str
    target: bytes  # below the slug, byte-exact, with its query; starts with a slash
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(repr=False)
    is_held: bool = False  # a wait or an event stream: its answer may take its time

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, so that a second host may be asked after a first was lost."""
        return self.method in ("GET", "HEAD")


class AnswerSink(Protocol):
    """The visitor's side of an answer. Raises when the visitor is gone, or what it is given makes no whole answer."""

    @property
    def has_begun(self) -> bool:
        """Whether the visitor has seen a part of the answer."""
        ...

    async def begin(self, status: int, headers: Headers) -> None: ...

    async def write(self, piece: bytes) -> None:
        """Returns once the piece is taken: a slow visitor slows its own stream down, and nothing else."""

    async def end(self) -> None: ...


class HostLost(Exception):
    """The host went away before its answer was whole. `was_handed`: it may have seen the request."""

    def __init__(self, *, was_handed: bool) -> None:
        super().__init__("the host was lost")
        self.was_handed = was_handed


class Host(Protocol):
    """A host that is there."""

    async def relay(self, request: Request, sink: AnswerSink) -> None:
        """Ask, and let `sink` have the answer. Raises HostLost, or Refused for what the host or the broker declines.

        Cancelled when the visitor leaves; the host is told.
        """
        ...
