"""The scripted model as a server on loopback, for whoever asks it in one of the four ways."""

from __future__ import annotations

import json
from functools import partial
from itertools import count
from typing import Any

import h11
import trio

from conformance.agents.talk import Act, Talk, next_act
from conformance.agents.wires import CHAT, GEMINI, MESSAGES, RESPONSES, Wire

Json = dict[str, Any]
CHUNK_BYTES = 65_536


class Model:
    """Answers every request by the script, and keeps what it was asked and did, in order, for whoever judges."""

    def __init__(self) -> None:
        self.did: list[tuple[Talk, Act]] = []
        self._numbers = count(1)

    async def keep(self, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled; starts with its URL."""
        async with trio.open_nursery() as nursery:
            [listener] = await nursery.start(partial(trio.serve_tcp, self._serve, 0, host="127.0.0.1"))
            task_status.started(f"http://127.0.0.1:{listener.socket.getsockname()[1]}")

    async def _serve(self, stream: trio.SocketStream) -> None:
        try:
            async with stream:
                await self._converse(stream, h11.Connection(h11.SERVER))
        except (trio.BrokenResourceError, h11.RemoteProtocolError):
            pass  # it went away in the middle

    async def _converse(self, stream: trio.SocketStream, connection: h11.Connection) -> None:
        """One request and its answer; what connects and says nothing is answered nothing."""
        request: h11.Request | None = None
        body = b""
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive_some(CHUNK_BYTES))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                return
        assert request is not None
        status, kind, answer = self._answer(request.target.decode(), body)
        length = [("Content-Type", kind), ("Content-Length", str(len(answer))), ("Connection", "close")]
        said = connection.send(h11.Response(status_code=status, headers=length)) or b""
        await stream.send_all(said + (b"" if request.method == b"HEAD" else answer))

    def _answer(self, target: str, body: bytes) -> tuple[int, str, bytes]:
        path = target.partition("?")[0]
        if path.endswith("/count_tokens"):
            return 200, "application/json", b'{"input_tokens": 10}'
        if path.endswith(":countTokens"):
            return 200, "application/json", b'{"totalTokens": 10}'
        wire = _wire(path)
        if wire is None:
            return 404, "application/json", b'{"error": {"message": "the scripted model knows no such request"}}'
        asked: Json = json.loads(body)
        talk = wire.read(asked)
        act = next_act(talk)
        self.did.append((talk, act))
        events = wire.events(act, f"{next(self._numbers):06}")
        return 200, "text/event-stream", b"".join(_event(name, data) for name, data in events)


def _wire(path: str) -> Wire | None:
    if path.endswith("/messages"):
        return MESSAGES
    if path.endswith("/chat/completions"):
        return CHAT
    if path.endswith("/responses"):
        return RESPONSES
    return GEMINI if path.endswith(":streamGenerateContent") else None


def _event(name: str | None, data: Json | str) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
