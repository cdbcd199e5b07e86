"""What a host signs to show that a key is its own: good for one broker, one slug and one link only."""

from __future__ import annotations

_DOMAIN = b"agentgather.tunnel.v1 proof"


def transcript(origin: str, slug: str, nonce: bytes, key: bytes) -> bytes:
    """The bytes under the signature: the domain, then each part behind its length (4 bytes, big-endian).

    `origin` is the broker's as both see it (`https://rooms.example.org`): a broker that relays another's challenge to
    one of its own hosts gets a signature that is worth nothing there.
    """
    parts = (_DOMAIN, origin.encode(), slug.encode(), nonce, key)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
