"""One request and its whole answer, bounded in size and time; every way it can go wrong becomes one of two errors."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import trio

from agentgather.client.errors import Refused, Unreachable

Json = dict[str, Any]

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0  # for a whole answer, on top of the time a wait is held
# A page of 1,000 records of 24,000 UTF-16 units, each unit six bytes of JSON at worst, is 144 MB; nothing is larger.
ANSWER_BYTES_MAX = 192 * 1024 * 1024

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OF_EVERY_ERROR = frozenset({"ok", "error", "message", "field", "retry_after", "error_id", "hint"})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with: any 2xx. `body` is whole."""

    status: int
    content_type: str
    body: bytes

    def object(self) -> Json:
        """The JSON object of the body. Raises Unreachable: whoever answered is no room."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or value.get("ok") is not True:
            raise no_room(f"the answer ({self.status}) is not a room's")
        return value


def no_room(reason: str, *, is_passing: bool = False) -> Unreachable:
    return Unreachable(
        f"something answered that is not a room: {reason}",
        code="not_a_room",
        hint="check the URL of your invitation",
        is_passing=is_passing,
    )


def new_http(base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A connection pool for one room. Redirects are not followed: a token goes where it was meant to go."""
    parts = urlsplit(base_url)
    is_loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    options: dict[str, Any] = {}
    if parts.scheme == "https":
        options["verify"] = httpx.create_ssl_context()  # SSL_CERT_FILE counts on this machine too
    else:
        # Loading the world's certificates takes longer than a post, and a plain URL never meets one: trust nobody.
        options["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        transport=transport,
        follow_redirects=False,
        trust_env=not is_loopback and transport is None,  # no proxy stands between us and this machine
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        **options,
    )


async def ask(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    token: str | None,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    accept: str | None = None,
    hold_seconds: float = 0.0,
) -> Answer:
    """Ask once. Raises Refused for a room's no, Unreachable when no room answered (in time, whole, at all)."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if accept is not None:
        headers["Accept"] = accept
    content = None
    if body is not None:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers["Content-Type"] = "application/json"
    seconds = ANSWER_SECONDS + hold_seconds
    timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
    where = urlsplit(url).netloc
    try:
        with trio.fail_after(seconds + CONNECT_SECONDS):
            async with http.stream(
                method, url, headers=headers, params=query, content=content, timeout=timeout
            ) as response:
                received = await _whole(response)
    except (httpx.ConnectError, httpx.ConnectTimeout) as broken:
        if (problem := _distrust(broken)) is not None:
            raise Unreachable(
                f"the certificate of {where} is not trusted: {problem}",
                hint="SSL_CERT_FILE names a file with the authority to trust",
            ) from None
        raise Unreachable(f"nobody answers at {where}", hint="is the room still served there?") from None
    except (httpx.TimeoutException, trio.TooSlowError):
        raise Unreachable(f"no answer came from {where} in time") from None
    except httpx.UnsupportedProtocol:
        raise no_room("that URL is neither http nor https") from None
    except (httpx.InvalidURL, UnicodeError):  # the latter from where names are looked up
        raise no_room("no host can have the name in that URL") from None
    except httpx.DecodingError:
        raise no_room("its answer is not compressed as it says") from None
    except httpx.TransportError as broken:
        raise Unreachable(f"the connection to {where} broke ({type(broken).__name__})") from None
    if response.status_code >= 300:
        raise _refusal(response.status_code, response.headers, received)
    return Answer(response.status_code, response.headers.get("content-type", ""), received)


def _distrust(broken: BaseException | None) -> str | None:
    """Why the other side's certificate was not accepted, when that is what lies below `broken`."""
    while broken is not None:
        if isinstance(broken, ssl.SSLCertVerificationError):
            return broken.verify_message
        broken = broken.__cause__ or broken.__context__
    return None


async def _whole(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    count = 0
    with trio.CancelScope() as reading:
        async for part in response.aiter_bytes():
            count += len(part)
            if count <= ANSWER_BYTES_MAX:
                parts.append(part)
            else:
                reading.cancel()  # not a break: leaving in the middle would leave generators behind
    if count > ANSWER_BYTES_MAX:
        raise no_room(f"its answer is larger than {ANSWER_BYTES_MAX} bytes")
    return b"".join(parts)


def _refusal(status: int, headers: httpx.Headers, body: bytes) -> Refused | Unreachable:
    """The room's error body as an exception; anything else with an error status was not said by a room."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return no_room(f"it says {status}", is_passing=status in _PASSING)
    code, message = value.get("error"), value.get("message")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return no_room(f"it says {status}", is_passing=status in _PASSING)
    field, error_id = value.get("field"), value.get("error_id")
    return Refused(
        code,
        message if isinstance(message, str) else code,
        status=status,
        field=field if isinstance(field, str) else None,
        retry_after_seconds=_retry_after(value.get("retry_after"), headers.get("retry-after")),
        error_id=error_id if isinstance(error_id, str) else None,
        facts={name: told for name, told in value.items() if name not in _OF_EVERY_ERROR},
    )


def _retry_after(said: Any, header: str | None) -> float | None:
    if type(said) in (int, float) and 0 <= said <= 86_400:
        return float(said)
    if header is not None and re.fullmatch(r"[0-9]{1,5}", header):
        return float(header)
    return None
