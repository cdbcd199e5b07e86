"""Raw sockets against a server that runs as a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

PATIENCE_SECONDS = 10.0


@dataclass
class Served:
    process: subprocess.Popen[str]
    port: int

    @contextmanager
    def dial(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as one:
            yield one

    def ask(self, *pieces: bytes) -> bytes:
        """Everything the server says to `pieces` until it closes."""
        with self.dial() as one:
            for piece in pieces:
                try:
                    one.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break
            return read_to_end(one)

    def get(self, path: str) -> bytes:
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())

    def assert_well(self) -> None:
        """It is the same process, and it answers."""
        assert self.process.poll() is None
        assert self.get("/count").startswith(b"HTTP/1.1 200 ")


def read_to_end(one: socket.socket) -> bytes:
    said = b""
    try:
        while piece := one.recv(65_536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1])


@contextmanager
def serve(**limits: Any) -> Iterator[Served]:
    """The small app under these limits. Ends in order, and has to end with 0."""
    command = [sys.executable, "-m", "tests.serving.small_app", json.dumps(limits)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Served(process, int(process.stdout.readline()))
            process.communicate("q", timeout=PATIENCE_SECONDS)
            assert process.returncode == 0
        finally:
            process.kill()
