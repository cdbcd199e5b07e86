"""What can happen to a file that nobody wrote to: a bit turns, the end is gone, lines change places, double or vanish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# A line may stand a second time anywhere, and change places with any: these distances stand for all.
DISTANCES = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Damage:
    """`kind` is flip, cut, swap, twice or drop; `place` a bit, a byte or a line (from 0), `to` another line."""

    path: str
    kind: str
    place: int
    to: int = 0

    def done_to(self, content: bytes) -> bytes:
        if self.kind == "flip":
            byte, bit = divmod(self.place, 8)
            return content[:byte] + bytes([content[byte] ^ 1 << bit]) + content[byte + 1 :]
        if self.kind == "cut":
            return content[: self.place]
        lines = content.splitlines(keepends=True)
        if self.kind == "swap":
            lines[self.place], lines[self.to] = lines[self.to], lines[self.place]
        elif self.kind == "twice":
            lines.insert(self.to, lines[self.place])
        else:
            del lines[self.place]
        return b"".join(lines)

    def first_line(self, content: bytes) -> int:
        """The first line (from 1) that is not what it was. A newline alone that is missing leaves its line whole."""
        if self.kind == "flip":
            return content.count(b"\n", 0, self.place // 8) + 1
        if self.kind == "cut":
            return content.count(b"\n", 0, self.place + 1) + 1
        return (self.to if self.kind == "twice" else self.place) + 1


def damages(path: str, content: bytes) -> Iterator[Damage]:
    """Every damage of one file: each bit, each byte as its end, each line gone, and each elsewhere too."""
    yield from (Damage(path, "flip", bit) for bit in range(len(content) * 8))
    yield from (Damage(path, "cut", length) for length in range(len(content)))
    count = len(content.splitlines())
    for line in range(count):
        yield Damage(path, "drop", line)
        for to in (line + by for by in DISTANCES if line + by <= count):
            yield Damage(path, "twice", line, to)
            if to < count:
                yield Damage(path, "swap", line, to)
