"""What a log has acknowledged, byte for byte, held as a length and a hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _hashlib import HASH


@dataclass(slots=True)
class Acknowledged:
    """The first `length_bytes` of a file, known by their SHA-256. `lacks_newline`: the last line has no end yet."""

    length_bytes: int = 0
    lacks_newline: bool = False
    _hash: HASH = field(default_factory=sha256)

    @staticmethod
    def of(content: bytes) -> Acknowledged:
        made = Acknowledged()
        made.grow(content)
        return made

    def copy(self) -> Acknowledged:
        return Acknowledged(self.length_bytes, self.lacks_newline, self._hash.copy())

    def grow(self, content: bytes) -> None:
        """Take `content`, written after what was there, as acknowledged."""
        self._hash.update(content)
        self.length_bytes += len(content)
        if content:
            self.lacks_newline = not content.endswith(b"\n")

    def begins(self, content: bytes) -> bool:
        """Whether `content` begins with exactly these bytes."""
        if len(content) < self.length_bytes:
            return False
        return sha256(content[: self.length_bytes]).digest() == self._hash.digest()
