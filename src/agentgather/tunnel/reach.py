"""A TCP connection to a broker whose network may come back at any moment."""

from __future__ import annotations

import trio

AGAIN_SECONDS = 0.5  # between tries, while those before are silent


async def reach(host: str, port: int) -> trio.SocketStream:
    """The first connection to `host` that is made. Tries until cancelled; raises OSError when somebody says no,
    UnicodeError for a name that no resolver takes.

    A connection that is asked for while the network is away is asked for again by the kernel after 1, 2, 4… seconds: the
    network would be back for seconds before anybody noticed. So we ask anew, and give up on no earlier try meanwhile:
    on a slow network one of them arrives.
    """
    made: list[trio.SocketStream] = []
    refusals: list[Exception] = []
    chosen: list[trio.SocketStream] = []
    try:
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                try:
                    made.append(await trio.open_tcp_stream(host, port))
                except (OSError, UnicodeError) as refused:
                    refusals.append(refused)
                nursery.cancel_scope.cancel()

            while True:
                nursery.start_soon(ask)
                await trio.sleep(AGAIN_SECONDS)
        if not made:
            raise refusals[0]
        chosen = made[:1]
        return made[0]
    finally:
        for stream in made:
            if stream not in chosen:
                stream.socket.close()
