"""A door on loopback that gives a token: the suite has no option for one, and none may stand in its arguments.

Whoever can reach this port acts as that seat, so it is for a room that is thrown away, and for as long as the run takes.
"""

from __future__ import annotations

from functools import partial

import trio

HEAD_BYTES_MAX = 65_536
CHUNK_BYTES = 65_536
END = b"\r\n\r\n"
OURS = (b"authorization:", b"connection:", b"keep-alive:")  # what the relay says itself, once


async def keep_relay(port: int, token: str, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
    """Until cancelled; starts with its URL, which stands for `http://127.0.0.1:{port}`.

    One request a connection: bytes are passed on as they come, so that a stream is one here too.
    """
    async with trio.open_nursery() as nursery:
        serve = partial(_serve, port=port, token=token)
        [listener] = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        task_status.started(f"http://127.0.0.1:{listener.socket.getsockname()[1]}")


async def _serve(client: trio.SocketStream, *, port: int, token: str) -> None:
    try:
        came = await _head(client)
        if came is None:
            return
        head, rest = came
        async with await trio.open_tcp_stream("127.0.0.1", port) as room, trio.open_nursery() as nursery:
            await room.send_all(with_token(head, token) + rest)
            nursery.start_soon(_pass_on, client, room)
            await _pass_on(room, client)
            nursery.cancel_scope.cancel()
    except* (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
        pass  # one of the two left, which the other is told by the end of its connection


def with_token(head: bytes, token: str) -> bytes:
    """The head of a request, as whoever has `token` would send it, once."""
    line, *fields = head.removesuffix(END).split(b"\r\n")
    kept = [field for field in fields if not field.lower().startswith(OURS)]
    return b"\r\n".join([line, *kept, b"Authorization: Bearer " + token.encode(), b"Connection: close"]) + END


async def _head(client: trio.SocketStream) -> tuple[bytes, bytes] | None:
    """The head of the request and what came behind it; None for whoever leaves before, or never comes to its end."""
    came = b""
    while END not in came and len(came) < HEAD_BYTES_MAX:
        chunk = await client.receive_some(CHUNK_BYTES)
        if not chunk:
            return None
        came += chunk
    head, end, rest = came.partition(END)
    return (head + end, rest) if end else None


async def _pass_on(source: trio.SocketStream, sink: trio.SocketStream) -> None:
    """What `source` says, until it ends. A client that has said all still listens, so its end is not passed on."""
    async for chunk in source:
        await sink.send_all(chunk)
