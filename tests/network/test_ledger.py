"""The books find what they are kept for, and a real conversation through a breaking network balances them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trio

from agentgather.room.limits import RoomLimits
from agentgather.settings.shape import DaemonSettings, Settings
from tests.network.conversation import talking
from tests.network.ledger import Ledger
from tests.network.line import Answer, ConnectionLost
from tests.network.stalling import stalling_proxy, to_loopback
from tests.network.visitors import Poster, Waiter
from tests.rooms import RunningRoom, create, keep_room

LOG = [{"id": number, "text": f"p-{number}", "client_msg_id": f"p-{number}"} for number in (1, 2, 3)]


def ledger(**told: Any) -> Ledger:
    """The books of one poster and one waiter to whom all went well, but for what is `told`."""
    poster = Poster("", "p", "", acknowledged=told.pop("acknowledged", {"p-1": 1, "p-3": 3}))
    waiter = Waiter("", "w", "", heard=told.pop("heard", [2, 3]))
    assert not told
    return Ledger([poster], [waiter])


def test_books_that_are_right_say_nothing() -> None:
    assert ledger().audit(LOG) == []


@pytest.mark.parametrize(
    ("told", "log", "problem"),
    [
        pytest.param({"acknowledged": {"p-9": 4}}, LOG, "p-9 was acknowledged", id="a lost post"),
        pytest.param({"acknowledged": {"p-1": 2}}, LOG, "p-1 was acknowledged", id="a post under a wrong id"),
        pytest.param({}, [*LOG, {**LOG[0], "id": 4}], "p-1 is in the log 2 times", id="a doubled post"),
        pytest.param({}, [LOG[0], LOG[2]], "ids are not", id="a gap in the log"),
        pytest.param({"heard": [1, 3]}, LOG, "did not hear each", id="a record not told"),
        pytest.param({"heard": [2, 2, 3]}, LOG, "did not hear each", id="a record told twice"),
        pytest.param({"heard": [3, 2, 3]}, LOG, "did not hear each", id="records out of order"),
        pytest.param({"heard": [1, 2]}, LOG, "heard up to 2 of 3", id="a last word not told"),
        pytest.param({"heard": []}, LOG, "heard nothing", id="nothing told"),
    ],
)
def test_books_that_are_wrong_say_what_is(told: dict[str, Any], log: list[dict[str, Any]], problem: str) -> None:
    found = ledger(**told).audit(log)
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(Answer(502, {}, b"<html>Bad Gateway</html>"), "no error of ours", id="a proxy's page"),
        pytest.param(Answer(502, {}, b'{"error":"host_unavailable"}'), "no error of ours", id="a body cut short"),
        pytest.param(Answer(500, {}, b'{"ok":false,"error":"oops","message":""}'), "unknown code", id="a new code"),
    ],
)
def test_an_error_that_is_not_stable_is_found(answer: Answer, problem: str) -> None:
    books = ledger()
    books.waiters[0].troubles.note(answer)
    assert problem in books.audit(LOG)[0]


def test_a_lost_connection_is_found_unless_it_may_be() -> None:
    books = ledger()
    books.posters[0].troubles.lose(ConnectionLost("…"))
    assert "lost connections" in books.audit(LOG)[0]
    assert books.audit(LOG, may_lose_connections=True) == []


ROOMY = Settings(
    room=RoomLimits(posts_per_minute=100_000, writes_per_minute=100_000, loop_posts_max=100_000),
    daemon=DaemonSettings(port=0),
)
"""What a room has to allow when everybody talks at once."""


async def test_nothing_is_lost_or_doubled_when_visitors_lose_their_connections(tmp_path: Path) -> None:
    async with trio.open_nursery() as nursery:
        room: RunningRoom = await nursery.start(keep_room, tmp_path, create(tmp_path), ROOMY)
        port = urlsplit(room.url).port
        assert port is not None
        async with stalling_proxy(to_loopback(port)) as proxy:
            guests = [await room.invite(f"{kind}{number}") for kind in "pw" for number in range(3)]
            posters = [Poster(proxy.url, one.alias, one.token) for one in guests[:3]]
            waiters = [Waiter(proxy.url, one.alias, one.token) for one in guests[3:]]
            proxy.delay(0.01)  # so that there is a question or an answer on the way whenever it breaks
            async with talking(
                posters, waiters, home=tmp_path, pace_seconds=0, may_lose_connections=True
            ) as conversation:
                for harm in (proxy.reset, proxy.drop, proxy.stall, proxy.refuse) * 3:
                    await conversation.more(4)
                    await conversation.answer_on_its_way()
                    harm()
                    if harm == proxy.drop:
                        proxy.reset()  # or they would wait for an answer from a black hole
                    proxy.restore()
                await conversation.more(4)
            assert all(poster.troubles.losses for poster in posters)
            assert sum(poster.repeats for poster in posters) > 0, "no answer was lost, only questions"
        await room.stop()
        nursery.cancel_scope.cancel()
