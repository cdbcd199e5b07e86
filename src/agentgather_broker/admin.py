"""The operator's door: HTTP and JSON on a socket of this machine. What may be asked there, the desk knows.

GET    /healthz                  whether the broker runs
GET    /metrics                  for Prometheus
GET    /routes                   what is live, and which names are kept for whom
POST   /routes/{slug}/close      end a route; its key may come again
POST   /routes/{slug}/block      end it, and let nobody have the name for `seconds` (a day)
POST   /routes/{slug}/unblock
GET    /keys                     who may come
POST   /keys                     let the key in `key` in: `ed25519:…`, and a comment
DELETE /keys/{fingerprint}       take one off the list; its routes end
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio
from prometheus_client import CONTENT_TYPE_LATEST

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server
from agentgather_broker.desk import Desk
from agentgather_broker.keys import KeysDamaged, ListedKey, parse_key
from agentgather_broker.private_socket import private_listener
from agentgather_broker.refusals import Refused
from agentgather_broker.replies import compact, send_refusal, send_reply

BODY_BYTES_MAX = 16_384
CONNECTIONS_MAX = 64
BLOCK_SECONDS = 86_400.0  # of a block that does not say how long
BLOCK_SECONDS_MAX = 3_650 * 86_400.0

Fields = dict[str, Any]
Answer = Callable[["Desk", str, Fields], Awaitable[Fields]]


async def keep_admin(
    desk: Desk,
    path: Path,
    *,
    takeover: bool = False,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer the operator at the socket `path` until cancelled. Raises, before that, what `private_listener` raises."""
    limits = ServingLimits(body_bytes_max=BODY_BYTES_MAX, connections_max=CONNECTIONS_MAX)
    server = Server(AdminApp(desk), limits=limits)
    with private_listener(path, takeover=takeover) as listener:

        async def keep(*, task_status: trio.TaskStatus[list[trio.SocketListener]]) -> None:
            await server.keep([listener], task_status=task_status)

        async with trio.open_nursery() as nursery:
            await nursery.start(keep)
            task_status.started()


class AdminApp:
    """The ASGI app of the socket. Whoever can open it may do everything: there is no other credential."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            method, parts = scope["method"], scope["path"].strip("/").split("/")
            if (method, parts) == ("GET", ["metrics"]):
                await send_reply(send, 200, self._desk.metrics(), content_type=CONTENT_TYPE_LATEST.encode())
                return
            answer, name = _asked(method, parts)
            fields = await answer(self._desk, name, await _fields(receive))
            await send_reply(send, 200, compact({"ok": True, **fields}) + b"\n")
        except Refused as refused:
            await send_refusal(send, refused)
        except OSError as error:
            message = f"the broker's file cannot be written: {error.strerror}; look at what holds, and try again"
            await send_refusal(send, Refused("storage_unavailable", message))
        except KeysDamaged as damaged:
            await send_refusal(send, Refused("storage_unavailable", f"{damaged}; nothing was changed"))


def _asked(method: str, parts: list[str]) -> tuple[Answer, str]:
    """What is asked, and the name in its path. Raises Refused."""
    for own_method, path, answer in ROUTES:
        own = path.strip("/").split("/")
        is_named = [one.startswith("{") for one in own]
        if method == own_method and len(parts) == len(own):
            names = [part for part, is_name in zip(parts, is_named, strict=True) if is_name]
            if all(part == one or is_name for part, one, is_name in zip(parts, own, is_named, strict=True)):
                return answer, next(iter(names), "")
    raise Refused("unsupported_route", "an operator asks for routes, keys, metrics and healthz")


async def _health(_desk: Desk, _name: str, _fields: Fields) -> Fields:
    return {}


async def _routes(desk: Desk, _name: str, _fields: Fields) -> Fields:
    return {"routes": desk.routes(), "leases": desk.leases()}


async def _close(desk: Desk, slug: str, _fields: Fields) -> Fields:
    return {"route": await desk.close(slug)}


async def _block(desk: Desk, slug: str, fields: Fields) -> Fields:
    seconds = fields.get("seconds", BLOCK_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= BLOCK_SECONDS_MAX:
        raise Refused("invalid_request", f"seconds is a number above 0, at most {BLOCK_SECONDS_MAX:.0f}")
    await desk.block(slug, seconds=seconds)
    return {"route_slug": slug, "seconds": seconds}


async def _unblock(desk: Desk, slug: str, _fields: Fields) -> Fields:
    await desk.unblock(slug)
    return {"route_slug": slug}


async def _keys(desk: Desk, _name: str, _fields: Fields) -> Fields:
    return {"keys": [_told(key) for key in desk.keys()]}  # noqa: SIM118 - no dictionary


async def _add_key(desk: Desk, _name: str, fields: Fields) -> Fields:
    line = fields.get("key")
    try:
        key = parse_key(line if isinstance(line, str) else "")
    except ValueError as problem:
        raise Refused("invalid_request", str(problem)) from None
    await desk.add_key(key)
    return {"key": _told(key)}


async def _remove_key(desk: Desk, fingerprint: str, _fields: Fields) -> Fields:
    await desk.remove_key(fingerprint)
    return {"fingerprint": fingerprint}


ROUTES: tuple[tuple[str, str, Answer], ...] = (  # beside the metrics, which are no JSON
    ("GET", "/healthz", _health),
    ("GET", "/routes", _routes),
    ("POST", "/routes/{slug}/close", _close),
    ("POST", "/routes/{slug}/block", _block),
    ("POST", "/routes/{slug}/unblock", _unblock),
    ("GET", "/keys", _keys),
    ("POST", "/keys", _add_key),
    ("DELETE", "/keys/{fingerprint}", _remove_key),
)


def _told(key: ListedKey) -> Fields:
    return {"fingerprint": key.fingerprint, "key": key.line().partition(" ")[0], "comment": key.comment}


async def _fields(receive: Any) -> Fields:
    """The JSON object of the body; an empty one for an empty body. Raises Refused."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    body = b"".join(pieces)
    try:
        value = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refused("invalid_request", "the body is one JSON object")
    return value
