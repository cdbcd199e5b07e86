"""Any bytes as the requests of one connection: both readers of a head agree, and nothing but a refusal comes of junk.

What the daemon reads with h11, and what it reads at one look, is read here without a socket; bodies and queries go on to
the parsers of the API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import h11

from agentgather.api import bodies, contract_bodies, query_values, task_bodies
from agentgather.api.errors import STATUS_OF
from agentgather.room.names import alias
from agentgather.room.refusals import Refusal
from agentgather.room.tasks.task import TaskId
from agentgather.serving.inspection import inspect, scope_of
from agentgather.serving.limits import ServingLimits
from agentgather.serving.plain_head import END_OF_HEAD, Head, plain_head
from agentgather.serving.refusing import Rejected

REQUESTS_MAX = 8  # of one connection
MESSAGE_MIN = 20  # characters of a sentence that says what to do
LIMITS = ServingLimits()
FEED_BYTES_MAX = LIMITS.header_bytes_max + LIMITS.target_bytes_max
SOMEBODY = alias("ops")

OF_A_BODY: tuple[Callable[[Any], object], ...] = (
    lambda body: bodies.read_post(body, actor=SOMEBODY),
    lambda body: bodies.read_invite(body, actor=SOMEBODY),
    lambda body: task_bodies.read_added(body, actor=SOMEBODY),
    lambda body: task_bodies.read_step("edit", body, actor=SOMEBODY, task=TaskId(1)),
    lambda body: task_bodies.read_step("reassign", body, actor=SOMEBODY, task=TaskId(1)),
    lambda body: task_bodies.read_step("complete", body, actor=SOMEBODY, task=TaskId(1)),
    contract_bodies.read_draft,
    contract_bodies.read_side,
    contract_bodies.read_acknowledged,
    bodies.read_brief,
    bodies.read_policy,
    lambda body: bodies.read_profile(body, actor=SOMEBODY),
    lambda body: bodies.read_set_labels(body, actor=SOMEBODY, of=SOMEBODY),
    bodies.read_ttl,
    bodies.read_through_id,
)
OF_A_QUERY: tuple[Callable[[str], object], ...] = (
    lambda text: query_values.read_id(text, code="invalid_since_id", field="since_id"),
    lambda text: query_values.read_count(text, code="invalid_limit", field="limit", count_max=1_000),
    lambda text: query_values.read_hold(text, seconds_max=55),
    lambda text: contract_bodies.read_version(text, field="version"),
    task_bodies.read_task_id,
    task_bodies.read_status,
)


def explore(content: bytes) -> None:
    """Read request after request, as long as the connection goes on."""
    rest: bytes | None = content
    for _ in range(REQUESTS_MAX):
        if not rest:
            return
        rest = _one(rest)


def _one(content: bytes) -> bytes | None:
    """The rest after the first request; None where the connection ends with it, or waits for more of it."""
    end = content.find(END_OF_HEAD, 0, FEED_BYTES_MAX)
    head_bytes = end + len(END_OF_HEAD)
    plain = plain_head(content[:head_bytes]) if end >= 0 else None
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=FEED_BYTES_MAX)
    parser.receive_data(content)
    try:
        head = parser.next_event()
        if not isinstance(head, h11.Request):
            assert plain is None
            return None
        body = _body(parser)
    except h11.RemoteProtocolError:
        assert plain is None
        return None
    refused = _refusal(head, head_bytes)
    if plain is not None:
        assert (plain.method, plain.target, plain.http_version) == (head.method, head.target, head.http_version)
        assert plain.headers == list(head.headers)
        assert _refusal(plain, head_bytes) == refused
        whole = content[head_bytes : head_bytes + plain.body_bytes]
        assert body == (whole if len(whole) == plain.body_bytes else None)
    if refused is not None or body is None:
        return None
    scope = scope_of(head, client=None, server=None)
    for _, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        for read in OF_A_QUERY:
            _try(read, value)
    fields = _try(bodies.read_object, body)
    for understand in OF_A_BODY if fields is not None else ():
        _try(understand, fields)
    return bytes(parser.trailing_data[0])


def _body(parser: h11.Connection) -> bytes | None:
    """The body that came; None when it is not whole. Raises h11.RemoteProtocolError."""
    pieces = []
    while isinstance(event := parser.next_event(), h11.Data):
        pieces.append(bytes(event.data))
    return b"".join(pieces) if isinstance(event, h11.EndOfMessage) else None


def _refusal(head: Head, head_bytes: int) -> str | None:
    try:
        inspect(head, head_bytes=head_bytes, limits=LIMITS, websockets=False)
    except Rejected as rejected:
        return rejected.rejection.code
    return None


def _try(read: Callable[[Any], Any], told: Any) -> Any:
    """What `read` makes of it; None when it is refused, by a code and a sentence."""
    refused: Refusal | None = None
    try:
        return read(told)
    except Refusal as refusal:
        refused = refusal
    assert STATUS_OF[refused.code] < 500
    assert len(refused.message) > MESSAGE_MIN
    return None
