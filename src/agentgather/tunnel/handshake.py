"""The host's half of the handshake: it names a slug, proves its key, and looks at what it was given."""

from __future__ import annotations

import re

from agentgather import __version__
from agentgather.tunnel.dial import BrokerAddress, DialFailed, LinkSocket, broker_address
from agentgather.tunnel.keys import HostKey
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Challenge, Frame, Hello, Refused, Registered
from agentgather.wire.link import HostEnd
from agentgather.wire.proof import transcript

VERSION = 1

_SANE_URL = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


class TurnedAway(Exception):
    """The broker said no, or gave something else than what was asked for."""

    def __init__(self, code: str, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds


async def shake_hands(
    end: HostEnd, socket: LinkSocket, *, slug: str, key: HostKey, address: BrokerAddress
) -> tuple[Registered, list[Frame]]:
    """What the broker gave us, and what came right behind it. Raises TurnedAway, DialFailed, PeerBroke."""
    end.hello(Hello(VERSION, slug, key.public, f"agentgather/{__version__}"))
    challenge, *_ = await _reply(end, socket)
    if isinstance(challenge, Challenge):
        end.prove(key.sign(transcript(address.origin, slug, challenge.nonce, key.public)))
        registered, *more = await _reply(end, socket)
        if isinstance(registered, Registered):
            _check(registered, slug=slug, address=address)
            return registered, more
    raise PeerBroke("the broker did not keep to the handshake")


async def _reply(end: HostEnd, socket: LinkSocket) -> list[Frame]:
    """Send what there is to say, and await what the broker says to it: a frame or more. Raises TurnedAway for a no."""
    while message := end.outgoing():
        await socket.send(message)
    frames: list[Frame] = []
    while not frames:
        content = await socket.receive()
        if not content:
            raise DialFailed("the broker left in the middle of the handshake")
        frames = end.receive(content)
    if isinstance(refused := frames[0], Refused):
        raise TurnedAway(refused.code, refused.message, refused.retry_after_seconds)
    return frames


def _check(registered: Registered, *, slug: str, address: BrokerAddress) -> None:
    """Raise TurnedAway unless it is what was asked for: what a broker says here goes into links and commands."""
    is_other = registered.route.get("route_slug") != slug
    if is_other or not _may_be_handed_out(registered.public_url, address=address):
        raise TurnedAway("not_a_broker", "the broker answered with another route than the one asked for")


def _may_be_handed_out(url: str, *, address: BrokerAddress) -> bool:
    """Whether `url` is one that a card may name, in a shell's command too, and a token may travel to."""
    if not _SANE_URL.fullmatch(url):
        return False
    try:
        public = broker_address(url)
    except ValueError:  # a port or an address that there is not
        return False
    if public.is_tls:
        return True
    # Without TLS only what does not leave this machine; browsers find all below localhost there, whatever resolvers say.
    return not address.is_tls and (public.is_private or public.host.endswith(".localhost"))
