"""A pass to read on: what the next page of a transcript is asked for with, so that no page holds a token.

A page without scripts can send no header, and what it is asked for with stands in the page: whoever saves that and sends it on
would hand on the token. A pass is good for a while, for reading the transcript of one room, and as long as its token is.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes

from agentgather.live.credentials import Credential
from agentgather.live.live_room import LiveRoom
from agentgather.room.names import Alias

LIFE = timedelta(hours=1)  # for who reads slowly; after that the token is asked for again
_SHAPE = re.compile(r"(?a)pass\.(\d{1,12})\.([a-z0-9-]{1,64})\.([0-9a-f]{64})")


class ReadingPasses:
    """Writes passes and reads them again. The key lives as long as the daemon: nothing is kept of a pass."""

    def __init__(self) -> None:
        self._key = token_bytes(32)

    def write(self, room: LiveRoom, credential: Credential) -> str:
        until = int((room.clock() + LIFE).timestamp())
        return f"pass.{until}.{credential.alias}.{self._seal(room, credential, until)}"

    def read(self, room: LiveRoom, written: str) -> Credential | None:
        """Whose pass this is. None: it is none, its time is over, or the token it was written for was replaced."""
        match = _SHAPE.fullmatch(written)
        credential = room.credentials.of(Alias(match[2])) if match else None
        if match is None or credential is None:
            return None
        is_ours = hmac.compare_digest(match[3], self._seal(room, credential, int(match[1])))
        return credential if is_ours and _is_ahead(room.clock(), int(match[1])) else None

    def _seal(self, room: LiveRoom, credential: Credential, until: int) -> str:
        told = f"{room.id}\n{credential.alias}\n{credential.digest}\n{until}"
        return hmac.new(self._key, told.encode(), sha256).hexdigest()


def _is_ahead(now: datetime, until: int) -> bool:
    return now.timestamp() < until
