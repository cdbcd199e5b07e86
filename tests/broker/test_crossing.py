from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from agentgather_broker.crossing import Crossing
from agentgather_broker.host_requests import AnswerSink, Headers, HostLost, Request
from agentgather_broker.refusals import Refused

READ = Request("GET", b"/status", (), b"")
WRITE = Request("POST", b"/messages", (), b"{}")


class Kept:
    """An AnswerSink that keeps what it is given."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    @property
    def has_begun(self) -> bool:
        return self.status != 0

    async def begin(self, status: int, headers: Headers) -> None:
        self.status = status

    async def write(self, piece: bytes) -> None:
        self.body += piece

    async def end(self) -> None:
        pass


class Answering:
    """A host that says its name."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    async def relay(self, request: Request, sink: AnswerSink) -> None:
        await sink.begin(200, ())
        await sink.write(self.name)
        await sink.end()


class Breaking:
    """A host that is lost with every request."""

    def __init__(self, *, was_handed: bool) -> None:
        self.was_handed = was_handed

    async def relay(self, request: Request, sink: AnswerSink) -> None:
        raise HostLost(was_handed=self.was_handed)


@pytest.fixture
def crossing() -> Crossing:
    return Crossing(park_seconds=20, park_max=2, park_bytes_max=4)


async def asked(crossing: Crossing, request: Request = READ) -> Kept:
    sink = Kept()
    await crossing.relay("room", request, sink)
    return sink


async def test_who_waits_for_a_host_is_answered_as_soon_as_it_comes(
    crossing: Crossing, autojump_clock: MockClock
) -> None:
    answers: list[bytes] = []

    async def ask() -> None:
        answers.append((await asked(crossing, WRITE)).body)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        nursery.start_soon(ask)
        await wait_all_tasks_blocked()
        assert crossing.parked_count == 2
        assert crossing.arrive("room", Answering(b"here")) is None
        await wait_all_tasks_blocked()
        assert answers == [b"here", b"here"]
        assert trio.current_time() == 0
    assert crossing.parked_count == 0


async def test_a_read_is_asked_again_of_the_host_that_comes_back(crossing: Crossing, autojump_clock: MockClock) -> None:
    crossing.arrive("room", Breaking(was_handed=True))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(asked, crossing)
        await wait_all_tasks_blocked()
        assert crossing.parked_count == 1
        crossing.arrive("room", Answering(b"again"))
    assert trio.current_time() == 0


async def test_a_write_that_a_lost_host_may_have_seen_is_not_asked_again(crossing: Crossing) -> None:
    crossing.arrive("room", Breaking(was_handed=True))
    with pytest.raises(Refused) as refused:
        await asked(crossing, WRITE)
    assert (refused.value.code, refused.value.status) == ("host_unavailable", 502)


async def test_a_write_that_no_host_has_seen_waits(crossing: Crossing, autojump_clock: MockClock) -> None:
    crossing.arrive("room", Breaking(was_handed=False))
    with pytest.raises(Refused) as refused:
        await asked(crossing, WRITE)
    assert (refused.value.status, trio.current_time()) == (503, 20)


async def test_nobody_waits_longer_than_it_may_and_is_told_when_to_come_back(
    crossing: Crossing, autojump_clock: MockClock
) -> None:
    with pytest.raises(Refused) as refused:
        await asked(crossing)
    assert trio.current_time() == 20
    assert refused.value.retry_after_seconds
    assert crossing.parked_count == 0


@pytest.mark.parametrize(("count", "body"), [(2, b""), (1, b"123")])
async def test_what_waits_is_bounded_in_number_and_in_bytes(
    crossing: Crossing, autojump_clock: MockClock, count: int, body: bytes
) -> None:
    request = Request("POST", b"/messages", (), body)
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(asked, crossing, request)
        await wait_all_tasks_blocked()
        with pytest.raises(Refused):
            await asked(crossing, request)
        assert trio.current_time() == 0
        crossing.arrive("room", Answering(b""))


@pytest.mark.parametrize("how", ["close", "dismiss"])
async def test_who_waits_for_nobody_is_told_at_once(crossing: Crossing, autojump_clock: MockClock, how: str) -> None:
    async def ask() -> None:
        with pytest.raises(Refused):
            await asked(crossing)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await wait_all_tasks_blocked()
        crossing.close() if how == "close" else crossing.dismiss("room")
    assert trio.current_time() == 0


async def test_a_host_that_was_replaced_departs_without_its_successor(crossing: Crossing) -> None:
    first, second = Answering(b"first"), Answering(b"second")
    crossing.arrive("room", first)
    assert crossing.arrive("room", second) is first
    assert not crossing.depart("room", first)
    assert crossing.host_of("room") is second
    assert crossing.depart("room", second)
    assert crossing.host_count == 0
