"""What axe-core finds in the dialogs of the room, by day and by night: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter
from tests.web.axe import findings
from tests.web.rooms import choose, hosted

Open = Callable[[Page], object]


def invited(page: Page) -> None:
    """The dialog that hands a link over."""
    dialog = choose(page, "Invite somebody")
    dialog.get_by_label("Alias").fill(page.evaluate("`p${crypto.randomUUID()}`"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Done")).to_be_visible()


def previewed(page: Page) -> None:
    choose(page, "Edit the brief").get_by_role("button", name="Preview").click()


PARTS = (".header", ".side", ".paused", "dialog")  # what this file is about
DIALOGS: dict[str, Open] = {
    "menu": lambda page: page.get_by_role("button", name="Room", exact=True).click(),
    "about": lambda page: choose(page, "About"),
    "invite": lambda page: choose(page, "Invite"),
    "handing": invited,
    "brief": lambda page: choose(page, "Edit the brief"),
    "preview": previewed,
    "policy": lambda page: choose(page, "Attendance"),
    "time": lambda page: choose(page, "Time"),
    "export": lambda page: choose(page, "Export"),
    "close": lambda page: choose(page, "Close"),
    "seat": lambda page: page.locator(".roster").get_by_role("button", name="rev").click(),
    "changes": lambda page: page.locator(".brief").get_by_text("What changed").click(),
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    home: Path = tmp_path_factory.mktemp("home")
    with hosted(home, "--ttl", "10m") as host:
        rev = host.invite("rev", "agent")
        rev.ask("POST", "/join", {})
        host.invite("dev", "agent")
        host.ask("POST", "/brief", {"body": "Something **else**.\n\n- @rev reviews"})
        for number in range(30):
            rev.say(f"step {number}")
        yield host


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens_over_the_room(
    browser: Browser, host: Somebody, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(color_scheme=scheme, reduced_motion="reduce") as context, context.new_page() as page:
        found = {}
        for name, show in DIALOGS.items():
            enter(page, host)
            show(page)
            found[name] = findings(page, parts=PARTS)
            page.goto("about:blank")
        assert {name: lines for name, lines in found.items() if lines} == {}
