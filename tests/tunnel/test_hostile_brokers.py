"""A broker that lies hurts its tunnel. The room goes on for whoever is on its machine, and an honest broker has it again.

Most of it is done to one daemon, one attack after another: what an attack leaves behind is in the way of the next.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import wait_all_tasks_blocked

from agentgather.serving.wire import ClientGone
from agentgather.tunnel import keep
from agentgather.tunnel.comeback import ASKED_SECONDS_MAX, MOST_SECONDS, Comeback
from agentgather.tunnel.final import Final
from agentgather.tunnel.host_link import HEARTBEAT_SECONDS_MAX, HostLink
from agentgather.tunnel.keep import Patience, keep_tunnel
from agentgather.tunnel.keys import HostKey
from agentgather.tunnel.old_relay import keep_old_relay
from agentgather.tunnel.origin import Origin
from agentgather.wire.codec import CREDIT_MAX, DATA_BYTES_MAX, STREAMS_MAX, Decoder, encode
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Credit,
    Data,
    Drain,
    End,
    Frame,
    Hello,
    Open,
    Ping,
    Proof,
    Reset,
)
from tests.legacy.broker01 import serving_app
from tests.serving.apps import Everything
from tests.serving.process import serving_here
from tests.tunnel.authority import Authority, tls_before
from tests.tunnel.broker import NONCE, SLUG, Link, ScriptedBroker, scripted_broker
from tests.tunnel.hosted import HostedRoom, hosted_room
from tests.tunnel.test_host_link import linked
from tests.wire.links import live, raw

MEMORY_BYTES_MAX = 50_000_000  # that an attack may cost a host; each tries for hundreds of millions
PATIENCE_SECONDS = 10.0
FLOOD_SECONDS = 1.0  # or until nothing more is taken
PAGE = b"/openapi.json"  # the largest that anybody may have: some 50 kB
ESCAPES = "\x1b[2J\x1b]0;owned\x07"

Attack = Callable[[Link], Awaitable[None]]


# Attacks. The first ones are made in place of a handshake.


def of_handshake(phase: str, content: bytes) -> Attack:
    """`content` instead of what comes after a Hello, or after a Proof."""

    async def attack(link: Link) -> None:
        await link.hear(Hello)
        if phase == "a proof":
            link.end.challenge(NONCE)
            await link.flush()
            await link.hear(Proof)
        await link.say(content)
        await link.hear_the_end()

    return attack


def registration(**changed: Any) -> bytes:
    """A Registered as JSON has it, with fields that no encoder of ours lets out."""
    route = dict.fromkeys(("route_id", "host_connection_id", "created_at", "last_seen_at", "expires_at", "status"), "x")
    fields = {
        "route": {"route_slug": SLUG, **route},
        "public_url": "http://127.0.0.1:9/lab",
        "limits": {},
        "heartbeat_seconds": 15,
        **changed,
    }
    return raw(0x04, 0, json.dumps(fields).encode())


def refusal(**changed: Any) -> bytes:
    return raw(0x05, 0, json.dumps({"code": "busy", "message": "later", **changed}).encode())


GARBAGE = {
    "bytes": b"\xff" * 4_096,
    "another protocol": b"HTTP/1.1 200 OK\r\n\r\n",
    "an endless frame": raw(0x06, 1, b"", size=2**32 - 1),
    "an unknown frame": raw(0x7F, 0, b""),
    "half a character": raw(0x0F, 0, b'{"reason":"x","message":"\\ud800"}'),
    "a key twice": raw(0x0F, 0, b'{"reason":"x","reason":"y","message":"z"}'),
    "a deep object": raw(0x0F, 0, b'{"reason":' + b"[" * 60_000),
    "a huge number": raw(0x05, 0, b'{"code":"x","message":"y","retry_after":' + b"9" * 60_000 + b"}"),
}
HELLO_THERE = encode(Hello(1, SLUG, bytes(32), "x"))
HANDSHAKES: dict[str, Attack] = {
    **{f"after a hello, {name}": of_handshake("a hello", content) for name, content in GARBAGE.items()},
    **{f"after a proof, {name}": of_handshake("a proof", content) for name, content in GARBAGE.items()},
    "registered without a challenge": of_handshake("a hello", registration()),
    "a stream without a registration": of_handshake("a proof", encode(Open(1, "GET", b"/status", (), False))),
    "a second challenge": of_handshake("a proof", encode(Challenge(NONCE))),
    "a hello to a hello": of_handshake("a hello", HELLO_THERE),
    "a ping in the handshake": of_handshake("a hello", encode(Ping(bytes(8)))),
    "no heartbeat": of_handshake("a proof", registration(heartbeat_seconds=0)),
    "a heartbeat into the past": of_handshake("a proof", registration(heartbeat_seconds=-1)),
    "a heartbeat of never": of_handshake("a proof", registration(heartbeat_seconds=1e99)),
    "a heartbeat that is true": of_handshake("a proof", registration(heartbeat_seconds=True)),
    "a heartbeat that is no number": of_handshake("a proof", registration(heartbeat_seconds=float("nan"))),
    "escapes in a public url": of_handshake("a proof", registration(public_url=f"http://x/{ESCAPES}")),
    "escapes in a route": of_handshake("a proof", registration(route={"route_slug": SLUG, "route_id": ESCAPES})),
    "a thousand limits": of_handshake("a proof", registration(limits={f"limit{number}": 1 for number in range(1_000)})),
    "escapes in a refusal": of_handshake("a hello", refusal(message=ESCAPES)),
    "escapes in a code": of_handshake("a hello", refusal(code=ESCAPES)),
    "a refusal that reorders": of_handshake("a proof", refusal(message="\u202eereht")),
    "a refusal of two lines": of_handshake("a proof", refusal(message="later\n2026-11-21T10:00:00Z INFO published")),
    "a refusal for longer than numbers go": of_handshake("a proof", refusal(retry_after=1e10)),
}


def breaking(content: bytes) -> Attack:
    """A rule of a live link is broken; the host says goodbye, and leaves."""

    async def attack(link: Link) -> None:
        await link.register()
        await link.say(content)
        await left(link)

    return attack


async def left(link: Link) -> None:
    """The host leaves, having said why."""
    goodbye = [frame for frame in await everything(link) if isinstance(frame, Bye)]
    assert [bye.reason for bye in goodbye] == ["protocol_broken"]


async def everything(link: Link) -> list[Frame]:
    """Whatever the host says until it leaves, by no other rule than that it is frames."""
    decoder = Decoder()
    frames: list[Frame] = []
    with trio.fail_after(PATIENCE_SECONDS):
        while (message := await link._receive())["type"] == "websocket.receive":
            frames += decoder.receive(message["bytes"])
    return frames


async def until_left(link: Link, over: trio.CancelScope) -> None:
    await everything(link)
    over.cancel()


def opening(stream: int, target: bytes = b"/status", *, has_body: bool = False) -> bytes:
    return encode(Open(stream, "POST" if has_body else "GET", target, (), has_body))


BROKEN_RULES: dict[str, bytes] = {
    **{f"while live, {name}": content for name, content in GARBAGE.items()},
    "1,025 streams": b"".join(opening(number, b"/join", has_body=True) for number in range(1, STREAMS_MAX + 2)),
    "a stream twice": opening(3) + opening(3),
    "a stream of before": opening(3) + opening(2),
    "stream 0": raw(0x06, 0, b'{"method":"GET","target":"/","headers":[],"has_body":false}'),
    "data that nobody announced": opening(1) + encode(Data(1, b"x")),
    "data without any": opening(1, b"/join", has_body=True) + encode(Data(1, b"")),
    "data after its end": opening(1, b"/join", has_body=True) + encode(End(1)) + encode(Data(1, b"x")),
    "data of nobody": encode(Data(7, b"x")),
    "an answer": opening(1, b"/join", has_body=True) + encode(Answer(1, 200, ())),
    "credit of nothing": encode(Credit(0, 0)),
    "credit without end": encode(Credit(0, CREDIT_MAX)) * 2,
    "credit without end for a stream": opening(1, b"/join", has_body=True) + encode(Credit(1, CREDIT_MAX)) * 2,
    "two drains": encode(Drain()) * 2,
    "a stream after a drain": encode(Drain()) + opening(1),
    "a hello at any time": HELLO_THERE,
    "a registration at any time": registration(),
    "a refusal at any time": refusal(),
    "a target that is none": raw(0x06, 1, b'{"method":"GET","target":"http://h/","headers":[],"has_body":false}'),
    "a target of two lines": raw(0x06, 1, b'{"method":"GET","target":"/\\r\\nx: y","headers":[],"has_body":false}'),
    "a method of two words": raw(
        0x06, 1, b'{"method":"GET / HTTP/1.1\\r\\nx:","target":"/","headers":[],"has_body":false}'
    ),
    "a header of two lines": raw(
        0x06, 1, b'{"method":"GET","target":"/","headers":[["x","a\\r\\nb: c"]],"has_body":false}'
    ),
    "a header without a name": raw(0x06, 1, b'{"method":"GET","target":"/","headers":[["","a"]],"has_body":false}'),
    "escapes in a goodbye": raw(0x0F, 0, json.dumps({"reason": "leaving", "message": ESCAPES}).encode()),
    "escapes in a reason": raw(0x0F, 0, json.dumps({"reason": ESCAPES, "message": "x"}).encode()),
    "escapes in a reset": opening(1, b"/join", has_body=True) + raw(0x0A, 1, json.dumps({"reason": ESCAPES}).encode()),
}


async def data_for_a_stream_that_is_over(link: Link) -> None:
    """The room answers 413 before the body has ended, and what still comes of it is thrown away."""
    await link.register()
    await link.say(opening(1, b"/join", has_body=True))
    with flooding():
        for _ in range(5_000):
            await link.say(encode(Data(1, b"x" * DATA_BYTES_MAX)))
    link.close()


@contextmanager
def flooding(*, seconds: float = FLOOD_SECONDS) -> Iterator[None]:
    """As much as the host takes until it leaves, or for a while."""
    with suppress(ClientGone), trio.move_on_after(seconds):
        yield


async def streams_without_end_for_who_does_not_read(link: Link) -> None:
    """Credit for gigabytes is given, and nothing of what it is for is taken. So many at a time that each is answered."""
    await link.register()
    await link.say(encode(Credit(0, 2**30)))
    with flooding(seconds=2):
        for number in range(1, 10 * STREAMS_MAX, 50):
            await link.say(b"".join(opening(n, PAGE) + encode(Credit(n, 2**30)) for n in range(number, number + 50)))
            await trio.sleep(0.02)
    link.close()


async def heads_without_end_for_who_does_not_read(link: Link) -> None:
    """Answers without bodies need no credit."""
    await link.register()
    with flooding():
        for number in range(1, 100 * STREAMS_MAX, 100):
            await link.say(b"".join(encode(Open(number + n, "HEAD", PAGE, (), False)) for n in range(100)))
    link.close()


async def a_body_without_end(link: Link) -> None:
    """Credit comes back as a body is taken, so there is always some."""
    await link.register()
    headers = ((b"content-type", b"application/json"), (b"authorization", b"Bearer x"))
    stream = link.end.open("POST", b"/messages", headers, has_body=True)
    sent = 0
    with trio.fail_after(PATIENCE_SECONDS):
        while sent < 200_000_000 and link.end.is_open(stream):
            if count := link.end.sendable(stream):
                link.end.send_data(stream, b" " * count)
                sent += count
                await link.flush()
            else:
                await link.listen(1)
    assert sent < 10_000_000, "a body of any size was taken"
    link.close()


async def bodies_of_single_bytes(link: Link) -> None:
    await link.register()
    await link.say(b"".join(opening(number, b"/join", has_body=True) for number in range(1, 9)))
    for _ in range(200):
        await link.say(b"".join(encode(Data(number, b" ")) * 100 for number in range(1, 9)))
    link.close()


async def no_credit_at_all(link: Link) -> None:
    await link.register()
    streams = [await link.ask("GET", PAGE) for _ in range(500)]
    with trio.move_on_after(1):
        await link.hear_the_end()  # which does not come: all that comes is read, and no credit given for it
    assert link.end.is_live
    assert streams
    link.close()


async def pings_of_who_does_not_read(link: Link) -> None:
    await link.register()
    with flooding():
        while True:
            await link.say(encode(Ping(b"12345678")) * 1_000)
            await trio.lowlevel.checkpoint()
    link.close()


async def streams_that_are_over_as_soon_as_they_begin(link: Link) -> None:
    """CVE-2023-44487 of HTTP/2: what is reset is not counted, and costs all the same."""
    await link.register()
    number = 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(until_left, link, nursery.cancel_scope)
        with flooding():
            while True:
                pairs = []
                for _ in range(100):
                    number += 1
                    pairs.append(opening(number, PAGE) + encode(Reset(number, "gone")))
                await link.say(b"".join(pairs))
        nursery.cancel_scope.cancel()
    assert number >= 1_000
    link.close()


async def a_text(link: Link) -> None:
    await link.register()
    await link._send({"type": "websocket.send", "text": "frames are bytes"})
    await link.hear_the_end()


async def a_connection_that_just_ends(link: Link) -> None:
    await link.register()
    await link.ask("GET", PAGE)
    link.close()


FLOODS: list[Attack] = [
    data_for_a_stream_that_is_over,
    streams_without_end_for_who_does_not_read,
    heads_without_end_for_who_does_not_read,
    a_body_without_end,
    bodies_of_single_bytes,
    no_credit_at_all,
    pings_of_who_does_not_read,
    streams_that_are_over_as_soon_as_they_begin,
    a_text,
    a_connection_that_just_ends,
]
ATTACKS = (
    HANDSHAKES
    | {name: breaking(content) for name, content in BROKEN_RULES.items()}
    | {attack.__name__: attack for attack in FLOODS}
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedRoom]:
    with hosted_room(tmp_path_factory.mktemp("hosted")) as room:
        yield room
        assert room.daemon.stop() == 0
        log = room.log
        assert "Traceback" not in log
        assert "bug" not in log
        assert "\x1b" not in log
        assert "owned" not in log


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
async def test_an_attack_is_over_with_its_link_and_the_room_never_stops(attack: Attack, room: HostedRoom) -> None:
    async with scripted_broker(port=room.broker_port) as broker:
        link = await room.dials(broker)
        room.forget_peak()
        before_bytes = room.memory_bytes
        async with trio.open_nursery() as nursery:
            nursery.start_soon(room.answers_here)
            await attack(link)
            await room.answers_here()
        link.close()
        assert room.peak_bytes - before_bytes < MEMORY_BYTES_MAX
        await room.answers_through(broker)


# What a broker says of itself goes into cards, links and commands, or it is not taken at all.


@dataclass
class Told:
    """What a tunnel said of itself, in order."""

    said: list[tuple[str, ...]] = field(default_factory=list)
    _stirred: trio.Event = field(default_factory=trio.Event)

    def live(self, public_url: str, route_id: str | None) -> None:
        self._say("live", public_url)

    def lost(self, reason: str) -> None:
        self._say("lost", reason)

    def ended(self, outcome: str, code: str, message: str) -> None:
        self._say("ended", outcome, code, message)

    def _say(self, *words: str) -> None:
        self.said.append(words)
        self._stirred.set()
        self._stirred = trio.Event()

    async def until(self, word: str) -> tuple[str, ...]:
        """The last that was said, once it begins with `word`."""
        with trio.fail_after(PATIENCE_SECONDS):
            while not self.said or self.said[-1][0] != word:
                await self._stirred.wait()
        return self.said[-1]


@asynccontextmanager
async def tunnel_to(url: str, folder: Path, **more: Any) -> AsyncIterator[Told]:
    """A tunnel of a room of this process to the broker at `url`, until the context ends."""
    key = HostKey.load(folder / "host.key")
    told = Told()
    async with serving_here(Everything()) as port, trio.open_nursery() as nursery:
        target_url = f"http://127.0.0.1:{port}"
        nursery.start_soon(partial(keep_tunnel, url, SLUG, target_url=target_url, key=key, news=told, **more))
        yield told
        nursery.cancel_scope.cancel()


NO_URLS = [
    "javascript:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://rooms.example/lab",
    "HTTP://127.0.0.1/lab\u00a0",
    "//rooms.example/lab",
    "https:rooms.example",
    "https://",
    "",
    "http://rooms.example/lab",
    "http://169.254.169.254/latest",
    "http://localhost.rooms.example/lab",
    "http://127.0.0.1.rooms.example/lab",
    "https://rooms.example/$(reboot)",
    "https://rooms.example/`reboot`",
    'https://rooms.example/";reboot;"',
    "https://rooms.example/';reboot;'",
    "https://rooms.example/\\",
    "https://rooms.example/a b",
    "https://rooms.example/a|b",
    "https://rooms.example/a&b",
    "https://rooms.example/a;b",
    "https://rooms.example/a>b",
    "https://rooms.example/*",
    "https://rooms.example/{a,b}",
    "https://rooms.example/!!",
    "https://rooms.example/%24%28reboot%29",
    "https://rooms.example/?token=",
    "https://rooms.example/#/join/",
    "https://$(reboot)/",
    "https://-oProxyCommand=reboot/",
    "https://user@rooms.example/",
    "https://user:password@rooms.example/",
    "https://rooms.example:99999/",
    "https://rooms.example:/",
    "https://[1::2::3]/",
    "https://[::1/",
    "https://rööms.example/",
    "https://rooms.example/\u0430",
]


@pytest.mark.parametrize("public_url", NO_URLS)
async def test_a_url_that_nobody_should_type_is_handed_out_to_nobody(public_url: str, tmp_path: Path) -> None:
    async with scripted_broker() as broker, tunnel_to(broker.url, tmp_path) as told:
        link = await broker.next_link()
        await link.greet()
        await link.say(registration(public_url=public_url))
        said = await told.until("lost" if not public_url.isprintable() else "ended")
        link.close()
    assert told.said == [said]
    if said[0] == "ended":
        assert said[1:3] == ("refused", "not_a_broker")
    assert not public_url or public_url not in said[-1]


@pytest.mark.parametrize(
    "public_url",
    [
        "https://rooms.example/lab",
        "https://lab.rooms.example:8443",
        "https://[2001:db8::1]:443/a/b-c_d.e~f",
        "http://127.0.0.1:8799/lab",
        "http://[::1]:8799/lab",
        "http://localhost:8799/lab",
        "http://lab.rooms.localhost:8799",
    ],
)
async def test_a_url_as_brokers_have_them_is_handed_out(public_url: str, tmp_path: Path) -> None:
    async with scripted_broker() as broker, tunnel_to(broker.url, tmp_path) as told:
        link = await broker.next_link()
        await link.register(public_url=public_url)
        assert await told.until("live") == ("live", public_url)
        link.close()


@pytest.mark.parametrize("public_url", ["http://127.0.0.1:8799/lab", "http://localhost/lab"])
async def test_who_is_reached_by_tls_hands_out_nothing_without(
    public_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with (
        scripted_broker() as broker,
        tls_before(broker.port, authority.context("localhost")) as door,
        tunnel_to(f"https://localhost:{door}", tmp_path) as told,
    ):
        link = await broker.next_link()
        await link.hear(Hello)
        link.end.challenge(NONCE)
        await link.flush()
        await link.hear(Proof)
        await link.say(registration(public_url=public_url))
        assert (await told.until("ended"))[1:3] == ("refused", "not_a_broker")
        link.close()


@pytest.mark.parametrize("slug", ["other", "$(reboot)", "LAB", "lab ", "lab\u200b", "", "lab/../other"])
async def test_another_slug_than_the_one_that_was_asked_for_is_not_taken(slug: str, tmp_path: Path) -> None:
    async with scripted_broker() as broker, tunnel_to(broker.url, tmp_path) as told:
        link = await broker.next_link()
        await link.greet()
        await link.say(registration(route={"route_slug": slug}))
        said = await told.until("ended" if slug.isprintable() else "lost")
        assert slug == "" or slug not in said[-1].split()
        assert [words[0] for words in told.said] == [said[0]]
        link.close()


# What a broker does with a host that trusts it.


async def test_the_room_is_asked_for_nothing_more_when_a_body_overruns_its_credit() -> None:
    """A room that takes nothing of a body: its broker may send what it has credit for, and not a byte more."""

    async def take_nothing(stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, take_nothing, 0, host="127.0.0.1")
        [listener] = await nursery.start(serve)
        async with linked(room_port=listener.socket.getsockname()[1]) as one:
            await one.broker.say(opening(1, b"/join", has_body=True))

            async def flood() -> None:
                with suppress(ClientGone):
                    while True:
                        await one.broker.say(encode(Data(1, b"x" * DATA_BYTES_MAX)))
                        await trio.lowlevel.checkpoint()

            nursery.start_soon(flood)
            await one.end()
            assert "more data came than there was credit for" in one.host.reason
        nursery.cancel_scope.cancel()


class NeverAnswered:
    """A broker's connection on which nothing ever comes."""

    is_over = False

    async def send(self, content: bytes) -> None:
        await trio.lowlevel.checkpoint()

    async def receive(self) -> bytes:
        await trio.sleep_forever()
        raise AssertionError("it never ends")


async def test_a_broker_that_asks_for_no_sign_of_life_has_to_give_some(autojump_clock: trio.testing.MockClock) -> None:
    _, end = live()
    async with Origin("http://127.0.0.1:9") as origin:
        link = HostLink(
            end,
            NeverAnswered(),  # type: ignore[arg-type]
            origin,
            heartbeat_seconds=1e9,
            on_drain=lambda: None,
        )
        await link.keep(goodbye="leaving")
    assert link.reason == "the broker gave no sign of life"
    assert trio.current_time() <= 2 * HEARTBEAT_SECONDS_MAX + 5


def test_a_broker_may_ask_us_to_stay_away_for_a_while_and_not_for_years() -> None:
    assert 0 <= Comeback().next_seconds(now=0, at_least=1e9) <= ASKED_SECONDS_MAX + MOST_SECONDS
    assert 7 <= Comeback().next_seconds(now=0, at_least=7) <= 7 + MOST_SECONDS


@pytest.mark.parametrize(
    "say", [refusal(retry_after=0), registration(heartbeat_seconds=0), encode(Bye("leaving", "no"))]
)
async def test_a_broker_that_says_no_at_once_is_not_dialled_without_end(say: bytes, tmp_path: Path) -> None:
    async def greet(broker: ScriptedBroker) -> None:
        while True:
            link = await broker.next_link()
            await link.greet()
            await link.say(say)
            link.close()

    async with scripted_broker() as broker, trio.open_nursery() as nursery:
        nursery.start_soon(greet, broker)
        async with tunnel_to(broker.url, tmp_path, patience=Patience(first_seconds=1)) as told:
            assert (await told.until("ended"))[1:3] == ("given_up", "unreachable")
        assert 2 <= broker.dial_count < 30
        nursery.cancel_scope.cancel()


async def test_a_broker_that_drains_every_link_has_few_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps each of them open. Sockets that it makes the daemon hold would be missing for people on this machine."""
    monkeypatch.setattr(keep, "DRAINED_MAX", 2)
    async with scripted_broker() as broker, tunnel_to(broker.url, tmp_path) as told:
        links = []
        began = trio.current_time()
        for _ in range(5):
            link = await broker.next_link()
            await link.register()
            link.end.drain()
            await link.flush()
            links.append(link)
        await broker.next_link()
        assert trio.current_time() - began > 0.05  # six pauses, the longest up to 0.8 s: not all of them are nothing
        for oldest in links[:3]:
            assert (await oldest.hear(Bye)).reason == "leaving"
        for link in links:
            link.close()
        assert {words[0] for words in told.said} == {"live"}


@pytest.mark.parametrize("status", [301, 302, 307, 308, 403, 404, 405])
async def test_a_proxy_that_gets_in_the_way_of_a_live_tunnel_does_not_end_it(status: int, tmp_path: Path) -> None:
    async with scripted_broker() as broker, tunnel_to(broker.url, tmp_path) as told:
        link = await broker.next_link()
        await link.register()
        await told.until("live")
        broker.turn_away.extend([(status, b"<html>Please log in to this network</html>")] * 2)
        link.close()
        await told.until("lost")
        link = await broker.next_link()
        await link.register()
        await told.until("live")
        link.close()


@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_words_of_a_broker_of_old_are_shown_only_when_they_are_words(status: int, tmp_path: Path) -> None:
    said = json.dumps({"ok": False, "error": "bad", "message": ESCAPES, "retry_after": 1e9}).encode()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": said, "more_body": False})

    told = Told()
    async with serving_app(app) as url, Origin("http://127.0.0.1:9") as origin, trio.open_nursery() as nursery:

        async def relay() -> None:
            try:
                await keep_old_relay(url, SLUG, origin=origin, news=told)
            except Final as final:
                told.ended(final.outcome, final.code, final.message)

        nursery.start_soon(relay)
        if status != 500:
            assert (await told.until("ended"))[-1] == f"the broker says {status}"
        else:
            await wait_all_tasks_blocked(0.2)
        nursery.cancel_scope.cancel()
    assert all(word.isprintable() for words in told.said for word in words)
