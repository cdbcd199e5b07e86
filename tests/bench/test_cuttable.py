from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from bench.cuttable import Cuttable, cuttable

SECONDS = 5


@pytest.fixture
def target() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        yield listener


@pytest.fixture
def network(target: socket.socket) -> Iterator[Cuttable]:
    with cuttable() as made:
        made.target = target.getsockname()
        yield made


def through(network: Cuttable, target: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Both ends of a new connection."""
    near = socket.create_connection(("127.0.0.1", network.port), timeout=SECONDS)
    far, _ = target.accept()
    far.settimeout(SECONDS)
    return near, far


def test_what_is_sent_arrives_both_ways(network: Cuttable, target: socket.socket) -> None:
    near, far = through(network, target)
    with near, far:
        near.sendall(b"there")
        assert far.recv(16) == b"there"
        far.sendall(b"and back")
        assert near.recv(16) == b"and back"


def test_an_end_is_passed_on(network: Cuttable, target: socket.socket) -> None:
    near, far = through(network, target)
    with near, far:
        near.close()
        assert far.recv(16) == b""


def test_a_cut_resets_both_ends_and_refuses_new_ones(network: Cuttable, target: socket.socket) -> None:
    near, far = through(network, target)
    with near, far:
        network.cut()
        for end in (near, far):
            with pytest.raises(ConnectionResetError):
                end.recv(16)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", network.port), timeout=SECONDS)


def test_after_the_network_is_back_it_is_at_the_same_port(network: Cuttable, target: socket.socket) -> None:
    network.cut()
    network.mend()
    near, far = through(network, target)
    with near, far:
        near.sendall(b"again")
        assert far.recv(16) == b"again"


def test_a_target_that_is_not_there_ends_only_who_asked_for_it(network: Cuttable, target: socket.socket) -> None:
    there, network.target = network.target, ("127.0.0.1", 1)
    with socket.create_connection(("127.0.0.1", network.port), timeout=SECONDS) as refused:
        assert refused.recv(16) == b""
    network.target = there
    near, far = through(network, target)
    near.close()
    far.close()
