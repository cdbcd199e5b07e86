"""One host of 0.1: it asks for requests instead of being handed them, and may take as long to come back as it likes."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import trio

from agentgather_broker.forwarded import Forwarded, read_response, request_json
from agentgather_broker.host_requests import AnswerSink, HostLost, Request
from agentgather_broker.refusals import Refused
from agentgather_broker.routes import Route

SILENT_SECONDS = 25.0  # without a poll or a heartbeat (one every 10 s): the host is away
HELD_MAX = 14  # waits at once: a host of 0.1 handles 16 requests, and the others have to get through
HOST_WAIT_RETRY_SECONDS = 5.0
_BODILESS = frozenset((204, 304))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a visitor waits in the relay, in seconds (contract section 6.4)."""

    claim_seconds: float = 10  # until the host asks for the request
    response_seconds: float = 35  # from then until it responds


@dataclass(slots=True, eq=False)
class Call:
    """A visitor's request on its way. Once claimed, it is the host's until it responds or `answer_by`."""

    id: str
    request: Request
    answer_by: float = float("inf")
    is_left: bool = False  # the visitor is gone; the host still works on it
    claimed: trio.Event = field(default_factory=trio.Event)
    settled: trio.Event = field(default_factory=trio.Event)
    outcome: Forwarded | Exception | None = None

    def settle(self, outcome: Forwarded | Exception) -> None:
        self.outcome = outcome
        self.claimed.set()
        self.settled.set()


class PolledHost:
    """A Host. `address` is where it registered from. Its answers are bound to it: it knows no other host's requests."""

    def __init__(self, route: Route, *, address: str, response_bytes_max: int, patience: Patience) -> None:
        self.route = route
        self.address = address
        self.connection_id = route.host_connection_id
        self._bytes_max = response_bytes_max
        self._patience = patience
        self._queue: deque[Call] = deque()
        self._calls: dict[str, Call] = {}
        self._stirred = trio.Event()
        self._poll_count = 0
        self._seen_at = trio.current_time()
        self._over: Refused | None = None

    @property
    def is_silent(self) -> bool:
        """Whether it has given no sign of life for so long that nothing should be left to it."""
        return not self._poll_count and trio.current_time() - self._seen_at > SILENT_SECONDS

    @property
    def held_count(self) -> int:
        """The waits that occupy the host, those of visitors who left included: it does not hear of that."""
        now = trio.current_time()
        for call in [call for call in self._calls.values() if call.is_left and call.answer_by <= now]:
            del self._calls[call.id]
        return sum(call.request.is_held for call in self._calls.values())

    def seen(self) -> None:
        self._seen_at = trio.current_time()

    async def relay(self, request: Request, sink: AnswerSink) -> None:
        """As Host says."""
        if self._over is not None:
            raise self._over
        if self.is_silent:
            raise HostLost(was_handed=False)
        if request.is_held and self.held_count >= HELD_MAX:
            raise Refused(
                "wait_limit",
                "as many wait for this room as its host can hold; read with GET /messages meanwhile",
                retry_after_seconds=HOST_WAIT_RETRY_SECONDS,
            )
        call = Call(f"req_{secrets.token_urlsafe(12)}", request)
        self._calls[call.id] = call
        self._queue.append(call)
        self._stir()
        answer = await self._answer_of(call)
        await _write(answer, sink, is_head=request.method == "HEAD")

    async def next_call(self, *, hold_seconds: float) -> Call | None:
        """The oldest request that nobody has claimed, once there is one; None after `hold_seconds`.

        It is the caller's, who hands it over or gives it back with `unclaim`.
        """
        self._poll_count += 1
        try:
            with trio.move_on_after(hold_seconds):
                while not self._queue and self._over is None:
                    await self._stirred.wait()
            self.seen()
            if self._over is not None:
                raise self._over
            if not self._queue:
                return None
            call = self._queue.popleft()
            call.answer_by = trio.current_time() + self._patience.response_seconds
            call.claimed.set()
            return call
        finally:
            self._poll_count -= 1

    def unclaim(self, call: Call) -> None:
        """The poll that claimed it broke. A read goes to the next poll; of a write nobody knows whether it arrived."""
        if call.settled.is_set() or call.id not in self._calls:
            return
        if call.request.is_read and not call.is_left:
            self._queue.appendleft(call)
            self._stir()
        else:
            del self._calls[call.id]
            call.settle(HostLost(was_handed=True))

    def envelope(self, call: Call) -> dict[str, Any]:
        """What the host gets of `call`."""
        return request_json(call.request, request_id=call.id, slug=self.route.slug)

    def respond(self, request_id: object, response: object) -> None:
        """Let the visitor of `request_id` have `response`. Raises Refused; a response that is none fails the visitor too."""
        call = self._calls.get(request_id) if isinstance(request_id, str) else None
        if call is None or not call.claimed.is_set() or call in self._queue:
            raise Refused(
                "unknown_request", "no request of this host waits under that id: it was late, or answered before"
            )
        del self._calls[call.id]
        try:
            call.settle(read_response(response, bytes_max=self._bytes_max))
        except Refused as refused:
            is_large = refused.code == "response_too_large"
            call.settle(
                refused if is_large else Refused("host_unavailable", "the host gave no proper answer; try again")
            )
            raise

    def leave(self, refusal: Refused) -> None:
        """The route is over: everybody who waits hears `refusal`."""
        self._over = refusal
        self._queue.clear()
        for call in self._calls.values():
            call.settle(refusal)
        self._calls.clear()
        self._stir()

    async def _answer_of(self, call: Call) -> Forwarded:
        """What the host made of `call`. Raises Refused and HostLost."""
        try:
            with trio.move_on_after(self._patience.claim_seconds):
                await call.claimed.wait()
            if not call.claimed.is_set():
                raise _no_answer("the room's host did not fetch the request in time; try again")
            with trio.move_on_at(call.answer_by):
                await call.settled.wait()
            if isinstance(call.outcome, Exception):
                raise call.outcome
            if call.outcome is None:
                raise _no_answer("the room did not answer in time; try again")
            return call.outcome
        finally:
            self._forget(call)

    def _forget(self, call: Call) -> None:
        """Nobody waits for `call` any more. What the host works on still counts, until it responds or is late."""
        if call in self._queue:
            self._queue.remove(call)
            self._calls.pop(call.id, None)
        elif call.answer_by <= trio.current_time():
            self._calls.pop(call.id, None)
        else:
            call.is_left = True

    def _stir(self) -> None:
        self._stirred.set()
        self._stirred = trio.Event()


async def _write(answer: Forwarded, sink: AnswerSink, *, is_head: bool) -> None:
    headers = list(answer.headers)
    if not is_head and answer.status not in _BODILESS:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await sink.begin(answer.status, headers)
    if answer.body and not is_head and answer.status not in _BODILESS:
        await sink.write(answer.body)
    await sink.end()


def _no_answer(message: str) -> Refused:
    return Refused("host_unavailable", message, status=504)
