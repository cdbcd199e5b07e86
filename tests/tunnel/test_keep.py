"""A tunnel from its first dial to its end: what a broker says, by hand over a real WebSocket, decides what becomes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio

from agentgather.tunnel import keep
from agentgather.tunnel.keep import Patience, keep_tunnel
from agentgather.tunnel.keys import HostKey
from agentgather.wire import faults
from agentgather.wire.frames import Answer, Bye, Data, Drain, End, Hello, Refused
from tests.serving.apps import Everything
from tests.serving.process import ROOT, serving_here
from tests.tunnel.broker import PATIENCE_SECONDS, SLUG, Link, ScriptedBroker, scripted_broker

OK = b'{"ok":true}\n'
USUAL = Patience()


@dataclass
class Heard:
    """The news of a tunnel, in order."""

    told: list[tuple[str, ...]] = field(default_factory=list)
    _more: trio.Event = field(default_factory=trio.Event)

    def live(self, public_url: str, route_id: str | None) -> None:
        self._tell("live", public_url, str(route_id))

    def lost(self, reason: str) -> None:
        self._tell("lost", reason)

    def ended(self, outcome: str, code: str, message: str) -> None:
        self._tell("ended", outcome, code, message)

    def _tell(self, *news: str) -> None:
        self.told.append(news)
        self._more.set()
        self._more = trio.Event()

    @property
    def kinds(self) -> list[str]:
        return [news[0] for news in self.told]

    async def until(self, kind: str, *, count: int = 1) -> tuple[str, ...]:
        """The news of a kind, once it was told so often."""
        with trio.fail_after(PATIENCE_SECONDS):
            while self.kinds.count(kind) < count:
                await self._more.wait()
        return [news for news in self.told if news[0] == kind][count - 1]


@dataclass
class Kept:
    broker: ScriptedBroker
    news: Heard
    room_port: int
    scope: trio.CancelScope
    over: trio.Event

    async def live(self, **changed: Any) -> Link:
        """The tunnel's next link, registered, and everybody on this machine has heard of it."""
        count = self.news.kinds.count("live")
        link = await self.broker.next_link()
        await link.register(**changed)
        await self.news.until("live", count=count + 1)
        return link

    async def ends(self) -> tuple[str, ...]:
        """Return once the tunnel has returned; its last news."""
        with trio.fail_after(PATIENCE_SECONDS):
            await self.over.wait()
        return self.news.told[-1]


@asynccontextmanager
async def tunnel(
    folder: Path,
    *,
    patience: Patience = USUAL,
    target: Callable[[int], Any] = lambda port: f"http://127.0.0.1:{port}",
    goodbye: str = faults.LEAVING,
) -> AsyncIterator[Kept]:
    """A tunnel that is kept, and its broker and room."""
    key = HostKey.load(folder / "host.key")
    async with serving_here(Everything()) as port, scripted_broker() as broker, trio.open_nursery() as nursery:
        kept = Kept(broker, Heard(), port, trio.CancelScope(), trio.Event())

        async def run() -> None:
            with kept.scope:
                await keep_tunnel(
                    broker.url,
                    SLUG,
                    target_url=target(port),
                    key=key,
                    news=kept.news,
                    patience=patience,
                    goodbye=goodbye,
                )
            kept.over.set()

        nursery.start_soon(run)
        yield kept
        nursery.cancel_scope.cancel()


async def refuse(link: Link, code: str, *, after_proof: bool = True, retry_after: float | None = None) -> None:
    if after_proof:
        await link.greet()
    else:
        await link.hear(Hello)
    link.end.refuse(Refused(code, "the broker's own words", retry_after))
    await link.flush()
    await link.hear_the_end()
    link.close()


async def test_visitors_are_answered_under_the_public_url(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        link = await kept.live(public_url="https://rooms.example/lab")
        assert await kept.news.until("live") == ("live", "https://rooms.example/lab", "rte_AAAAAAAAAAAAAAAA")
        stream = await link.ask("GET", b"/")
        assert await link.answer(stream) == (200, OK)


async def test_the_home_is_known_again_by_its_key(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        link = await kept.broker.next_link()
        first = await link.register()
        link.close()
        again = await (await kept.broker.next_link()).register()
        assert again.key == first.key == HostKey.load(tmp_path / "host.key").public


@pytest.mark.parametrize("after_proof", [True, False])
@pytest.mark.parametrize("code", sorted(keep.FINAL))
async def test_a_no_that_will_not_change_is_the_end(code: str, after_proof: bool, tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        await refuse(await kept.broker.next_link(), code, after_proof=after_proof)
        assert await kept.ends() == ("ended", "refused", code, "the broker's own words")
        assert kept.broker.dial_count == 1


@pytest.mark.parametrize("code", ["rate_limited", "link_limit", "host_unavailable", "internal_error", "never_heard_of"])
async def test_a_no_that_may_pass_is_asked_again(code: str, tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        await refuse(await kept.broker.next_link(), code)
        await kept.live()
        assert kept.news.kinds == ["lost", "live"]
        assert kept.news.told[0] == ("lost", "the broker's own words")


async def test_who_is_told_when_to_come_again_does_not_come_before(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        await refuse(await kept.broker.next_link(), "rate_limited", retry_after=0.5)
        began = trio.current_time()
        await kept.live()
        assert trio.current_time() - began > 0.4


async def test_a_final_no_may_also_come_in_place_of_a_link(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        link = await kept.live()
        body = {"ok": False, "error": "registration_closed", "message": "not now"}
        kept.broker.turn_away.append((403, json.dumps(body).encode()))
        link.close()
        assert (await kept.ends())[:3] == ("ended", "refused", "registration_closed")


async def test_what_is_no_broker_is_not_dialled_for_long(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        kept.broker.turn_away.append((404, b"<html>not here</html>"))  # before anybody has had a turn to dial
        assert (await kept.ends())[:3] == ("ended", "refused", "not_a_broker")


async def test_a_slug_that_was_ours_may_seem_taken_for_a_while(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        (await kept.live()).close()
        for _ in range(3):
            await refuse(await kept.broker.next_link(), "route_slug_taken")
        await kept.live()
        assert kept.news.kinds == ["live", "lost", "live"]


async def test_a_slug_that_stays_taken_is_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "TAKEN_SECONDS", 0.2)
    async with tunnel(tmp_path) as kept:
        (await kept.live()).close()
        while not kept.over.is_set():
            with trio.move_on_after(0.5):
                await refuse(await kept.broker.next_link(), "route_slug_taken")
        assert (await kept.ends())[:3] == ("ended", "refused", "route_slug_taken")


@pytest.mark.parametrize("reason", sorted(keep.FINAL_BYES))
async def test_a_goodbye_for_good_is_the_end(reason: str, tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        link = await kept.live()
        link.end.bye(reason, "words of the broker")
        await link.flush()
        link.close()
        assert (await kept.ends())[:3] == ("ended", "refused", reason)
        assert kept.broker.dial_count == 1


@pytest.mark.parametrize("reason", ["route_expired", "leaving", "silent", "protocol_broken"])
async def test_any_other_goodbye_is_until_soon(reason: str, tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        link = await kept.live()
        link.end.bye(reason, "words of the broker")
        await link.flush()
        link.close()
        await kept.live()
        assert kept.news.kinds == ["live", "lost", "live"]


async def test_a_link_that_breaks_again_and_again_comes_back_each_time(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        for _ in range(10):
            (await kept.live()).close()
        link = await kept.live()
        stream = await link.ask("GET", b"/")
        assert await link.answer(stream) == (200, OK)
        assert kept.news.kinds == ["live", "lost"] * 10 + ["live"]


async def test_a_drained_link_finishes_beside_its_successor(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        first = await kept.live()
        held = await first.ask("GET", b"/stream")
        assert (await first.hear(Data)).content == b"data: 1\n\n"
        first.end.drain()
        await first.flush()
        second = await kept.live()
        opening = await second.ask("POST", b"/open")
        assert await second.answer(opening) == (200, OK)
        assert (await first.hear(Data)).content == b"data: 2\n\n"
        assert (await first.hear(End)).stream == held
        first.end.bye("replaced", "the broker is gone")  # of the old link: it means nothing to the new one
        await first.flush()
        first.close()
        stream = await second.ask("GET", b"/")
        assert await second.answer(stream) == (200, OK)
        assert not kept.over.is_set()


async def test_a_broker_that_never_was_there_is_given_up(tmp_path: Path) -> None:
    news, key = Heard(), HostKey.load(tmp_path / "host.key")
    async with scripted_broker() as gone:
        pass
    began = trio.current_time()
    with trio.fail_after(PATIENCE_SECONDS):
        patience = Patience(first_seconds=0.5)
        await keep_tunnel(gone.url, SLUG, target_url="http://127.0.0.1:1", key=key, news=news, patience=patience)
    assert trio.current_time() - began > 0.4
    assert news.kinds == ["lost", "ended"]
    assert news.told[-1][1:3] == ("given_up", "unreachable")


async def test_a_broker_that_was_there_is_waited_for_much_longer(tmp_path: Path) -> None:
    async with tunnel(tmp_path, patience=Patience(first_seconds=0.01)) as kept:
        (await kept.live()).close()
        kept.broker.turn_away.extend([(503, b"")] * 8)
        await kept.live()
        assert "ended" not in kept.news.kinds


@pytest.mark.parametrize(
    "url", ["http://rooms.example", "http://10.0.0.1:8799", "http://0.0.0.0", "http://127.evil.example"]
)
async def test_nothing_is_dialled_where_others_could_read_along(url: str, tmp_path: Path) -> None:
    news, key = Heard(), HostKey.load(tmp_path / "host.key")
    with trio.fail_after(1):
        await keep_tunnel(url, SLUG, target_url="http://127.0.0.1:1", key=key, news=news)
    assert [told[:3] for told in news.told] == [("ended", "refused", "insecure_remote")]


async def test_a_room_that_moved_to_another_port_is_found(tmp_path: Path) -> None:
    async with serving_here(Everything()) as moved:
        where: list[int] = []

        def target(port: int) -> Callable[[], str]:
            where.append(port)
            return lambda: f"http://127.0.0.1:{where[-1]}"

        async with tunnel(tmp_path, target=target) as kept:
            link = await kept.live()
            first = await link.ask("GET", b"/stream")
            await link.hear(Data)
            where.append(moved)
            second = await link.ask("GET", b"/open")
            assert await link.answer(second) == (200, OK)  # the other room's gate is still shut
            assert first in link.end.open_streams


@pytest.mark.parametrize("goodbye", [faults.LEAVING, faults.ROUTE_CLOSED])
async def test_a_tunnel_that_is_stopped_says_what_it_means(goodbye: str, tmp_path: Path) -> None:
    async with tunnel(tmp_path, goodbye=goodbye) as kept:
        link = await kept.live()
        await kept.news.until("live")
        kept.scope.cancel()
        await link.hear(Drain)
        assert (await link.hear(Bye)).reason == goodbye
        with trio.fail_after(PATIENCE_SECONDS):
            await kept.over.wait()
        assert "ended" not in kept.news.kinds


async def test_a_hangup_means_to_dial_now(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        await refuse(await kept.broker.next_link(), "rate_limited", retry_after=600)
        await kept.news.until("lost")
        os.kill(os.getpid(), signal.SIGHUP)
        await kept.live()


# A tunnel to nowhere with a terminal of its own; it says when it listens to signals, and how it ended.
IN_A_TERMINAL = """
import fcntl, signal, sys, termios
from pathlib import Path
import trio
from agentgather.signals import stop_on_signal
from agentgather.tunnel.keep import keep_tunnel
from agentgather.tunnel.keys import HostKey

fcntl.ioctl(0, termios.TIOCSCTTY, 0)

class News:
    live = lambda *_: None
    ended = lambda *_: None
    def lost(self, reason):
        print("listening", file=sys.stderr, flush=True)

class Stop:
    def stop(self):
        print("stopped", file=sys.stderr, flush=True)
        nursery.cancel_scope.cancel()

async def main():
    global nursery
    async with trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal, Stop())
        key = HostKey.load(Path(sys.argv[1]))
        await keep_tunnel("http://127.0.0.1:1", "lab", target_url="http://127.0.0.1:1", key=key, news=News())

trio.run(main)
"""


def test_a_terminal_that_is_closed_ends_what_ran_in_it(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, str(tmp_path / "host.key")],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "listening\n"
        process.send_signal(signal.SIGHUP)  # somebody's, while the terminal is there: it goes on
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        os.close(ours)
        assert process.communicate(timeout=PATIENCE_SECONDS) == (None, "stopped\n")
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


async def test_the_head_of_an_answer_is_the_rooms(tmp_path: Path) -> None:
    async with tunnel(tmp_path) as kept:
        link = await kept.live()
        stream = await link.ask("POST", b"/echo", body=b"said", headers=[(b"content-type", b"text/plain")])
        head = await link.hear(Answer)
        assert (head.stream, head.status) == (stream, 200)
        assert (b"content-type", b"application/json") in head.headers
