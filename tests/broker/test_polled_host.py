"""A host that polls, in virtual time: who gets which request, for how long, and what becomes of the rest."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from agentgather_broker.host_requests import Headers, HostLost, Request
from agentgather_broker.polled_host import HELD_MAX, SILENT_SECONDS, Patience, PolledHost
from agentgather_broker.refusals import Refused
from agentgather_broker.routes import Route

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OK = {"status": 200, "headers": {"content-type": "text/plain"}, "body_base64": "aGk="}


@dataclass
class Visitor:
    """Somebody who asks: what came of it."""

    request: Request
    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    is_complete: bool = False
    error: Exception | None = None
    left: trio.CancelScope = field(default_factory=trio.CancelScope)

    @property
    def has_begun(self) -> bool:
        return self.status != 0

    @property
    def code(self) -> tuple[int, str] | None:
        return (self.error.status, self.error.code) if isinstance(self.error, Refused) else None

    async def begin(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers

    async def write(self, piece: bytes) -> None:
        self.body += piece

    async def end(self) -> None:
        self.is_complete = True

    async def visit(self, host: PolledHost) -> None:
        with self.left:
            try:
                await host.relay(self.request, self)
            except (Refused, HostLost) as error:
                self.error = error


def visitor(method: str = "GET", target: bytes = b"/status", *, is_held: bool = False, body: bytes = b"") -> Visitor:
    return Visitor(Request(method, target, ((b"accept", b"a/b"), (b"user-agent", b"x")), body, is_held))


@pytest.fixture
def host() -> Callable[[], PolledHost]:
    def make() -> PolledHost:
        route = Route("lab", None, "rte_1", "conn_1", NOW, NOW, NOW)
        return PolledHost(route, address="192.0.2.1", response_bytes_max=9, patience=Patience())

    return make


Make = Callable[[], PolledHost]


async def test_a_request_crosses_as_the_contract_has_it(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, asked = host(), visitor("POST", b"/messages?a=%2F", body=b"hello")
    nursery.start_soon(asked.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    envelope = polled.envelope(call)
    assert envelope.pop("request_id") == call.id
    assert envelope == {
        "route_slug": "lab",
        "method": "POST",
        "path": "/messages?a=%2F",
        "headers": {"accept": "a/b"},
        "body_base64": b64encode(b"hello").decode(),
    }
    polled.respond(call.id, {**OK, "status": 201})
    await wait_all_tasks_blocked()
    assert (asked.status, asked.body, asked.is_complete) == (201, b"hi", True)
    assert dict(asked.headers) == {b"content-type": b"text/plain", b"content-length": b"2"}


async def test_a_poll_is_held_until_a_request_comes_or_its_time_is_over(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, began = host(), trio.current_time()
    assert await polled.next_call(hold_seconds=5) is None
    assert trio.current_time() - began == pytest.approx(5)

    async def come_later() -> None:
        await trio.sleep(3)
        await visitor().visit(polled)

    nursery.start_soon(come_later)
    assert await polled.next_call(hold_seconds=5) is not None
    assert trio.current_time() - began == pytest.approx(8)
    nursery.cancel_scope.cancel()


async def test_the_oldest_is_handed_out_first_and_once(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled = host()
    for number in range(3):
        nursery.start_soon(visitor(target=b"/%d" % number).visit, polled)
        await wait_all_tasks_blocked()
    calls = [await polled.next_call(hold_seconds=0) for _ in range(4)]
    assert [call.request.target if call else None for call in calls] == [b"/0", b"/1", b"/2", None]
    nursery.cancel_scope.cancel()


async def test_what_nobody_fetches_ends_after_ten_seconds(autojump_clock: MockClock, host: Make) -> None:
    polled, asked, began = host(), visitor(), trio.current_time()
    await asked.visit(polled)
    assert asked.code == (504, "host_unavailable")
    assert trio.current_time() - began == pytest.approx(10)
    assert await polled.next_call(hold_seconds=0) is None


async def test_what_is_fetched_and_not_answered_ends_after_35_seconds(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, asked, began = host(), visitor(), trio.current_time()
    nursery.start_soon(asked.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    await trio.sleep(35.5)
    assert asked.code == (504, "host_unavailable")
    assert trio.current_time() - began == pytest.approx(35.5)
    with pytest.raises(Refused) as late:
        polled.respond(call.id, OK)
    assert late.value.code == "unknown_request"


async def test_an_answer_counts_once(autojump_clock: MockClock, host: Make, nursery: trio.Nursery) -> None:
    polled, asked = host(), visitor()
    nursery.start_soon(asked.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    polled.respond(call.id, OK)
    with pytest.raises(Refused) as again:
        polled.respond(call.id, {**OK, "status": 500})
    assert again.value.code == "unknown_request"
    await wait_all_tasks_blocked()
    assert asked.status == 200


async def test_what_was_not_fetched_cannot_be_answered(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, asked = host(), visitor()
    nursery.start_soon(asked.visit, polled)
    await wait_all_tasks_blocked()
    (waiting,) = polled._queue
    for request_id in (waiting.id, "req_none", None, 7, ["x"]):
        with pytest.raises(Refused) as refused:
            polled.respond(request_id, OK)
        assert refused.value.code == "unknown_request"
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "response",
    [
        None,
        [],
        {},
        {"status": "200"},
        {"status": True},
        {"status": 101},
        {"status": 600},
        {"status": 200, "headers": []},
        {"status": 200, "headers": {"a": 1}},
        {"status": 200, "headers": {"a b": "c"}},
        {"status": 200, "headers": {"a": "b\r\nc: d"}},
        {"status": 200, "headers": {"a": "\u2603"}},
        {"status": 200, "headers": {"a": "x" * 9_000}},
        {"status": 200, "headers": {f"a{number}": "" for number in range(65)}},
        {"status": 200, "body_base64": "!"},
        {"status": 200, "body_base64": "YQ"},
        {"status": 200, "body_base64": "\u00e9"},
        {"status": 200, "body_base64": 5},
    ],
)
async def test_what_is_no_response_is_a_400_for_the_host_and_a_502_for_the_visitor(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery, response: Any
) -> None:
    polled, asked = host(), visitor()
    nursery.start_soon(asked.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    with pytest.raises(Refused) as refused:
        polled.respond(call.id, response)
    assert (refused.value.status, refused.value.code) == (400, "invalid_request")
    await wait_all_tasks_blocked()
    assert asked.code == (502, "host_unavailable")


@pytest.mark.parametrize("count", [10, 12, 13, 1_000])
async def test_an_answer_beyond_the_cap_is_too_large_for_both(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery, count: int
) -> None:
    polled, asked = host(), visitor()
    nursery.start_soon(asked.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    with pytest.raises(Refused) as refused:
        polled.respond(call.id, {**OK, "body_base64": b64encode(b"x" * count).decode()})
    assert (refused.value.status, refused.value.code) == (502, "response_too_large")
    await wait_all_tasks_blocked()
    assert asked.code == (502, "response_too_large")


async def test_an_answer_as_large_as_may_be_passes(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, asked = host(), visitor()
    nursery.start_soon(asked.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    polled.respond(call.id, {**OK, "body_base64": b64encode(b"x" * 9).decode()})
    await wait_all_tasks_blocked()
    assert asked.body == b"x" * 9


async def test_an_answer_without_a_body_by_its_nature_has_none(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled = host()
    for asked, status in ((visitor("HEAD"), 200), (visitor(), 304)):
        nursery.start_soon(asked.visit, polled)
        call = await polled.next_call(hold_seconds=5)
        assert call is not None
        polled.respond(call.id, {**OK, "status": status, "headers": {"Content-Length": "77"}})
        await wait_all_tasks_blocked()
        assert (asked.body, asked.headers, asked.is_complete) == (b"", [], True)


async def test_waits_leave_room_for_everything_else(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled = host()
    waits = [visitor(target=b"/wait", is_held=True) for _ in range(HELD_MAX)]
    for wait in waits:
        nursery.start_soon(wait.visit, polled)
    calls = [await polled.next_call(hold_seconds=5) for _ in waits]
    one_more = visitor(target=b"/wait", is_held=True)
    await one_more.visit(polled)
    assert one_more.code == (429, "wait_limit")
    other = visitor()
    nursery.start_soon(other.visit, polled)
    assert await polled.next_call(hold_seconds=5) is not None
    assert calls[0] is not None
    polled.respond(calls[0].id, OK)
    nursery.start_soon(visitor(target=b"/wait", is_held=True).visit, polled)
    assert await polled.next_call(hold_seconds=5) is not None
    nursery.cancel_scope.cancel()


async def test_a_wait_whose_visitor_left_still_occupies_the_host(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled = host()
    waits = [visitor(target=b"/wait", is_held=True) for _ in range(2)]
    for wait in waits:
        nursery.start_soon(wait.visit, polled)
    calls = [await polled.next_call(hold_seconds=5) for _ in waits]
    for wait in waits:
        wait.left.cancel()
    await wait_all_tasks_blocked()
    assert polled.held_count == 2
    assert calls[0] is not None
    polled.respond(calls[0].id, OK)  # as 0.1 answers it: it does not know
    assert polled.held_count == 1
    await trio.sleep(36)
    assert polled.held_count == 0


async def test_a_visitor_who_leaves_before_is_not_handed_out(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, asked = host(), visitor()
    nursery.start_soon(asked.visit, polled)
    await wait_all_tasks_blocked()
    asked.left.cancel()
    await wait_all_tasks_blocked()
    assert await polled.next_call(hold_seconds=5) is None


async def test_a_read_whose_poll_broke_goes_to_the_next_and_a_write_does_not(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, read, write = host(), visitor(), visitor("POST")
    nursery.start_soon(read.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    polled.unclaim(call)
    assert await polled.next_call(hold_seconds=0) is call
    polled.respond(call.id, OK)
    nursery.start_soon(write.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    polled.unclaim(call)
    await wait_all_tasks_blocked()
    assert read.status == 200
    assert isinstance(write.error, HostLost)
    assert write.error.was_handed
    assert await polled.next_call(hold_seconds=0) is None


async def test_a_host_that_gives_no_sign_of_life_is_left_nothing(autojump_clock: MockClock, host: Make) -> None:
    polled, asked = host(), visitor()
    await trio.sleep(SILENT_SECONDS + 1)
    await asked.visit(polled)
    assert isinstance(asked.error, HostLost)
    assert not asked.error.was_handed
    polled.seen()
    assert not polled.is_silent


async def test_a_route_that_is_over_tells_everybody(
    autojump_clock: MockClock, host: Make, nursery: trio.Nursery
) -> None:
    polled, fetched, queued = host(), visitor(), visitor()
    nursery.start_soon(fetched.visit, polled)
    call = await polled.next_call(hold_seconds=5)
    assert call is not None
    nursery.start_soon(queued.visit, polled)
    await wait_all_tasks_blocked()
    polled.leave(Refused("route_closed", "closed"))
    await wait_all_tasks_blocked()
    assert fetched.code == queued.code == (410, "route_closed")
    with pytest.raises(Refused, match="closed"):
        await polled.next_call(hold_seconds=5)
    late = visitor()
    await late.visit(polled)
    assert late.code == (410, "route_closed")
