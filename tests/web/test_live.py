"""Whatever happens between a page and its room, the page says so in time, comes back by itself, and has missed nothing."""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

from playwright.sync_api import BrowserContext, Page, TimeoutError, expect

from tests.cli.terminal import tell
from tests.journeys.people import Somebody, message
from tests.web.collecting import collecting_proxy
from tests.web.rooms import serving
from tests.web.tabs import Streams, open_tab, shows_all

HELD_WAITS_MAX = 8  # a participant's
PATIENCE_SECONDS = 5


def announced(page: Page, how: str = "polite") -> list[str]:
    """What a screen reader was told of the connection."""
    said: list[str] = page.locator(f"[data-announced={how}] p").all_inner_texts()
    return [line for line in said if "onnected" in line or "closed" in line]


def test_a_room_that_dies_is_missed_after_a_while_and_its_return_is_told_without_gap_or_double(
    context: BrowserContext, tmp_path: Path
) -> None:
    assert tell(tmp_path, "room", "start", "harbor", "--alias", "ops").code == 0
    token = json.loads((tmp_path / "current-room.json").read_text())["token"]
    with serving(tmp_path) as first:
        host = Somebody(first.url, token)
        rev = host.invite("rev", "agent")
        tabs = [open_tab(context, host) for _ in range(2)]
        rev.say("before")
        for tab in tabs:
            shows_all(tab, host)
        first.stop(signal.SIGKILL)
    died_at = monotonic()
    for tab in tabs:
        banner = tab.locator(".banner")
        expect(banner).to_contain_text("Not connected: the ")
        expect(banner).to_contain_text(re.compile(r"Trying again in \d+ s\."))
        assert monotonic() - died_at > PATIENCE_SECONDS - 1
        tab.wait_for_timeout(3000)  # several tries, of which nobody is told
        assert len(announced(tab)) == 1
    with serving(tmp_path, "room", "serve", "--port", first.url.rpartition(":")[2]):
        for number in range(3):  # fewer than the lines that the announcer keeps
            rev.say(f"while nobody listened {number}")
        with suppress(TimeoutError):  # a machine that is slow to click finds it back already
            tabs[1].get_by_role("button", name="Retry now").click(timeout=5_000)  # the other tab has the stream
        for tab in tabs:
            shows_all(tab, host)
            expect(tab.locator(".banner")).to_contain_text("Connected again")
            expect(tab.locator(".banner")).to_be_hidden(timeout=8_000)
            assert announced(tab)[-1] == "Connected again."
        host.ask("POST", "/close", {})
        for tab in tabs:
            expect(tab.locator(".banner")).to_contain_text("This room is closed")
            assert len(announced(tab, "assertive")) == 1


def test_a_page_without_network_comes_back_to_everything(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    page = open_tab(context, host)
    context.set_offline(True)
    expect(page.locator(".banner")).to_contain_text("Not connected")
    for number in range(3):
        rev.say(f"line {number}")
    expect(message(page, "line 0")).to_have_count(0)
    context.set_offline(False)
    shows_all(page, host, within_seconds=10)  # the network is back: no pause is waited for
    rev.say("and on it goes")
    shows_all(page, host)


def test_behind_a_proxy_that_collects_the_room_is_heard_by_waits(context: BrowserContext, host: Somebody) -> None:
    waits: list[str] = []
    context.on("request", lambda request: waits.append(request.url) if "/wait?" in request.url else None)
    rev = host.invite("rev", "agent")
    with collecting_proxy(host.url) as url:
        page = open_tab(context, replace(host, url=url))
        rev.say("heard all the same")
        shows_all(page, host)
        rev.say("and at once")
        shows_all(page, host, within_seconds=5)
        assert len(waits) >= 2
        expect(page.locator(".banner")).to_be_hidden()
        host.ask("POST", "/close", {})
        expect(page.locator(".banner")).to_contain_text("This room is closed")


def test_a_tab_for_which_the_room_has_no_place_hears_it_all_the_same(context: BrowserContext, host: Somebody) -> None:
    streams, rev = Streams.of(context), host.invite("rev", "agent")
    with ExitStack() as others:
        for _ in range(HELD_WAITS_MAX):
            headers = {"Authorization": f"Bearer {host.token}"}
            others.enter_context(urllib.request.urlopen(urllib.request.Request(host.url + "/events", headers=headers)))
        page = open_tab(context, host)
        for number in range(2):
            rev.say(f"line {number}")
            shows_all(page, host)
        expect(page.locator(".banner")).to_be_hidden()
    before = streams.begun
    rev.say("there is a place again")
    shows_all(page, host)
    assert streams.begun <= before + 3  # it tries for a place, and does not ask without pause


def test_after_sleep_a_connection_that_missed_a_sign_is_replaced_at_once(
    context: BrowserContext, host: Somebody
) -> None:
    streams, rev = Streams.of(context), host.invite("rev", "agent")
    page = open_tab(context, host)
    rev.say("before")
    shows_all(page, host)
    # an hour passes for the page's clock and for nothing else, as while its machine sleeps
    with page.expect_request("**/events?*"):
        page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 3_600_000; })()")
    rev.say("after")
    shows_all(page, host)
    assert streams.begun == 2
    expect(page.locator(".banner")).to_be_hidden()


def test_a_room_that_was_closed_before_is_readable_and_takes_nothing(context: BrowserContext, host: Somebody) -> None:
    host.say("the last word")
    host.ask("POST", "/close", {})
    page = open_tab(context, host)
    for _ in range(2):
        expect(page.locator(".banner")).to_contain_text("This room is closed")
        expect(page.get_by_label("Your message")).to_be_hidden()
        expect(message(page, "the last word")).to_be_visible()
        page.reload()
