"""Mutated frames over real WebSockets: a host who lies to a real broker, and a broker who lies to a real host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.broker.brokers import hand_host
from tests.tunnel.broker import NONCE, Link, scripted_broker
from tests.tunnel.hosted import HostedRoom

from agentgather.tunnel.dial import DialFailed, dial
from agentgather.wire.codec import Decoder, encode
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Bye, Hello, Open, Ping, Pong, Refused, Registered
from agentgather.wire.frames import Proof as ProofFrame
from proofs.figures import Figures
from proofs.frames.mutants import mutated
from proofs.proof import Disproved

FRAMES = 4  # of one lie
ANSWER_SECONDS_MAX = 60.0
TOKEN = b"are you?"
PING = encode(Ping(TOKEN))


def lie(random: Random) -> list[bytes]:
    """What a liar says, one frame after another."""
    return [mutated(random) for _ in range(FRAMES)]


async def lie_to_broker(port: int, said: Sequence[bytes], *, liar: int, random: Random, figures: Figures) -> None:
    """A host that lies from a moment on: in place of its greeting, of its proof, once live, or while somebody waits for it.

    `liar` is whose slug and key it has; of each, one lies at a time. Raises Disproved.
    """
    phase, slug, url = random.randrange(4), f"liar{liar}", f"http://127.0.0.1:{port}"
    key = Ed25519PrivateKey.from_private_bytes(bytes((liar,)) * 32)
    figures.count("mutated frames to a broker", len(said))
    if phase < 2:
        async with dial(url) as socket:
            if phase == 1:
                await socket.send(encode(Hello(1, slug, key.public_key().public_bytes_raw(), "liar")))
            await _judge(socket.send, socket.receive, said, who="a broker", figures=figures)
        return
    async with hand_host(url, slug, key=key) as host, trio.open_nursery() as nursery:
        if phase == 3:
            nursery.start_soon(_visit, port, slug)
            await host.next(Open)
        await _judge(host.say, host.socket.receive, said, who="a broker", figures=figures)
        nursery.cancel_scope.cancel()


async def _visit(port: int, slug: str) -> None:
    """Somebody who waits for the liar's answer; whatever comes of it is theirs alone."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(f"GET /{slug}/x HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer x\r\n\r\n".encode())
        with suppress(trio.BrokenResourceError):
            while await stream.receive_some():
                pass


async def lie_to_host(room: HostedRoom, said: Sequence[bytes], *, random: Random, figures: Figures) -> None:
    """A broker that lies from a moment on: after a greeting, after a proof, or once live. Raises Disproved.

    Whoever is on the host's machine is answered meanwhile.
    """
    phase = random.randrange(3)
    while is_dismissal(said):
        said = lie(random)
    figures.count("mutated frames to a host", len(said))
    async with scripted_broker(port=room.broker_port) as broker:
        try:
            link = await room.dials(broker)
        except trio.TooSlowError:
            raise Disproved(f"a host does not come back; its log ends with {room.log[-2_000:]}") from None
        if phase == 0:
            await link.hear(Hello)
        elif phase == 1:
            await link.hear(Hello)
            link.end.challenge(NONCE)
            await link.flush()
            await link.hear(ProofFrame)
        else:
            await link.register()
        try:
            await _judge(link.say, lambda: _received(link), said, who="a host", figures=figures)
        finally:
            link.close()
    await room.answers_here()


async def _received(link: Link) -> bytes:
    message = await link._receive()
    return bytes(message["bytes"]) if message["type"] == "websocket.receive" else b""


async def _judge(
    send: Callable[[bytes], Awaitable[None]],
    receive: Callable[[], Awaitable[bytes]],
    said: Sequence[bytes],
    *,
    who: str,
    figures: Figures,
) -> None:
    """Say it all, and a ping. Either the link ends, as it has to when one was no frame; or the ping is answered."""
    for outcome in ("ended its link", "went on", "waited for the rest of a frame"):
        figures.count(f"lies after which {who} {outcome}", 0)
    try:
        if _swallows_a_ping(said):
            await send(b"".join(said))
            figures.count(f"lies after which {who} waited for the rest of a frame")
            return
        with trio.fail_after(ANSWER_SECONDS_MAX):
            for frame in (*said, PING):
                await send(frame)
            decoder = Decoder()
            while content := await receive():
                if Pong(TOKEN) in decoder.receive(content):
                    if is_malformed(said):
                        raise Disproved(f"{who} went on with a link on which this was said: {list(said)}")
                    figures.count(f"lies after which {who} went on")
                    return
    except (OSError, DialFailed):  # a broken rule is answered before we have said everything
        pass
    except trio.TooSlowError:
        raise Disproved(f"{who} neither answered nor ended a link on which this was said: {list(said)}") from None
    figures.count(f"lies after which {who} ended its link")


def is_malformed(said: Sequence[bytes]) -> bool:
    """Whether no peer of any kind could have said this."""
    try:
        Decoder().receive(b"".join(said))
    except PeerBroke:
        return True
    return False


def is_dismissal(said: Sequence[bytes]) -> bool:
    """Whether a host is told in good form to stay away, or that this is no broker. It is right not to come again then."""
    decoder = Decoder()
    try:
        return any(
            isinstance(frame, Refused | Bye | Registered) for content in said for frame in decoder.receive(content)
        )
    except PeerBroke:
        return False


def _swallows_a_ping(said: Sequence[bytes]) -> bool:
    """Whether the last frame says that it is longer than all that came: what follows is taken for a part of it."""
    decoder = Decoder()
    try:
        decoder.receive(b"".join(said))
        return Ping(TOKEN) not in decoder.receive(PING)
    except PeerBroke:
        return False
