"""Credit: how many bytes each side may still send, on one stream and on the link as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from agentgather.wire.codec import CREDIT_MAX
from agentgather.wire.faults import Misused, PeerBroke


@dataclass(slots=True)
class Window:
    """One direction in. What the peer may still send is `open`; what was taken since is `owed` until it is worth a frame.

    `open` and `owed` and what waits to be taken always add up to `size`: credit is never lost and never invented.
    """

    size: int
    open: int = -1
    owed: int = 0

    def __post_init__(self) -> None:
        self.open = self.size

    def receive(self, count: int) -> None:
        """`count` bytes came. Raises PeerBroke when they were more than the peer was allowed."""
        if count > self.open:
            raise PeerBroke("more data came than there was credit for")
        self.open -= count

    def take(self, count: int) -> int:
        """`count` bytes were taken; answers how much credit to give back now: half a window at a time, or nothing."""
        if not 0 <= count <= self.size - self.open - self.owed:
            raise Misused("more was taken than came")
        self.owed += count
        if self.owed * 2 < self.size:
            return 0
        given, self.owed = self.owed, 0
        self.open += given
        return given


@dataclass(slots=True)
class Allowance:
    """One direction out: what we may still send."""

    left: int

    def spend(self, count: int) -> None:
        self.left -= count

    def gain(self, count: int) -> None:
        """The peer gives `count` more. Raises PeerBroke for nothing, and for more than anybody may be owed."""
        if count == 0 or self.left + count > CREDIT_MAX:
            raise PeerBroke("credit of nothing, or of more than there can be")
        self.left += count
