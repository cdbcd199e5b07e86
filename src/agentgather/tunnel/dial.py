"""The way to a broker: a WebSocket over TCP or TLS, in messages of bytes. wsproto speaks it, trio carries it."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import urlsplit

import h11
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from agentgather.tunnel.reach import reach

SUBPROTOCOL = "agentgather.tunnel.v1"
PATH = "/_host/link"
DIAL_SECONDS = 10.0  # for TCP, TLS and the handshake together
RECEIVE_BYTES = 65_536
REFUSAL_BYTES_MAX = 65_536  # of what a broker says that takes no link
MESSAGE_CHARACTERS_MAX = 1_024  # of the sentence in it
PARTING_SECONDS = 1.0

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


class DialFailed(Exception):
    """The broker could not be reached, or went away in the handshake; trying again may help."""


class CertificateRefused(DialFailed):
    """Whoever answers cannot prove to be that broker."""


class NoLink(Exception):
    """Something answered, and takes no link here. `code` is its error code, where it has one."""

    def __init__(self, status: int, code: str | None, message: str, retry_after_seconds: float | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds


class LinkSocket:
    """One link's WebSocket. One task sends and one receives; a `send` cancelled in the middle spoils the connection."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._arrived: deque[Event] = deque()
        self._turn = trio.Lock()
        self.is_over = False

    async def send(self, content: bytes) -> None:
        """One binary message. Raises DialFailed once the connection is gone."""
        await self._write(self._protocol.send(BytesMessage(data=content)))

    async def receive(self) -> bytes:
        """The next piece of a message, whose cuts mean nothing; empty once the connection is over."""
        while True:
            while self._arrived:
                event = self._arrived.popleft()
                if isinstance(event, BytesMessage):
                    if event.data:
                        return bytes(event.data)
                elif isinstance(event, Ping):
                    await self._write(self._protocol.send(event.response()))
                elif isinstance(event, CloseConnection | TextMessage):
                    self.is_over = True
                    return b""
            if self.is_over or not await self._read():
                return b""

    async def greet(self, host: str, target: str) -> None:
        """The handshake. Raises NoLink, DialFailed."""
        await self._write(self._protocol.send(Request(host=host, target=target, subprotocols=[SUBPROTOCOL])))
        refused: RejectConnection | None = None
        said = b""
        while True:
            while self._arrived:
                event = self._arrived.popleft()
                if isinstance(event, AcceptConnection):
                    if event.subprotocol != SUBPROTOCOL:
                        raise NoLink(101, None, "what answers there speaks another protocol", None)
                    return
                if isinstance(event, RejectConnection):
                    refused = event
                elif isinstance(event, RejectData):
                    said = (said + event.data)[:REFUSAL_BYTES_MAX]
                is_told = getattr(event, "body_finished", False) or len(said) == REFUSAL_BYTES_MAX
                if refused is not None and (is_told or not refused.has_body):
                    raise no_link(refused.status_code, said)
            if not await self._read():
                if refused is not None:
                    raise no_link(refused.status_code, said)
                raise DialFailed("the connection closed in the handshake")

    async def _read(self) -> bool:
        """Read some; whether there was anything."""
        try:
            content = await self._some()
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            content = b""
        if not content:
            self.is_over = True
            return False
        try:
            self._protocol.receive_data(content)
            self._arrived.extend(self._protocol.events())
        except (ProtocolError, h11.RemoteProtocolError):
            raise DialFailed("what answers there does not speak WebSocket") from None
        return True

    async def _some(self) -> bytes:
        """What came, once something has. Raises what a stream raises, and OSError; ssl.SSLError is one."""
        if not isinstance(self._stream, trio.SocketStream):
            return bytes(await self._stream.receive_some(RECEIVE_BYTES))
        while True:
            await trio.lowlevel.wait_readable(self._stream.socket)  # first: nearly never is there anything yet
            try:
                return os.read(self._stream.socket.fileno(), RECEIVE_BYTES)
            except BlockingIOError:
                pass

    async def _write(self, content: bytes) -> None:
        try:
            self._turn.acquire_nowait()  # without a turn of the scheduler, where nobody else is writing
        except trio.WouldBlock:
            await self._turn.acquire()
        try:
            try:
                if rest := memoryview(content)[self._write_at_once(content) :]:
                    await self._stream.send_all(rest)
            except (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError) as broken:
                self.is_over = True
                raise DialFailed("the connection to the broker broke") from broken
            except trio.Cancelled:
                self.is_over = True  # nothing may follow half a message
                raise
        finally:
            self._turn.release()

    def _write_at_once(self, content: bytes) -> int:
        """Give the kernel what it takes of plain TCP, as it does with nearly every message; how many bytes it took."""
        try:
            return os.write(self._stream.socket.fileno(), content) if isinstance(self._stream, trio.SocketStream) else 0
        except OSError:
            return 0  # it takes none now, or none ever again: whoever waits for it to is told which


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker's URL, taken apart. `origin` is what a proof is signed for."""

    host: str
    port: int
    is_tls: bool
    path: str
    authority: str
    origin: str

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way to it can read along: TLS, or this machine's own loopback."""
        if self.is_tls or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def broker_address(url: str) -> BrokerAddress:
    """`url` as settings accept it: http or https, without user, query and fragment."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    usual = 443 if is_tls else 80
    port = parts.port or usual
    authority = shown if port == usual else f"{shown}:{port}"
    return BrokerAddress(host, port, is_tls, parts.path.rstrip("/"), authority, f"{parts.scheme}://{authority}")


@asynccontextmanager
async def dial(url: str) -> AsyncIterator[LinkSocket]:
    """A link's WebSocket to the broker at `url`. Raises DialFailed, NoLink."""
    address = broker_address(url)
    with trio.move_on_after(DIAL_SECONDS) as patience:
        stream = await _connect(address)
        try:
            socket = LinkSocket(stream)
            await socket.greet(address.authority, address.path + PATH)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
    if patience.cancelled_caught:
        raise DialFailed(f"{address.authority} did not answer in time")
    try:
        yield socket
    finally:
        with trio.move_on_after(PARTING_SECONDS, shield=True):
            await stream.aclose()


async def _connect(address: BrokerAddress) -> trio.abc.Stream:
    try:
        tcp = await reach(address.host, address.port)
    except (OSError, UnicodeError) as error:  # the second for a name that no resolver takes
        raise DialFailed(f"nobody answers at {address.authority}") from error
    if not address.is_tls:
        return tcp
    context = ssl.create_default_context()  # the system's certificates, or those of SSL_CERT_FILE
    context.set_alpn_protocols(["http/1.1"])
    stream = trio.SSLStream(tcp, context, server_hostname=address.host, https_compatible=True)
    try:
        await stream.do_handshake()
    except trio.BrokenResourceError as broken:
        await trio.aclose_forcefully(tcp)
        if isinstance(broken.__cause__, ssl.SSLCertVerificationError):
            problem = broken.__cause__.verify_message
            raise CertificateRefused(
                f"{address.authority} shows a certificate that is not to be trusted: {problem}"
            ) from broken
        raise DialFailed(f"{address.authority} does not speak TLS") from broken
    except BaseException:
        await trio.aclose_forcefully(tcp)
        raise
    return stream


def no_link(status: int, body: bytes) -> NoLink:
    """What a broker said instead of taking a link."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    fields = said if isinstance(said, dict) else {}
    code, message, seconds = fields.get("error"), fields.get("message"), fields.get("retry_after")
    return NoLink(
        status,
        code if isinstance(code, str) and _CODE.fullmatch(code) else None,
        message if _is_sentence(message) else f"the broker says {status}",
        float(seconds) if isinstance(seconds, int | float) and 0 <= seconds <= 86_400 else None,
    )


def _is_sentence(message: object) -> TypeGuard[str]:
    """Whether it may be shown: a broker has no business in a terminal's control sequences."""
    return isinstance(message, str) and 0 < len(message) <= MESSAGE_CHARACTERS_MAX and message.isprintable()
