"""One request as a resource sees it: which room, whose token, what it asks; and the answer it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentgather.api.bodies import read_object
from agentgather.api.errors import RequestRefused
from agentgather.api.record_json import compact
from agentgather.http import gate
from agentgather.http.address import Address
from agentgather.live.credentials import Credential
from agentgather.live.keeping import OpenRoom
from agentgather.live.live_room import LiveRoom
from agentgather.room.keeping import Kept
from agentgather.room.names import Alias
from agentgather.room.participant import Participant
from agentgather.serving.answer import Answer
from agentgather.serving.request import Request
from agentgather.settings.shape import ApiLimits

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(slots=True)
class Asked:
    """A request that passed the gate. `token` is what the caller presented; it goes only where a card is written."""

    request: Request
    open_room: OpenRoom
    credential: Credential
    seat: Participant
    address: Address
    rules: ApiLimits
    token: str = field(repr=False)

    @property
    def room(self) -> LiveRoom:
        return self.open_room.room

    @property
    def alias(self) -> Alias:
        return self.credential.alias

    @property
    def is_still_admitted(self) -> bool:
        """False once the seat was removed or the token replaced, or its time ran out, while this was answered."""
        return self.room.is_admitted(self.credential)

    def check_still_admitted(self) -> None:
        """Raise what the gate would say now to a caller whom it let in: Removed, `token_expired` or `unauthorized`."""
        if not self.is_still_admitted:
            gate.admit_holder(self.room, self.credential)
            raise RequestRefused(
                "unauthorized", "your token was replaced while you waited; ask the host for the new one"
            )

    @property
    def base_url(self) -> str:
        """The URL of the room as it is to be handed out."""
        return self.address.of(self.room.id)

    def delivered(self, kept: Sequence[Kept], *, through_id: int) -> None:
        """Note that the caller is handed `kept`, and has got as far as `through_id`. A HEAD is handed none."""
        if self.request.method != "HEAD":
            now = self.room.clock()
            self.room.presence.deliver(self.alias, through_id=through_id, now=now)
            self.room.deliveries.fetched(self.alias, kept, now=now)

    def query(self, name: str) -> str | None:
        return self.request.args.get(name)

    async def body(self) -> Mapping[str, Any]:
        """The JSON object of the request's body. Raises `invalid_json`, `invalid_body` or `body_too_large`."""
        return read_object(self.request.content())


def json_answer(value: Mapping[str, Any], status: int = 200) -> Answer:
    return bytes_answer(compact(value) + b"\n", status)


def bytes_answer(body: bytes, status: int = 200, content_type: str = JSON) -> Answer:
    return Answer(body, status, content_type)
