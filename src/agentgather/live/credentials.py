"""Which token opens which seat. Only digests are held; the token itself is known to its bearer alone."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentgather.room.keeping import SavedSeat
from agentgather.room.names import Alias

TOKEN_BYTES = 32  # 256 random bits


@dataclass(frozen=True, slots=True)
class Credential:
    """`digest` is the hex SHA-256 of a token; it opens the seat of `alias` until `expires_at` (None: for ever)."""

    alias: Alias
    digest: str
    expires_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def mint_token(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    return "agt_" + urlsafe_b64encode(random_bytes(TOKEN_BYTES)).rstrip(b"=").decode()


def token_digest(token: str) -> str:
    """The hex SHA-256 of `token`, whatever bytes a stranger may have put in it."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Credentials:
    """The index from digest to credential: one lookup, one comparison in constant time, whatever the roster's size."""

    def __init__(self, saved: Iterable[SavedSeat] = ()) -> None:
        self._by_digest: dict[str, Credential] = {}
        self._by_alias: dict[Alias, Credential] = {}
        for seat in saved:
            if seat.token_hash is not None:
                self.put(Credential(seat.participant.alias, seat.token_hash, seat.token_expires_at))

    def find(self, token: str) -> Credential | None:
        """The credential that `token` is, expired ones included; None for a stranger's."""
        digest = token_digest(token)
        found = self._by_digest.get(digest)
        return found if found is not None and hmac.compare_digest(found.digest, digest) else None

    def of(self, alias: Alias) -> Credential | None:
        return self._by_alias.get(alias)

    def is_current(self, credential: Credential) -> bool:
        """Whether this is still the credential of its seat: false once it was replaced."""
        return self._by_alias.get(credential.alias) is credential

    def put(self, credential: Credential) -> None:
        """Make `credential` the only one of its seat."""
        self.drop(credential.alias)
        self._by_digest[credential.digest] = credential
        self._by_alias[credential.alias] = credential

    def drop(self, alias: Alias) -> None:
        old = self._by_alias.pop(alias, None)
        if old is not None:
            del self._by_digest[old.digest]
