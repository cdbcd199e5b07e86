from __future__ import annotations

import socket
from pathlib import Path

import pytest

from agentgather_broker.private_socket import PATH_BYTES_MAX, SocketBusy, SocketUnusable, private_listener


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return False
        return True


async def test_the_socket_and_the_directory_made_for_it_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "broker.sock"
    with private_listener(path, takeover=False):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert [one.name for one in path.parent.iterdir()] == ["broker.sock"]
        assert answers(path)
    assert not path.exists()


async def test_a_socket_that_a_killed_broker_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "broker.sock"
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    with private_listener(path, takeover=False):
        assert answers(path)


async def test_a_socket_that_is_answered_is_only_taken_over_on_purpose(tmp_path: Path) -> None:
    path = tmp_path / "broker.sock"
    with private_listener(path, takeover=False):
        with pytest.raises(SocketBusy), private_listener(path, takeover=False):
            pass
        assert answers(path)
        before = path.stat().st_ino
        with private_listener(path, takeover=True):
            assert path.stat().st_ino != before
            assert answers(path)
        assert not path.exists()


async def test_a_broker_that_leaves_keeps_the_socket_of_the_one_that_took_over(tmp_path: Path) -> None:
    path = tmp_path / "broker.sock"
    old = private_listener(path, takeover=False)
    old.__enter__()
    with private_listener(path, takeover=True):
        old.__exit__(None, None, None)
        assert answers(path)


async def test_a_file_of_somebody_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(SocketUnusable, match="no socket"), private_listener(path, takeover=True):
        pass
    assert path.read_text() == "mine"


async def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(SocketUnusable, match="too long"),
        private_listener(tmp_path / ("x" * PATH_BYTES_MAX), takeover=False),
    ):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(SocketUnusable), private_listener(tmp_path / "file" / "broker.sock", takeover=False):
        pass
