"""However many tabs somebody has of one room, they hold one stream, miss nothing, and agree on what is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.people import Somebody, message
from tests.web.tabs import Streams, open_tab, shows_all, turn

TABS = 12  # more than a browser keeps connections to one host, and than a participant may hold waits


@contextmanager
def frozen(page: Page) -> Iterator[None]:
    """Nothing of `page` runs while the context lasts, as in a tab that the browser put to sleep."""
    session = page.context.new_cdp_session(page)
    session.send("Debugger.enable")
    page.evaluate("setTimeout(() => { debugger; })")
    yield
    session.send("Debugger.resume")
    session.detach()


def names_of_channels(page: Page) -> str:
    return str(page.evaluate("async () => JSON.stringify(await navigator.locks.query())"))


def test_a_dozen_tabs_hear_the_room_through_one_stream(context: BrowserContext, host: Somebody) -> None:
    streams, rev = Streams.of(context), host.invite("rev", "agent")
    tabs = [open_tab(context, host) for _ in range(TABS)]
    for number in range(3):
        rev.say(f"line {number}")
    for tab in tabs:
        shows_all(tab, host)
    assert len(streams.held) == 1
    assert host.token not in names_of_channels(tabs[0])
    tabs[5].get_by_label("Your message").fill("from the sixth")
    tabs[5].keyboard.press("Enter")
    for tab in tabs:
        expect(message(tab, "from the sixth")).to_have_count(1)
    assert host.texts().count("from the sixth") == 1


def test_the_tab_that_has_the_stream_is_replaced_as_soon_as_it_is_closed(
    context: BrowserContext, host: Somebody
) -> None:
    streams, rev = Streams.of(context), host.invite("rev", "agent")
    tabs = [open_tab(context, host) for _ in range(3)]
    for number in range(2):
        rev.say(f"before {number}")
        tabs.pop(0).close()
        rev.say(f"after {number}")
        for tab in tabs:
            shows_all(tab, host, within_seconds=10)
    expect(message(tabs[0], "after 1")).to_be_visible()
    assert streams.begun == 3


def test_a_frozen_tab_loses_the_stream_and_finds_everything_when_it_wakes(
    context: BrowserContext, host: Somebody
) -> None:
    streams, rev = Streams.of(context), host.invite("rev", "agent")
    sleeper, other = open_tab(context, host), open_tab(context, host)
    rev.say("both hear it")
    shows_all(other, host)
    with frozen(sleeper):
        rev.say("said to one that sleeps")
        rev.say("and again")
        shows_all(other, host)
        assert streams.begun == 2
    rev.say("both are here")
    for tab in (sleeper, other):
        shows_all(tab, host)


def test_two_seats_in_one_browser_are_two(context: BrowserContext, host: Somebody) -> None:
    streams, mira = Streams.of(context), host.invite("mira", "human")
    mira.ask("POST", "/profile", {"display_name": "Mira Holm"})
    first, second = open_tab(context, host), open_tab(context, mira)
    host.say("for both")
    for tab in (first, second):
        shows_all(tab, host)
    assert len(streams.held) == 2
    host.ask("POST", "/participants/mira/remove", {})
    expect(second.locator(".banner")).to_contain_text("You were removed")
    host.say("for the one who is left")
    shows_all(first, host)
    expect(first.locator(".banner")).to_be_hidden()
    expect(message(second, "for the one who is left")).to_have_count(0)


def test_all_tabs_are_told_that_the_room_is_closed_or_the_seat_gone(context: BrowserContext, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    mira.ask("POST", "/profile", {"display_name": "Mira Holm"})
    tabs = [open_tab(context, mira) for _ in range(3)]
    host.ask("POST", "/participants/mira/remove", {})
    for tab in tabs:
        expect(tab.locator(".banner")).to_contain_text("You were removed")
    tabs = [open_tab(context, host) for _ in range(3)]
    host.ask("POST", "/close", {})
    for tab in tabs:
        expect(tab.locator(".banner")).to_contain_text("This room is closed")
        expect(tab.locator("[data-announced=assertive] p")).to_have_count(1)


def test_what_is_read_in_one_tab_is_read_in_the_other(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    here, there = open_tab(context, host), open_tab(context, host)
    for tab in (here, there):
        turn(tab, is_away=True)
    rev.say("one")
    rev.say("two")
    for tab in (here, there):
        expect(tab).to_have_title("(2) harbor · Agent Gather")
    turn(here, is_away=False)
    for tab in (here, there):
        expect(tab).to_have_title("harbor · Agent Gather")


def test_what_is_read_on_another_device_is_read_here(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    here = open_tab(context, host)
    turn(here, is_away=True)
    said = rev.say("read it anywhere")
    expect(here).to_have_title("(1) harbor · Agent Gather")
    host.ask("POST", "/read", {"through_id": said["id"]})
    rev.ask("POST", "/profile", {"display_name": "Rev"})  # an event: the page looks at the room again
    expect(here).to_have_title("harbor · Agent Gather")
