"""A unix socket that only its owner can open, and that a broker which was killed leaves no trouble with."""

from __future__ import annotations

import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

BACKLOG = 16  # an operator and a collector of metrics
PATH_BYTES_MAX = 107  # unix(7): with its NUL it has to fit into 108
NAME_BYTES_MORE = 10  # of the name it has until it is ready
ANSWER_SECONDS = 1.0  # for whoever listens to take a connection


class SocketBusy(Exception):
    """Another broker answers at this socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another broker answers at {path}")
        self.path = path


class SocketUnusable(Exception):
    """No socket can be made there; the message says why."""


@contextmanager
def private_listener(path: Path, *, takeover: bool) -> Iterator[trio.SocketListener]:
    """Listen at `path`, mode 0600, in a directory that is made 0700 where there is none; gone at the end.

    A socket that nobody answers at is replaced; one that is answered only when `takeover` says so. Its place is taken
    by a rename, so whoever asks meets the old broker or the new one. Raises SocketBusy or SocketUnusable.
    """
    if len(os.fsencode(path)) + NAME_BYTES_MORE > PATH_BYTES_MAX:
        raise SocketUnusable(f"{path} is too long for a socket; name a shorter path")
    try:
        _check_free(path, takeover=takeover)
        listener = _listen(path)
    except OSError as error:
        raise SocketUnusable(f"cannot listen at {path}: {error.strerror}") from None
    ours = path.stat()
    try:
        yield trio.SocketListener(trio.socket.from_stdlib_socket(listener))
    finally:
        listener.close()
        if _is_still(path, ours):  # else a broker that took over listens there
            path.unlink()


def _check_free(path: Path, *, takeover: bool) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise SocketUnusable(f"{path} is there and is no socket")
    if not takeover and _is_answered(path):
        raise SocketBusy(path)


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(ANSWER_SECONDS)
        try:
            caller.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except TimeoutError:
            return True  # somebody is there, and has no time
    return True


def _listen(path: Path) -> socket.socket:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listener.bind(os.fspath(beside))
        listener.listen(BACKLOG)
        beside.replace(path)
    except BaseException:
        listener.close()
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.umask(umask)
    return listener


def _is_still(path: Path, ours: os.stat_result) -> bool:
    try:
        there = path.lstat()
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
