"""The broker's half of the handshake: who comes, whether the key is really theirs, whether they may come here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Frame, Hello, Proof
from agentgather.wire.link import BrokerEnd
from agentgather.wire.proof import transcript
from agentgather_broker.admission import Admission
from agentgather_broker.keys import fingerprint_of, is_signed_by
from agentgather_broker.link_socket import LinkSocket
from agentgather_broker.places import Places
from agentgather_broker.refusals import Refused
from agentgather_broker.slugs import check_slug

VERSION = 1

Wanted = TypeVar("Wanted", Hello, Proof)


@dataclass(frozen=True, slots=True)
class Greeted:
    """A host that proved its key, and the slug that it wants."""

    slug: str
    fingerprint: str


async def greet(
    end: BrokerEnd, socket: LinkSocket, *, admission: Admission, places: Places, dialled: str, nonce: bytes
) -> Greeted:
    """Greet whoever comes. `dialled` is the origin that the Host header names, `nonce` what is to be signed this once.

    Raises Refused for somebody who may not come, PeerBroke for somebody who does not speak as one should or left.
    """
    hello = await _next(end, socket, Hello)
    if hello.version != VERSION:
        raise Refused("unsupported_route", f"this broker speaks version {VERSION} of the tunnel; use one that does too")
    check_slug(hello.slug, is_label=places.has_own_origins)
    admission.check_open()
    end.challenge(nonce)
    await send_all(end, socket)
    proof = await _next(end, socket, Proof)
    if not is_signed_by(hello.key, proof.signature, transcript(places.origin, hello.slug, nonce, hello.key)):
        if is_signed_by(hello.key, proof.signature, transcript(dialled, hello.slug, nonce, hello.key)):
            raise Refused("origin_mismatch", f"this broker is {places.origin}; dial it by that URL")
        raise Refused("proof_failed", f"the signature is not one of that key for {places.origin}")
    fingerprint = fingerprint_of(hello.key)
    admission.check_key(fingerprint)
    return Greeted(hello.slug, fingerprint)


async def send_all(end: BrokerEnd, socket: LinkSocket) -> None:
    """Send what the end has to say, while no other task does."""
    while message := end.outgoing():
        await socket.send(message)


async def _next(end: BrokerEnd, socket: LinkSocket, wanted: type[Wanted]) -> Wanted:
    """The one frame that may come now. Raises PeerBroke."""
    frames: list[Frame] = []
    while not frames:
        content = await socket.receive()
        if not content:
            raise PeerBroke("the host left in the middle of the handshake")
        frames = end.receive(content)
    if len(frames) != 1 or not isinstance(frames[0], wanted):
        raise PeerBroke("the host did not wait for its turn in the handshake")
    return frames[0]
