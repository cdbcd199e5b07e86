"""The host's desk: where seats get their tokens. Digests are on disk before a token is handed out.

So is how far somebody has read, before they are told that it was noted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import trio

from agentgather.live.credentials import Credential, mint_token, token_digest
from agentgather.live.live_room import LiveRoom
from agentgather.live.pen import RunBlocking
from agentgather.room.commands import Invite, Rotate
from agentgather.room.keeping import Documents, SavedSeat
from agentgather.room.names import Alias
from agentgather.room.participant import Participant
from agentgather.room.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Issued:
    """A seat and its new token: the only moment the token exists on this side."""

    seat: Participant
    credential: Credential
    token: str = field(repr=False)


class Desk:
    """Writes a room's roster file. One issue of a token at a time, so that two invitations of one alias cannot cross."""

    def __init__(
        self,
        room: LiveRoom,
        documents: Documents,
        *,
        run_blocking: RunBlocking,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._room = room
        self._documents = documents
        self._run_blocking = run_blocking
        self._random_bytes = random_bytes
        self._turn = trio.Lock()
        self._saving = trio.Lock()
        self._saved_marks = room.presence.marks
        self._issuing: tuple[Participant, Credential] | None = None  # on its way: what is saved meanwhile has it too

    async def issue(self, command: Invite | Rotate, *, expires_at: datetime | None = None) -> Issued:
        """Carry out `command` and give its seat a new token; the one before stops working.

        Raises the room's Refusal, or StorageFull or StorageFailed; then the seat keeps the token it had.
        """
        room = self._room
        async with self._turn:
            seat = room.decide(command, now=room.clock()).state.participants[command.alias]
            token = mint_token(self._random_bytes)
            credential = Credential(seat.alias, token_digest(token), expires_at)
            self._issuing = (seat, credential)
            try:
                await self._record(command)
                room.credentials.put(credential)
            finally:
                self._issuing = None
            room.announce()  # waits that were opened with the old token end now
            return Issued(room.state.participants[seat.alias], credential, token)

    async def save(self) -> None:
        """Write the roster file: seats, digests and presence. Raises StorageFull or StorageFailed."""
        async with self._saving:
            await self._write()

    async def settle_marks(self) -> None:
        """Return once everything that was marked as read so far is on disk; who comes meanwhile shares the next write.

        Raises StorageFull or StorageFailed; then the marks are tried again with the next checkpoint.
        """
        marks = self._room.presence.marks
        async with self._saving:
            if self._saved_marks < marks:
                await self._write()

    async def _write(self) -> None:
        presence = self._room.presence
        marks = presence.marks
        try:
            room = self._room
            await self._run_blocking(self._save, list(self._seats()), room.state.last_id, room.deliveries.through)
        except BaseException:  # also when whoever asked has gone
            presence.is_dirty = True
            raise
        self._saved_marks = marks

    def _save(self, seats: Sequence[SavedSeat], through_id: int, deliveries_through: int) -> None:
        self._documents.save_roster(seats, through_id=through_id, deliveries_through=deliveries_through)

    async def _record(self, command: Invite | Rotate) -> None:
        """Have the roster say it, then the log; write the roster as it was when either refuses.

        A roster that was refused may stand in its place all the same: a restart would know only the token nobody has.
        """
        try:
            await self.save()
            await self._room.submit(command)
        except Refusal:
            self._issuing = None
            with suppress(Refusal):  # written with the next presence; until then the file may be ahead
                await self.save()
            raise

    def _seats(self) -> Iterable[SavedSeat]:
        room = self._room
        sightings = room.presence.clean()
        roster = dict(room.state.participants)
        issued: dict[Alias, Credential] = {}
        if self._issuing is not None:
            seat, credential = self._issuing
            roster[seat.alias], issued[seat.alias] = seat, credential
        for alias, seat in roster.items():
            known = issued.get(alias) or room.credentials.of(alias)
            sighting = sightings.get(alias) or room.presence.of(alias, default=seat.joined_at)
            yield SavedSeat(
                seat,
                known.digest if known else None,
                known.expires_at if known else None,
                sighting.attention,
                sighting.last_seen_at,
                sighting.delivered_id,
                sighting.read_id,
            )
