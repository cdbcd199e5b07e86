"""The host's desk: where seats get their tokens. Digests are on disk before a token is handed out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
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

    async def issue(self, command: Invite | Rotate, *, expires_at: datetime | None = None) -> Issued:
        """Carry out `command` and give its seat a new token; the one before stops working.

        Raises the room's Refusal, or StorageFull or StorageFailed; then the seat keeps the token it had.
        """
        room = self._room
        async with self._turn:
            seat = room.decide(command, now=room.clock()).state.participants[command.alias]
            token = mint_token(self._random_bytes)
            credential = Credential(seat.alias, token_digest(token), expires_at)
            await self.save(issuing=[(seat, credential)])
            try:
                await room.submit(command)
            except Refusal:
                await self._take_back()
                raise
            room.credentials.put(credential)
            room.announce()  # waits that were opened with the old token end now
            return Issued(room.state.participants[seat.alias], credential, token)

    async def save(self, *, issuing: Sequence[tuple[Participant, Credential]] = ()) -> None:
        """Write the roster file: seats, digests and presence. Raises StorageFull or StorageFailed."""
        async with self._saving:
            seats = list(self._seats(issuing))
            await self._run_blocking(self._save, seats, self._room.state.last_id)

    def _save(self, seats: Sequence[SavedSeat], through_id: int) -> None:
        self._documents.save_roster(seats, through_id=through_id)

    async def _take_back(self) -> None:
        """Write the roster as it was before an issue that the log refused."""
        try:
            await self.save()
        except Refusal:
            self._room.presence.is_dirty = True  # written with the next presence; until then the file is ahead

    def _seats(self, issuing: Sequence[tuple[Participant, Credential]]) -> Iterable[SavedSeat]:
        room = self._room
        issued: dict[Alias, Credential] = {seat.alias: credential for seat, credential in issuing}
        sightings = room.presence.clean()
        roster = dict(room.state.participants) | {seat.alias: seat for seat, _ in issuing}
        for alias, seat in roster.items():
            credential = issued.get(alias) or room.credentials.of(alias)
            sighting = sightings.get(alias) or room.presence.of(alias, default=seat.joined_at)
            yield SavedSeat(
                seat,
                credential.digest if credential else None,
                credential.expires_at if credential else None,
                sighting.attention,
                sighting.last_seen_at,
                sighting.delivered_id,
                sighting.read_id,
            )
