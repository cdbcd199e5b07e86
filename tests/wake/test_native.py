"""The ways that speak to an agent's own program, each against a real server in a process of its own."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from proofs.wakes.codex_server import THREAD
from proofs.wakes.http_server import PASSWORD, SECRET, SESSION
from proofs.wakes.served import Served, serve

from agentgather.wake.adapter import Adapter, Look, Submitted, Wake
from agentgather.wake.codex import Turn, open_codex
from agentgather.wake.json_rpc import HEARD_MAX
from agentgather.wake.opencode import open_opencode
from agentgather.wake.target import TargetRefused, may_go_to, settled, target_of
from agentgather.wake.webhook import SecretRefused, open_webhook, secret_of

WAKE = Wake("wake-1", "http://127.0.0.1:8787/lab", 40, "mention", "[Agent Gather] New from ops for bob")


@asynccontextmanager
async def codex(*, thread: str = THREAD, may_steer: bool = False) -> AsyncIterator[tuple[Served, Adapter]]:
    with trio.fail_after(60):
        async with (
            serve("codex_server.py") as served,
            open_codex(f"ws://127.0.0.1:{served.port}", thread, token=lambda: None, may_steer=may_steer) as adapter,
        ):
            yield served, adapter


@asynccontextmanager
async def opencode(*, session: str = SESSION, password: str = PASSWORD) -> AsyncIterator[tuple[Served, Adapter]]:
    with trio.fail_after(60):
        async with (
            serve("http_server.py") as served,
            open_opencode(
                f"http://127.0.0.1:{served.port}", session, password=lambda: ("opencode", password)
            ) as adapter,
        ):
            yield served, adapter


@asynccontextmanager
async def webhook(*, secret: bytes = SECRET, path: str = "/hook") -> AsyncIterator[tuple[Served, Adapter]]:
    with trio.fail_after(60):
        async with serve("http_server.py") as served:
            target = target_of(f"http://localhost:{served.port}{path}", allow=["127.0.0.0/8", "::1"])
            async with open_webhook(target, secret) as adapter:
                yield served, adapter


@pytest.mark.parametrize("way", [codex, opencode])
async def test_a_wake_goes_in_once_and_takes_effect(way: object) -> None:
    async with way() as (served, adapter):  # type: ignore[operator]
        assert await adapter.look() is Look.QUIET
        submission = await adapter.submit(WAKE)
        assert submission.outcome is Submitted.YES
        assert await adapter.took_effect(WAKE, submission)
        assert (await served.tell())["lines"] == [WAKE.line]


@pytest.mark.parametrize("way", [codex, opencode])
async def test_a_turn_that_runs_or_begins_defers_the_wake(way: object) -> None:
    async with way() as (served, adapter):  # type: ignore[operator]
        await served.tell(begin=60)
        assert await adapter.look() is Look.QUIET
        submission = await adapter.submit(WAKE)
        assert (submission.outcome, submission.trouble) == (Submitted.NO, "working")
        assert await adapter.look() is Look.WORKING
        heard = await served.tell()
        assert (heard["lines"], heard["cancelled"]) == ([], 0)


async def test_a_pointer_may_join_the_very_turn_that_runs() -> None:
    async with codex(may_steer=True) as (served, adapter):
        await served.tell(work=60)
        assert await adapter.look() is Look.QUIET
        submission = await adapter.submit(WAKE)
        assert submission.outcome is Submitted.YES
        assert await adapter.took_effect(WAKE, submission)
        heard = await served.tell()
        assert (heard["lines"], heard["cancelled"]) == ([WAKE.line], 0)


async def test_the_end_of_a_turn_is_heard_however_much_is_said_in_it() -> None:
    async with codex() as (served, adapter):
        await served.tell(say=HEARD_MAX)
        submission = await adapter.submit(WAKE)
        assert isinstance(submission.evidence, Turn)
        with trio.fail_after(20):
            await submission.evidence.ended.wait()
        assert submission.evidence.status == "completed"


async def test_an_answer_that_is_lost_leaves_it_unsure() -> None:
    for way in (codex, opencode, webhook):
        async with way() as (served, adapter):
            await served.tell(mute=1)
            assert (await adapter.submit(WAKE)).outcome is Submitted.UNSURE
            assert (await served.tell())["lines"] == [WAKE.line]


async def test_an_answer_is_an_answer_however_it_is_packed() -> None:
    async def answer(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone")

    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            nursery.start_soon(trio.serve_listeners, answer, [listener])
            target = target_of(f"http://127.0.0.1:{listener.socket.getsockname()[1]}/", allow=["127.0.0.1"])
            async with open_webhook(target, SECRET) as adapter:
                submission = await adapter.submit(WAKE)
            nursery.cancel_scope.cancel()
    assert submission.outcome is Submitted.YES


async def test_whoever_says_that_it_was_nothing_is_believed() -> None:
    async with codex() as (served, adapter):
        await served.tell(overload=1)
        submission = await adapter.submit(WAKE)
        assert (submission.outcome, submission.trouble) == (Submitted.NO, "overloaded")
    async with opencode() as (served, adapter):
        await served.tell(deaf=1)
        submission = await adapter.submit(WAKE)
        assert (submission.outcome, submission.trouble) == (Submitted.NO, "not_opencode")
    async with webhook() as (served, adapter):
        await served.tell(deaf=1)
        submission = await adapter.submit(WAKE)
        assert (submission.outcome, submission.trouble) == (Submitted.NO, "status_503")


async def test_an_agent_that_is_not_there_is_gone_and_nobody_else_is_woken() -> None:
    async with codex(thread="another") as (served, adapter):
        assert await adapter.look() is Look.GONE
        assert (await adapter.submit(WAKE)).outcome is Submitted.NO
        assert (await served.tell())["lines"] == []
    for more in ({"session": "ses_another"}, {"password": "wrong"}):
        async with opencode(**more) as (served, adapter):
            assert await adapter.look() is Look.GONE
            assert (await adapter.submit(WAKE)).outcome is Submitted.NO
            assert (await served.tell())["lines"] == []


async def test_nobody_listens() -> None:
    with trio.fail_after(60):
        async with open_codex("ws://127.0.0.1:9", THREAD, token=lambda: None) as adapter:
            assert await adapter.look() is Look.GONE
            assert (await adapter.submit(WAKE)).outcome is Submitted.NO


async def test_a_webhook_is_signed_so_that_its_taker_knows() -> None:
    async with webhook() as (served, adapter):
        assert (await adapter.submit(WAKE)).outcome is Submitted.YES
        heard = await served.tell()
        assert (heard["lines"], heard["forged"]) == ([WAKE.line], 0)
    async with webhook(secret=b"another secret of some length") as (served, adapter):
        assert (await adapter.submit(WAKE)).trouble == "status_401"
        assert (await served.tell())["forged"] == 1


INSIDE = """
127.0.0.1 10.1.2.3 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
::1 :: fe80::1 fd00::1 ff02::1 ::ffff:127.0.0.1 2002:7f00:1:: 64:ff9b::7f00:1 2001:0:1::1
::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b:1::7f00:1 fec0::1
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_what_is_not_the_public_internet_is_nowhere_to_go(address: str) -> None:
    assert not may_go_to(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_the_public_internet_is_somewhere_to_go(address: str) -> None:
    assert may_go_to(ipaddress.ip_address(address), ())


async def test_a_name_that_leads_inside_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(TargetRefused, match="not allowed"):
        await settled(target_of("http://localhost:1/", allow=[]))
    with pytest.raises(TargetRefused, match="not allowed"):
        await settled(target_of("http://2130706433:1/", allow=["10.0.0.0/8"]))
    for host in ("a..b", "x" * 64 + ".example"):
        with pytest.raises(TargetRefused, match="leads nowhere"):
            await settled(target_of(f"http://{host}/", allow=[]))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "http://",
        "http://u:p@a/",
        "http://a/#x",
        "http://a/\n",
        "http://bücher.example/",
        "file:///etc/passwd",
        "http://a:x/",
        "a",
    ],
)
def test_what_is_no_place_for_a_webhook(url: str) -> None:
    with pytest.raises(TargetRefused):
        target_of(url, allow=[])


@pytest.mark.parametrize("text", ["short", "whsec_!!", "whsec_YWJj"])
def test_a_secret_that_is_none_is_not_repeated(text: str) -> None:
    with pytest.raises(SecretRefused) as refused:
        secret_of(text)
    assert text not in str(refused.value)
