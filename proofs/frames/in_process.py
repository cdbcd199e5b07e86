"""Mutated frames and the wire itself: either end, brought anywhere by legal moves, its books looked at after each frame."""

from __future__ import annotations

from random import Random

from fuzz.fuzz_link import Player, Script

from agentgather.wire.codec import HEADER_BYTES
from agentgather.wire.fields import CONTROL_BYTES_MAX
from proofs.frames.mutants import mutated
from proofs.proof import Batch, Disproved

SCRIPT_BYTES = 48  # of which an end takes its own moves


class InProcess:
    """One end at a time, until it is dead."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._player: Player | None = None
        batch.figures.count("mutated frames in process", 0)
        batch.figures.count("of those, links ended by PeerBroke", 0)

    def begin(self) -> None:
        """What comes does not hang on what came."""
        self._player = None

    def play(self, number: int, random: Random) -> None:
        """A frame. Raises Disproved when it does anything but what the wire may do."""
        content = mutated(random)
        try:
            player = self._player = self._player or Player(Script(random.randbytes(SCRIPT_BYTES)))
            for _ in range(random.randrange(3)):
                player.act()
            is_too_long = player.is_between_frames and announces_too_much(content)
            cut = random.randrange(len(content) + 1)
            goes_on = (cut == 0 or player.hear(content[:cut])) and player.hear(content[cut:])
        except Exception as broken:
            raise Disproved(f"frame {number}: {broken!r} of {content[:300]!r}") from broken
        if goes_on and is_too_long:
            raise Disproved(
                f"frame {number}: the rest of it was waited for, longer than a frame may be: {content[:60]!r}"
            )
        self._batch.figures.count("mutated frames in process")
        if not goes_on:
            self._batch.figures.count("of those, links ended by PeerBroke")
            self._player = None


def announces_too_much(content: bytes) -> bool:
    """Whether a frame says that it is longer than any may be: that has to be seen before the rest of it is here."""
    return len(content) >= HEADER_BYTES and int.from_bytes(content[5:HEADER_BYTES], "big") > CONTROL_BYTES_MAX
