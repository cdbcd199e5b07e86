from __future__ import annotations

import io
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentgather.cli.live_line import LiveLine, here, published, summary, time_left
from agentgather.publishing import Tunnel
from tests.rooms import RunningRoom

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(hours=23, minutes=59, seconds=59), "23h59m"),
        (timedelta(minutes=1), "1m"),
        (timedelta(seconds=59, milliseconds=900), "59s"),
        (timedelta(seconds=-4), "0s"),
        (timedelta(days=2), "2d"),
    ],
)
def test_the_time_left_changes_no_more_often_than_it_must(left: timedelta, shown: str) -> None:
    assert time_left(NOW + left, now=NOW) == shown


def test_a_crowd_is_named_in_part() -> None:
    assert here([]) == "nobody here yet"
    assert here(["amy", "bob"]) == "here: amy, bob"
    assert here([f"p{number}" for number in range(10)]) == "here: p0, p1, p2, p3, p4, p5, p6, p7 and 2 more"


def test_a_tunnel_says_where_it_leads_or_why_nowhere() -> None:
    tunnel = Tunnel("https://rooms.example", "lab", "http://127.0.0.1:8787")
    assert published(tunnel) == "not published yet: the broker says nothing"
    tunnel.trouble = "nobody answers\x1b[2J"
    assert "nobody answers" in published(tunnel)
    assert "\x1b" not in published(tunnel)
    tunnel.public_url, tunnel.is_live, tunnel.trouble = "https://rooms.example/lab", True, None
    assert published(tunnel) == "published at https://rooms.example/lab"
    tunnel.is_live, tunnel.trouble = False, "the link broke"
    assert published(tunnel) == "reconnecting: the link broke"
    tunnel.is_over, tunnel.trouble = True, "the operator closed this route"
    assert published(tunnel) == "no longer published: the operator closed this route"


async def test_a_room_says_who_is_here_what_was_said_and_how_long_it_stays(room: RunningRoom) -> None:
    amy = await room.invite("amy")
    await amy.post("/join")
    await amy.say("hello")
    (live,) = [one.room for one in room.daemon.house]
    assert summary([live]) == "here: ops, amy  1 message"
    await room.host.post("/extend", {"ttl": "2h"})
    assert summary([live]) == "here: ops, amy  1 message  1h59m left"
    await room.host.post("/close")
    assert summary([live]) == "here: ops, amy  1 message  closed: everything stays readable"
    assert summary([live, live]) == "2 rooms  4 here  2 messages"


def test_the_line_is_rewritten_only_when_its_words_change() -> None:
    stream = io.StringIO()
    line = LiveLine(stream)
    for text in ("one", "one", "two"):
        line.show(text)
    assert stream.getvalue() == "\r\x1b[Kone\r\x1b[Ktwo"


def test_a_log_line_finds_the_place_empty_and_the_line_comes_back() -> None:
    stream = io.StringIO()
    line = LiveLine(stream)
    line.show("one")
    assert line.make_room(logging.makeLogRecord({})) is True
    line.clear()
    line.show("one")
    assert stream.getvalue() == "\r\x1b[Kone\r\x1b[K\r\x1b[Kone"


def test_a_line_never_wraps(tmp_path: Path) -> None:
    with (tmp_path / "not-a-terminal").open("w+", newline="") as stream:
        LiveLine(stream).show("x" * 500)
        stream.seek(0)
        assert len(stream.read().removeprefix("\r\x1b[K")) == 79
