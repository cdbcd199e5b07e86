"""A broker of 0.1, as its hosts speak to it: register, heartbeat, poll, respond, close (behaviour contract section 6.2)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import trio

from agentgather.tunnel.dial import DialFailed, no_link
from agentgather.tunnel.old_messages import OldRequest, OldResponse, OldRoute, read_request, read_route

CONNECT_SECONDS = 5.0
CALL_SECONDS = 15.0  # for a whole answer; a broker of 0.1 holds nothing, and a newer one holds polls for five seconds
RESPOND_SECONDS = 30.0  # a megabyte goes up, perhaps slowly
ANSWER_BYTES_MAX = 262_144  # a request of 64 KiB in base64, its headers, and air
KEEPALIVE_SECONDS = 3.0  # brokers of 0.1 close after five; and after a dead network no connection of before is tried
PASSING = frozenset({408, 425, 429})  # statuses that may pass, beside 5xx


class Unanswered(DialFailed):
    """The broker may have heard the call, and has not answered it."""


class BrokerSaid(Exception):
    """The broker's no, or an answer that is none (then `code` is None)."""

    def __init__(self, status: int, code: str | None, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_passing(self) -> bool:
        return self.status >= 500 or self.status in PASSING


class OldBroker:
    """Every call raises BrokerSaid for a no, DialFailed when no answer came (in time, whole, at all)."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.AsyncClient(transport=_Transport(url), follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> OldBroker:
        return self

    async def __aexit__(self, *_: object) -> None:
        with trio.CancelScope(shield=True):
            await self._http.aclose()

    async def register(self, slug: str) -> OldRoute:
        """A route without a target. Also raises BrokerSaid with a status below 300 for a route that was not asked for."""
        fields = await self._call("register", {"route_slug": slug})
        route = read_route(fields.get("route"), slug=slug)
        if route is None:  # what it says goes into links and commands
            raise BrokerSaid(200, None, "the broker answered with another route than the one asked for")
        return route

    async def heartbeat(self, route: OldRoute) -> None:
        await self._call("heartbeat", route.ids())

    async def poll(self, route: OldRoute) -> OldRequest | None:
        """The next request, if there is one. One without even an id is none."""
        return read_request((await self._call("poll", route.ids())).get("request"))

    async def respond(self, route: OldRoute, request_id: str, response: OldResponse) -> None:
        fields = {**route.ids(), "request_id": request_id, "response": response.json()}
        await self._call("respond", fields, seconds=RESPOND_SECONDS)

    async def close(self, route: OldRoute) -> None:
        await self._call("close", route.ids())

    async def _call(self, action: str, fields: Mapping[str, Any], *, seconds: float = CALL_SECONDS) -> dict[str, Any]:
        content = json.dumps(fields, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
        request = self._http.build_request(
            "POST", f"{self._url}/_host/{action}", content=content, headers=headers, timeout=timeout
        )
        try:
            with trio.fail_after(seconds):
                answer = await self._http.send(request, stream=True)
                try:
                    said = await _whole(answer)
                finally:
                    with trio.CancelScope(shield=True):
                        await answer.aclose()
        except trio.TooSlowError:
            raise Unanswered("the broker did not answer in time") from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise DialFailed("nobody answers at the broker's address") from None
        except httpx.TransportError as error:
            raise Unanswered(f"the connection to the broker broke ({type(error).__name__})") from None
        return _fields(answer.status_code, said)


async def _whole(answer: httpx.Response) -> bytes:
    parts: list[bytes] = []
    count = 0
    with trio.CancelScope() as reading:
        async for part in answer.aiter_raw():
            count += len(part)
            if count > ANSWER_BYTES_MAX:
                reading.cancel()
            else:
                parts.append(part)
    if count > ANSWER_BYTES_MAX:
        raise BrokerSaid(answer.status_code, None, "the broker's answer is larger than any of them")
    return b"".join(parts)


def _fields(status: int, said: bytes) -> dict[str, Any]:
    """The object of a 200. Raises BrokerSaid for everything else."""
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        value = None
    fields = value if isinstance(value, dict) else {}
    if status == 200 and fields.get("ok") is True:
        return fields
    no = no_link(status, said)
    raise BrokerSaid(status, no.code, no.message, no.retry_after_seconds)


class _Transport(httpx.AsyncHTTPTransport):
    """A pool for one broker. Bodies go out without a generator: one that is left when a connection breaks lingers."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=KEEPALIVE_SECONDS)
        is_tls = urlsplit(url).scheme == "https"
        context = ssl.create_default_context() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().__init__(verify=context, limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.stream = _Body(request.content)
        return await super().handle_async_request(request)


class _Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._pieces = [content]

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()
