"""The leases of a room, as a client asks for them and reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from agentgather.api import paths
from agentgather.client.asking import Json, no_room
from agentgather.client.seat_asker import SeatAsker, filled
from agentgather.room.leases.globs import Glob, read_glob
from agentgather.room.leases.refusals import InvalidGlob


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease that held when the room was asked. Globs that this version cannot read are left out of `globs`."""

    id: int
    holder: str
    globs: tuple[Glob, ...]
    note: str
    until: str
    seconds_left: int


class LeaseCalls(SeatAsker):
    """All of them may be asked again: what is so already is answered as before."""

    async def leases(self) -> Json:
        """Those that hold now: {leases}; `read_leases` reads them."""
        return await self._get(paths.LEASES)

    async def take_lease(self, globs: Sequence[str], *, minutes: int, note: str = "") -> Json:
        """Take paths, or hold them longer: {lease[, extended]}."""
        return await self._post(paths.LEASES, {"globs": list(globs), "minutes": minutes, "note": note})

    async def release_lease(self, lease_id: int) -> Json:
        return await self._post(filled(paths.RELEASE_LEASE, lease_id=lease_id))


def read_leases(answer: Json) -> tuple[HeldLease, ...]:
    """The leases of an answer of `leases`. Raises Unreachable (`not_a_room`)."""
    leases = answer.get("leases")
    if not isinstance(leases, list):
        raise no_room("its answer has no proper `leases`")
    return tuple(map(read_lease, leases))


def read_lease(value: object) -> HeldLease:
    """One lease of an answer. Raises Unreachable (`not_a_room`)."""
    fields = value if isinstance(value, Mapping) else {}
    number, left, written = fields.get("id"), fields.get("seconds_left"), fields.get("globs")
    texts = [fields.get(name) for name in ("holder", "note", "until")]
    if (
        type(number) is not int
        or type(left) is not int
        or not isinstance(written, list)
        or not all(isinstance(text, str) for text in (*texts, *written))
    ):
        raise no_room("its answer has no proper lease")
    globs: list[Glob] = []
    for text in written:
        with suppress(InvalidGlob):
            globs.append(read_glob(text))
    holder, note, until = map(str, texts)
    return HeldLease(number, holder, tuple(globs), note, until, left)
