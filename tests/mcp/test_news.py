"""Who subscribed is told, and whoever takes nothing keeps nobody waiting: the end of its token is to be heard too."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
import trio
from trio.testing import MockClock

from agentgather.client.answers import read_record
from agentgather.mcp.news import BRIEF, CARD, INBOX, STATUS, TAKE_SECONDS, News, changed_by


class Connection:
    """What the SDK has of a connection: `told` is what went out, unless its client is deaf or gone."""

    client_params = None

    def __init__(self, *, is_deaf: bool = False, is_gone: bool = False) -> None:
        self.is_deaf, self.is_gone = is_deaf, is_gone
        self.told: list[str] = []

    async def send_resource_updated(self, uri: str) -> None:
        if self.is_gone:
            raise anyio.ClosedResourceError
        if self.is_deaf:
            await trio.sleep_forever()
        self.told.append(uri)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (None, {INBOX}),
        ("task.added", {INBOX, STATUS}),
        ("participant.joined", {STATUS}),
        ("brief.changed", {INBOX, STATUS, BRIEF, CARD}),
        ("policy.set", {INBOX, STATUS, CARD}),
        ("room.closed", {INBOX, STATUS, CARD}),
    ],
)
def test_a_record_changes_what_is_read_of_it(kind: str | None, changed: set[str]) -> None:
    record: dict[str, Any] = {"id": 2, "ts": "t", "from": "system", "type": "system", "text": "so it is"}
    event = {} if kind is None else {"event": {"kind": kind}}
    assert changed_by([read_record(record | event)], me="bob") == changed


async def test_a_client_that_takes_nothing_is_told_no_more(autojump_clock: MockClock) -> None:
    news = News()
    deaf, gone, well = ([Connection(is_deaf=True) for _ in range(8)], Connection(is_gone=True), Connection())
    everybody: list[Any] = [*deaf, gone, well]
    for one in everybody:
        news.subscribe(one, INBOX)
        news.subscribe(one, BRIEF)
    with trio.fail_after(TAKE_SECONDS + 1):
        await news.tell({INBOX})
        await news.tell({BRIEF})
    assert well.told == [INBOX, BRIEF]
    for uri in (INBOX, BRIEF):
        news.unsubscribe(everybody[-1], uri)
    assert not news.is_wanted
