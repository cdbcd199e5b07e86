"""An app beside the room's own, such as MCP: who may come in is checked here as for every write, and it is told who came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from agentgather.api.errors import STATUS_OF
from agentgather.api.record_json import compact
from agentgather.http import gate
from agentgather.http.address import Address
from agentgather.live.credentials import Credential
from agentgather.live.keeping import OpenRoom
from agentgather.room.refusals import Refusal
from agentgather.serving.answer import Whole
from agentgather.serving.request import Fields

INVALID_REQUEST = -32600  # JSON-RPC 2.0 section 5.1


@dataclass(frozen=True, slots=True)
class Caller:
    """Who came in. `room_app` is the rooms' own app, in which the caller's room answers at `base_url`."""

    room: OpenRoom
    credential: Credential
    token: str = field(repr=False)
    room_app: Any = field(repr=False)
    base_url: str


class BesideApp(Protocol):
    """An ASGI app that serves admitted callers."""

    async def __call__(self, scope: Any, receive: Any, send: Any, caller: Caller, /) -> None: ...


class Beside:
    """`app` behind the checks of every write: a page of another site gets in by no method, a read being a stream here."""

    def __init__(self, app: BesideApp, address: Address) -> None:
        self.app = app
        self._address = address

    def admit(self, scope: dict[str, Any], room: OpenRoom) -> tuple[Credential, str] | Whole:
        """Whose request it is, and the token; or the answer that says why it is not let in, as a JSON-RPC error."""
        headers = Fields([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        try:
            host = headers.get("host")
            self._address.check_host(host)
            self._address.check_origin(origin=headers.get("origin"), referer=headers.get("referer"), host=host)
            token = gate.one_bearer(headers.getlist("authorization"))
            credential, _ = gate.admit(room.room, token)
        except Refusal as refusal:
            return rpc_refusal(refusal.code, refusal.message)
        assert token is not None
        return credential, token


def rpc_refusal(code: str, message: str) -> Whole:
    """An error with our code, in the one shape that a JSON-RPC client reads without breaking (docs/errors.md)."""
    error = {"code": INVALID_REQUEST, "message": message, "data": {"error": code}}
    body = compact({"jsonrpc": "2.0", "id": None, "error": error})
    status = STATUS_OF[code]
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status in (429, 503):
        headers.append((b"retry-after", b"1"))
    return Whole(status, headers, body)
