"""What becomes of visitors while a host is away: who can wait waits, and nobody's write is sent twice."""

from __future__ import annotations

import httpx
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agentgather.wire.frames import Bye, Data, Drain, Open, Registered, Reset
from agentgather_broker.answering import WHOLE_BYTES_MAX
from agentgather_broker.shape import BrokerSettings, RelayLimits
from tests.broker.brokers import PATIENCE_SECONDS, RunningBroker, hand_host, honest_host, keep_running, quick_settings


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


async def test_a_read_that_was_lost_with_its_link_is_answered_on_the_next(
    key: Ed25519PrivateKey, broker: RunningBroker
) -> None:
    async with trio.open_nursery() as nursery:
        async with hand_host(broker.url, "lab", key=key) as host:

            async def read() -> None:
                answer = await broker.ask("GET", "/lab/wait?since_id=3")
                assert (answer.status_code, answer.text) == (200, "/wait?since_id=3")
                nursery.cancel_scope.cancel()

            nursery.start_soon(read)
            await host.next(Open)
        async with honest_host(broker.url, "lab", key=key):
            await trio.sleep_forever()


async def test_a_read_whose_answer_had_begun_is_cut(key: Ed25519PrivateKey, broker: RunningBroker) -> None:
    async with trio.open_nursery() as nursery, hand_host(broker.url, "lab", key=key) as host:

        async def read() -> None:
            with pytest.raises(httpx.TransportError):
                await broker.ask("GET", "/lab/messages")

        nursery.start_soon(read)
        opened = await host.next(Open)
        host.end.answer(opened.stream, 200, ())
        host.end.send_data(opened.stream, b"half")
        await host.flush()


async def test_half_of_a_small_answer_is_not_begun_and_the_next_link_answers(
    key: Ed25519PrivateKey, broker: RunningBroker
) -> None:
    """A crowd that waits is answered at once: a link that breaks then has heads on it whose bodies never come."""
    async with trio.open_nursery() as nursery:
        async with hand_host(broker.url, "lab", key=key) as host:

            async def read() -> None:
                answer = await broker.ask("GET", "/lab/wait?since_id=3")
                assert (answer.status_code, answer.text) == (200, "/wait?since_id=3")
                nursery.cancel_scope.cancel()

            nursery.start_soon(read)
            opened = await host.next(Open)
            host.end.answer(opened.stream, 200, ((b"content-length", b"9"),))
            host.end.send_data(opened.stream, b"half")
            await host.flush()
        async with honest_host(broker.url, "lab", key=key):
            await trio.sleep_forever()


async def test_a_small_answer_that_is_larger_than_it_said_is_none(
    key: Ed25519PrivateKey, broker: RunningBroker
) -> None:
    async with trio.open_nursery() as nursery, hand_host(broker.url, "lab", key=key) as host:

        async def read() -> None:
            answer = await broker.ask("GET", "/lab/messages")
            assert (answer.status_code, answer.json()["error"]) == (502, "response_too_large")

        nursery.start_soon(read)
        opened = await host.next(Open)
        host.end.answer(opened.stream, 200, ((b"content-length", b"9"),))
        for _ in range(WHOLE_BYTES_MAX // 16_384 + 1):
            host.end.send_data(opened.stream, b"x" * 16_384)
        await host.flush()


async def test_a_write_that_a_host_may_have_seen_is_not_sent_twice(
    key: Ed25519PrivateKey, broker: RunningBroker
) -> None:
    async with trio.open_nursery() as nursery:
        async with hand_host(broker.url, "lab", key=key) as host:

            async def write() -> None:
                answer = await broker.ask("POST", "/lab/messages", content=b"{}")
                assert (answer.status_code, answer.json()["error"]) == (502, "host_unavailable")
                assert "client_msg_id" in answer.json()["message"]

            nursery.start_soon(write)
            await host.next(Data)
        async with hand_host(broker.url, "lab", key=key) as host, trio.open_nursery() as asking:
            asking.start_soon(broker.ask, "GET", "/lab/next")
            assert (await host.next(Open)).target == b"/next"
            asking.cancel_scope.cancel()


async def test_a_write_that_no_host_has_seen_waits_for_one(key: Ed25519PrivateKey, broker: RunningBroker) -> None:
    async with honest_host(broker.url, "lab", key=key):
        pass
    async with trio.open_nursery() as nursery:

        async def write() -> None:
            answer = await broker.ask("POST", "/lab/messages", content=b"{}")
            assert (answer.status_code, answer.text) == (200, "/messages")
            nursery.cancel_scope.cancel()

        nursery.start_soon(write)
        await _until(lambda: b"parked_requests 1.0" in broker.broker.desk.metrics())
        async with honest_host(broker.url, "lab", key=key):
            await trio.sleep_forever()


async def test_a_host_that_stays_away_is_said_to_be(key: Ed25519PrivateKey, broker: RunningBroker) -> None:
    async with honest_host(broker.url, "lab", key=key):
        pass
    answer = await broker.ask("GET", "/lab/status")
    assert (answer.status_code, answer.json()["error"]) == (503, "host_unavailable")
    assert int(answer.headers["retry-after"]) == answer.json()["retry_after"] > 0
    page = await broker.ask("GET", "/lab/", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")
    assert "host of this room is away" in page.text
    assert (await broker.ask("GET", "/lab")).json() == {"ok": True, "route_slug": "lab", "status": "away"}


async def test_no_more_wait_for_a_host_than_may(nursery: trio.Nursery, key: Ed25519PrivateKey) -> None:
    relay = RelayLimits(park_seconds=30, park_max=3, park_bytes_max=100)
    broker = await nursery.start(keep_running, quick_settings(relay=relay))
    async with honest_host(broker.url, "lab", key=key):
        pass
    assert (await broker.ask("POST", "/lab/x", content=b"x" * 101)).status_code == 503
    async with trio.open_nursery() as waiting:
        for _ in range(3):
            waiting.start_soon(broker.ask, "GET", "/lab/x")
        await _until(lambda: b"parked_requests 3.0" in broker.broker.desk.metrics())
        assert (await broker.ask("GET", "/lab/x")).status_code == 503
        waiting.cancel_scope.cancel()
    await _until(lambda: b"parked_requests 0.0" in broker.broker.desk.metrics())
    await broker.stop()


async def test_a_visitor_who_leaves_is_reset_at_the_host(key: Ed25519PrivateKey, broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab", key=key) as host:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broker.ask, "GET", "/lab/wait")
            opened = await host.next(Open)
            nursery.cancel_scope.cancel()
        assert await host.next(Reset) == Reset(opened.stream, "visitor_gone")
        await _until(lambda: b"held_waits 0.0" in broker.broker.desk.metrics())


async def test_the_same_keys_next_link_replaces_the_one_before_and_takes_its_reads_over(
    key: Ed25519PrivateKey, broker: RunningBroker
) -> None:
    """As after a link that is half open: the host has given it up long before the broker can know."""
    async with hand_host(broker.url, "lab", key=key) as before, trio.open_nursery() as nursery:
        assert isinstance(before.registered, Registered)

        async def read() -> None:
            assert (await broker.ask("GET", "/lab/wait")).text == "/wait"
            nursery.cancel_scope.cancel()

        nursery.start_soon(read)
        await before.next(Open)
        async with honest_host(broker.url, "lab", key=key) as after:
            assert isinstance(after.registered, Registered)
            assert after.registered.route["route_id"] == before.registered.route["route_id"]
            assert after.registered.route["host_connection_id"] != before.registered.route["host_connection_id"]
            assert (await before.next(Bye)).reason == "replaced"
            await trio.sleep_forever()


async def test_a_host_that_takes_its_room_off_the_web_ends_its_route(
    key: Ed25519PrivateKey, broker: RunningBroker
) -> None:
    async with trio.open_nursery() as nursery, hand_host(broker.url, "lab", key=key) as host:

        async def read() -> None:
            answer = await broker.ask("GET", "/lab/wait")
            assert (answer.status_code, answer.json()["error"]) == (410, "route_closed")

        nursery.start_soon(read)
        await host.next(Open)
        host.end.bye("route_closed", "it is over")
        await host.flush()
        assert await host.is_dropped()
    assert (await broker.ask("GET", "/lab/x")).status_code == 410


async def test_a_stopping_broker_finishes_what_runs_and_refuses_what_does_not_end(
    nursery: trio.Nursery, key: Ed25519PrivateKey
) -> None:
    broker = await nursery.start(keep_running, quick_settings(drain_seconds=1))
    async with hand_host(broker.url, "lab", key=key) as host, trio.open_nursery() as visiting:
        answers: dict[str, httpx.Response] = {}

        async def visit(path: str) -> None:
            answers[path] = await broker.ask("GET", path)

        visiting.start_soon(visit, "/lab/short")
        short = await host.next(Open)
        visiting.start_soon(visit, "/lab/long")
        await host.next(Open)
        broker.broker.stop()
        await host.next(Drain)
        await host.answer(short.stream, b"in time")
        with trio.fail_after(PATIENCE_SECONDS):
            await broker.ended.wait()
    assert (answers["/lab/short"].status_code, answers["/lab/short"].text) == (200, "in time")
    assert (answers["/lab/long"].status_code, answers["/lab/long"].json()["error"]) == (503, "host_unavailable")


async def test_a_silent_link_is_dead_after_two_heartbeats(nursery: trio.Nursery, key: Ed25519PrivateKey) -> None:
    settings: BrokerSettings = quick_settings(relay=RelayLimits(heartbeat_seconds=0.2, park_seconds=5))
    broker = await nursery.start(keep_running, settings)
    async with hand_host(broker.url, "lab", key=key):
        await _until(lambda: not broker.broker.desk.routes()[0]["connected"])
    assert b'link_ends_total{reason="silent"} 1.0' in broker.broker.desk.metrics()
    await broker.stop()


async def _until(holds: object) -> None:
    assert callable(holds)
    with trio.fail_after(PATIENCE_SECONDS):
        while not holds():
            await trio.sleep(0.005)
