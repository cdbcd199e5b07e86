"""A server, mostly in a process of its own, and raw sockets to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of

PATIENCE_SECONDS = 10.0  # of a test with a server that should have answered

ROOT = Path(__file__).parents[2]


@dataclass
class Answer:
    """What came back. `status` is None when the connection ended without an answer."""

    status: int | None
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The error's code, when it is an error in our shape."""
        try:
            return str(self.json["error"]) if self.json["ok"] is False else None
        except (ValueError, KeyError, TypeError):
            return None


class Caller:
    """One raw connection to a server."""

    def __init__(self, port: int, *, receive_buffer_bytes: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(PATIENCE_SECONDS)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self._ahead = bytearray()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def get(self, target: str, *headers: str, method: str = "GET") -> None:
        lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

    def read(self, until: bytes) -> bytes:
        """Everything up to and including `until`; what there is when the connection ends before."""
        while until not in self._ahead:
            piece = self._receive()
            if not piece:
                return self.read_exactly(len(self._ahead))
            self._ahead += piece
        return self.read_exactly(self._ahead.index(until) + len(until))

    def read_exactly(self, size: int) -> bytes:
        while len(self._ahead) < size and (piece := self._receive()):
            self._ahead += piece
        found = bytes(self._ahead[:size])
        del self._ahead[:size]
        return found

    def read_to_end(self) -> bytes:
        """Everything until the server closes. Raises TimeoutError when it does not."""
        while piece := self._receive():
            self._ahead += piece
        return self.read_exactly(len(self._ahead))

    def ends_in_a_reset(self) -> bool:
        """Read to the end; whether it says that what came before it is not whole."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionResetError:
            return True
        return False

    def answer(self, *, is_head: bool = False) -> Answer:
        """The next answer that is no 1xx. Raises TimeoutError when none comes, and AssertionError for a torn one."""
        lines = self.read(b"\r\n\r\n").decode("latin-1").split("\r\n")
        if lines == [""]:
            return Answer(None, {}, b"")
        status = int(lines[0].split(" ")[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:-2])}
        if 100 <= status < 200 and status != 101:
            return self.answer(is_head=is_head)
        body = b""
        if is_head or status in (101, 204, 304):
            pass
        elif headers.get("transfer-encoding") == "chunked":
            while size := int(self.read(b"\r\n"), 16):
                body += self.read_exactly(size)
                self.read(b"\r\n")
            self.read(b"\r\n")
        elif "content-length" in headers:
            body = self.read_exactly(int(headers["content-length"]))
            assert len(body) == int(headers["content-length"]), "the answer was cut off"
        else:
            body = self.read_to_end()
        return Answer(status, headers, body)

    def leave(self) -> None:
        """Close with a FIN."""
        self.socket.close()

    def stop_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(65_536)
        except (ConnectionResetError, BrokenPipeError):
            return b""


@dataclass
class ServerProcess:
    process: subprocess.Popen[str]
    port: int
    log: Path
    printed: list[str] = field(default_factory=list)

    def call(self, **options: Any) -> Caller:
        return Caller(self.port, **options)

    def ask(self, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> Answer:
        """The answer to one request on a connection of its own."""
        with self.call() as caller:
            caller.get(target, *headers, *([f"Content-Length: {len(body)}"] if body else []), method=method)
            caller.send(body)
            return caller.answer(is_head=method == "HEAD")

    def is_well(self) -> bool:
        """Whether this very process answers an ordinary request."""
        return self.process.poll() is None and self.ask("/").status == 200

    def ask_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def end(self) -> int:
        """Wait for the process to end by itself; its exit code. What it printed is in `printed`."""
        output, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.printed += output.splitlines()
        return self.process.returncode

    def logged(self) -> str:
        return self.log.read_text()


@asynccontextmanager
async def serving_here(app: Any) -> AsyncIterator[int]:
    """A server in this process, turn by turn with the test; its port."""
    listeners = bind("127.0.0.1", 0, backlog=8)
    async with trio.open_nursery() as nursery:
        await nursery.start(Server(app, limits=ServingLimits()).keep, listeners)
        yield port_of(listeners)
        nursery.cancel_scope.cancel()


@contextmanager
def serving(**options: Any) -> Iterator[ServerProcess]:
    """A server process, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.serving.program", json.dumps(options)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("port "), log.read_text()
            yield ServerProcess(process, int(line.split()[1]), log)
        finally:
            process.kill()
            process.communicate()
