"""The leases in the browser: who works where, live, and how a host takes a path back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.people import Somebody, enter
from tests.web.axe import findings
from tests.web.rooms import hosted

HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with hosted(tmp_path_factory.mktemp("home")) as host:
        yield host


def test_a_host_sees_who_works_where_and_takes_a_path_back(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    enter(page, host)
    page.get_by_role("button", name="Boards").click()
    boards = page.get_by_role("region", name="Boards")
    boards.get_by_role("tab", name="Leases").click()
    board = boards.get_by_role("tabpanel", name="Leases")
    expect(board.get_by_text("Nobody holds any path.")).to_be_visible()
    rev.ask("POST", "/leases", {"globs": ["src/", HOSTILE], "minutes": 90, "note": HOSTILE})
    row = board.get_by_role("listitem")
    expect(row.locator("code")).to_have_text(["src/**", HOSTILE])
    expect(row).to_contain_text(re.compile(r"held by rev for 1 h \d+ min more"))
    host.ask("POST", "/leases", {"globs": ["docs"], "minutes": 5})
    expect(board.get_by_role("button", name="Release")).to_be_visible()
    assert findings(page, parts=(".boards",)) == []
    board.get_by_role("button", name="Take back").click()
    expect(row).to_have_count(1)
    expect(board.locator(".leases")).to_be_focused()  # the row that had it is gone
    expect(row).to_contain_text(re.compile(r"yours for \d min more"))
    assert [lease["holder"] for lease in rev.ask("GET", "/leases")["leases"]] == ["ops"]
    assert page.title() != "1"
