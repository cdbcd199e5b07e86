from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from bench.line import BenchFailed, Line, Switchboard

ANSWER_SECONDS = 5


class Peer:
    """The other end of a line, that says what it is told to."""

    def __init__(self, stack: ExitStack) -> None:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.line = Line(listener.getsockname())
        self._socket = stack.enter_context(listener.accept()[0])
        self._board = Switchboard([self.line])
        stack.callback(self._board.close)
        self.line.ask(b"GET / HTTP/1.1\r\n\r\n")

    def says(self, piece: bytes) -> bool:
        """Whether the line has the whole answer now."""
        self._socket.sendall(piece)
        assert self._board.ready(seconds=ANSWER_SECONDS) == [self.line]
        return self.line.take()

    def leaves(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)
        assert self._board.ready(seconds=ANSWER_SECONDS) == [self.line]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with ExitStack() as stack:
        yield Peer(stack)


def test_an_answer_is_whole_when_its_length_is_there(peer: Peer) -> None:
    assert not peer.says(b"HTTP/1.1 200 OK\r\nContent-Le")
    assert not peer.says(b"ngth: 4\r\n\r\n12")
    assert peer.says(b"34")
    assert peer.line.body == b"1234"


def test_an_answer_in_chunks_is_whole_after_the_last_one(peer: Peer) -> None:
    assert not peer.says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n100\r\n")
    assert not peer.says(b"1\r\n0\r\n")
    assert peer.says(b"0\r\n\r\n")


def test_an_empty_answer_in_chunks_is_whole(peer: Peer) -> None:
    assert peer.says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_an_answer_without_a_length_is_no_figure(peer: Peer) -> None:
    with pytest.raises(BenchFailed, match="without a length"):
        peer.says(b"HTTP/1.1 200 OK\r\n\r\n")


def test_a_refusal_is_no_figure(peer: Peer) -> None:
    with pytest.raises(BenchFailed, match="429"):
        peer.says(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")


def test_a_peer_that_leaves_in_the_middle_is_no_figure(peer: Peer) -> None:
    peer.says(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12")
    peer.leaves()
    with pytest.raises(BenchFailed, match="hung up"):
        peer.line.take()
