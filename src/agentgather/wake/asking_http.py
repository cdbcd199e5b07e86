"""One HTTP request of a way to wake: bounded in time and size, never redirected, and clear about whether it was sent."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import trio

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024  # a list of sessions; more is not read


@dataclass(frozen=True, slots=True)
class Answered:
    """`body` is cut at the maximum, and as it came: what is packed all the same, which nobody asked for, is not unpacked."""

    status: int
    content_type: str
    body: bytes

    @property
    def is_json(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == "application/json"


class NotSent(Exception):
    """Nobody can have heard the request."""


class MaybeSent(Exception):
    """The request left, and no answer to it came whole."""


def new_http() -> httpx.AsyncClient:
    """A pool that follows nobody elsewhere and asks no proxy of the environment."""
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, verify=ssl.create_default_context())


async def ask_once(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    auth: tuple[str, str] | None = None,
    sni: str | None = None,
) -> Answered:
    """Raises NotSent or MaybeSent; any status is an answer. `sni`: the name that a certificate has to have."""
    headers = {**(headers or {}), "Accept-Encoding": "identity"}
    extensions: dict[str, Any] = {} if sni is None else {"sni_hostname": sni}
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    body = b""
    try:
        with trio.fail_after(CONNECT_SECONDS + ANSWER_SECONDS):
            async with http.stream(
                method, url, headers=headers, content=content, auth=auth, timeout=timeout, extensions=extensions
            ) as answer:
                with trio.CancelScope() as reading:
                    async for part in answer.aiter_raw():
                        body += part
                        if len(body) > ANSWER_BYTES_MAX:
                            reading.cancel()  # not a break: leaving in the middle would leave generators behind
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as unsent:
        raise NotSent(type(unsent).__name__) from None
    except (httpx.TransportError, trio.TooSlowError) as broken:
        raise MaybeSent(type(broken).__name__) from None
    return Answered(answer.status_code, answer.headers.get("content-type", ""), body[:ANSWER_BYTES_MAX])
