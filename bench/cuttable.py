"""A network that can be taken away: a TCP proxy on loopback that is cut and comes back."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

_PIECE_BYTES_MAX = 1 << 16
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends a reset


class Cuttable:
    """Passes what comes at `port` on to `target` (set it before anybody comes), until `cut`; and again from `mend` on."""

    def __init__(self) -> None:
        self.target = ("127.0.0.1", 0)
        self.port = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.mend()

    def mend(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port, self._listener = listener.getsockname()[1], listener
        threading.Thread(target=self._take, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Reset every connection, and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)  # wakes its thread
            listener.close()
        with self._lock:
            cut, self._open = self._open, set()
        for one in cut:
            _reset(one)

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                inner, _ = listener.accept()
            except OSError:
                return  # cut
            try:
                outer = socket.create_connection(self.target)
            except OSError:
                inner.close()
                continue
            for one in (inner, outer):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._listener is not listener:
                    _reset(inner)
                    _reset(outer)
                    return
                self._open |= {inner, outer}
            for source, sink in ((inner, outer), (outer, inner)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):  # either end is gone, or all was cut
            while piece := source.recv(_PIECE_BYTES_MAX):
                sink.sendall(piece)
        with self._lock:
            ended = {source, sink} & self._open
            self._open -= ended
        for one in ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):  # its other end may have left before
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        one.shutdown(socket.SHUT_RD)  # wakes its thread, sends nothing
    one.close()


@contextlib.contextmanager
def cuttable() -> Iterator[Cuttable]:
    network = Cuttable()
    try:
        yield network
    finally:
        network.cut()
