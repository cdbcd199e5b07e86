"""A link's WebSocket, as ASGI has it, in bytes."""

from __future__ import annotations

from typing import Any

from agentgather.wire.faults import PeerBroke


class LinkSocket:
    """Cancelling `receive` is safe; a `send` that is cancelled in the middle leaves a connection good for nothing."""

    def __init__(self, receive: Any, send: Any) -> None:
        self._receive = receive
        self._send = send

    async def send(self, content: bytes) -> None:
        """Raises ClientGone."""
        await self._send({"type": "websocket.send", "bytes": content})

    async def receive(self) -> bytes:
        """The next message; empty once the connection is over. Raises PeerBroke for one that is text."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return b""
            if message.get("text"):
                raise PeerBroke("text came where frames are spoken")
            if content := message.get("bytes"):
                return bytes(content)
