"""A proxy and a broker agree on where a request ends: nobody's request is cut in two, and nobody hears another's answer.

Everybody on the way reads HTTP: the proxy, the broker, `tunnel run`, and the room's own server. After each probe its own
connection and others ask for something that only they ask for. Which requests reached the room, its own log tells in the
end: a hidden one may have, but only if its sender was answered twice, as for two requests.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hyperframe.frame import Frame, GoAwayFrame, HeadersFrame, RstStreamFrame

from tests.journeys.proxied_rooms import ProxiedRoom, proxied_room
from tests.journeys.proxies import NAMES, Name
from tests.serving.process import Answer, Caller
from tests.vectors.smuggling_probes import Smuggling, http_2_probes, smuggling_probes

SILENCE_SECONDS = 0.4  # then nothing more comes: what was said so far is being waited for the rest of
ANYTHING_MORE_SECONDS = 0.05  # after the last answer there is nothing to be waited for
MESSAGES = 20  # each canary asks for another one of them
NO_LIMITS = ("--requests-per-minute", "1000000", "--strangers-per-minute", "1000000")


@dataclass
class Played:
    """What came of a probe: the answers to it, whatever is wrong, and how its requests are called in logs."""

    probe: Smuggling
    number: int
    answers: list[int] = field(default_factory=list)

    def is_of(self, path: str) -> bool:
        return path.endswith(f"-{self.number:03d}")


class Canaries:
    """Requests that each have an answer of their own."""

    def __init__(self, room: ProxiedRoom) -> None:
        self._room = room
        self._number = 0

    def next(self) -> tuple[int, bytes]:
        """A message's id, and the request for it."""
        self._number = self._number % MESSAGES + 1
        lines = [
            f"GET /lab/messages/{self._number} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {self._room.token}",
        ]
        return self._number, "\r\n".join(lines).encode() + b"\r\n\r\n"

    def check_on_others(self) -> str | None:
        """What is wrong with what others hear, if anything. Several: a proxy keeps some connections to the broker."""
        for _ in range(3):
            number, request = self.next()
            with self._room.proxy.call() as caller:
                caller.send(request)
                answer = caller.answer()
            if answer.status != 200 or _message_of(answer) != number:
                return f"another visitor asked for {number} and heard {answer}"
        return None


@pytest.fixture(scope="module", params=NAMES)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedRoom]:
    name: Name = request.param
    debug = ("--log-level", "debug", "--posts-per-minute", "1000000")
    with proxied_room(
        name,
        tmp_path_factory.mktemp(name),
        has_tunnel_beside=True,
        broker_flags=NO_LIMITS,
        room_flags=debug,
    ) as it:
        for number in range(MESSAGES):
            assert it.ask("POST", "/messages", {"text": f"canary {number}"})["ok"]
        yield it


@pytest.mark.timeout(600)
def test_no_probe_hides_a_request_or_mixes_up_answers(room: ProxiedRoom) -> None:
    """Every probe through the proxy, and those of HTTP/1.1 to the broker itself."""
    canaries = Canaries(room)
    troubles: list[str] = []
    played: list[Played] = []
    number = 0
    for way in ("proxy", "broker"):
        for probe in [*smuggling_probes(), *(http_2_probes() if way == "proxy" else [])]:
            number += 1
            one = Played(probe, number)
            played.append(one)
            with _connection(room, way, probe) as caller:
                trouble = _play(one, caller, canaries) or canaries.check_on_others()
            if trouble:
                troubles.append(f"{probe.name}, {way}: {trouble}")
    assert number > 300
    assert room.room.stop() == 0
    assert room.broker.process.poll() is None
    arrived = [str(line["path"]) for line in room.room.logged() if line.get("event") == "answered"]
    assert sum("outer-" in path for path in arrived) > 20, (
        "most probes are refused, but not all: the paths have to be seen"
    )
    for one in played:
        hidden = [path for path in arrived if path.startswith("/inner-") and one.is_of(path)]
        if hidden and len(one.answers) < 2:
            troubles.append(f"{one.probe.name}: {hidden} arrived, and its sender was answered {one.answers}")
    assert not troubles, "\n".join(troubles)


@contextmanager
def _connection(room: ProxiedRoom, way: str, probe: Smuggling) -> Iterator[Caller]:
    with (
        Caller(room.broker_port)
        if way == "broker"
        else room.proxy.call(protocol="h2" if probe.is_http_2 else "http/1.1")
    ) as caller:
        caller.socket.settimeout(SILENCE_SECONDS)
        yield caller


def _play(one: Played, caller: Caller, canaries: Canaries) -> str | None:
    """Say the probe and, behind it, a canary; what is wrong with what is heard, if anything."""
    number, canary = canaries.next()
    with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):  # refused before it was all said
        caller.send(one.probe.sent(one.number))
        if not one.probe.is_http_2:
            caller.send(canary)
    if one.probe.is_http_2:
        one.answers = [1] * _h2_answers(caller)
        return None if len(one.answers) <= 1 else f"one request, {len(one.answers)} answers"
    canary_count = 0
    for answer in _answers(caller):
        message = _message_of(answer)
        if message is None:
            one.answers.append(answer.status or 0)
        elif message == number and canary_count == 0:
            canary_count = 1
        else:
            return f"asked for {number} and heard {answer}"
        if canary_count and message is None:
            return f"heard {answer} after the last answer"
        if answer.headers.get("connection") == "close":
            return None
        if canary_count:
            caller.socket.settimeout(ANYTHING_MORE_SECONDS)
    return None


def _answers(caller: Caller) -> Iterator[Answer]:
    """Every answer until the connection ends or falls silent. Raises for one that is torn or none."""
    while True:
        try:
            answer = caller.answer()
        except (TimeoutError, ssl.SSLError):
            return
        except (IndexError, ValueError):  # nginx answers HTTP/0.9 as its like wants it: without a head
            yield Answer(9, {"connection": "close"}, b"")
            return
        if answer.status is None:
            return
        yield answer


def _message_of(answer: Answer) -> int | None:
    """The id of the message that the answer is, None when it is something else."""
    try:
        body: Any = answer.json
    except ValueError:
        return None
    message = body.get("message") if isinstance(body, dict) else None
    return int(message["id"]) if isinstance(message, dict) else None


def _h2_answers(caller: Caller) -> int:
    """How many streams were answered before the connection fell silent, or the only one was over."""
    count = 0
    with suppress(TimeoutError, ssl.SSLError, ConnectionResetError):
        while len(head := caller.read_exactly(9)) == 9:
            frame, length = Frame.parse_frame_header(memoryview(head))
            caller.read_exactly(length)
            count += isinstance(frame, HeadersFrame)
            if isinstance(frame, GoAwayFrame | RstStreamFrame) or "END_STREAM" in frame.flags:
                break
    return count
