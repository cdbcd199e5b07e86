"""Somebody who looks elsewhere is called as they chose: once, never for what they see, and never unless they asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.people import Somebody, message
from tests.web.chromium import module_page
from tests.web.tabs import open_tab, turn

TRIES = 8
# What the page asks of the browser is written down on its way there; the browser still does it.
WITNESS = """(() => {
  window.shown = [];
  window.notices = [];
  window.asked = 0;
  window.tones = 0;
  const Real = Notification;
  window.Notification = class extends Real {
    constructor(title, options) {
      super(title, options);
      window.notices.push(this);
      window.shown.push([title, options.body]);
    }
    static requestPermission() { window.asked += 1; return Real.requestPermission(); }
  };
  const Sound = AudioContext;
  window.AudioContext = class extends Sound { constructor() { super(); window.tones += 1; } };
})()"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as opened:
        opened.add_init_script(WITNESS)
        yield opened


def shown(page: Page, *, count: int) -> list[Any]:
    page.wait_for_function("(count) => window.shown.length >= count", arg=count)
    return list(page.evaluate("window.shown"))


def told_after(page: Page, rev: Somebody) -> list[Any]:
    """What was shown of everything that was said before now: a last call is shown after it."""
    rev.say("@ops that was all")
    page.wait_for_function("() => window.shown.some(([, body]) => body === '@ops that was all')")
    return list(page.evaluate("window.shown"))[:-1]


def choose(page: Page, label: str) -> None:
    page.get_by_label(label).check()


def test_nothing_is_asked_and_nothing_shown_before_somebody_wants_it(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    page = open_tab(context, host)
    expect(page.get_by_label("Off")).to_be_checked()
    expect(page.get_by_label("Play a sound for mentions")).not_to_be_checked()
    turn(page, is_away=True)
    rev.say("@ops nobody asked to hear this")
    expect(page).to_have_title("(1) harbor · Agent Gather")
    context.grant_permissions(["notifications"], origin=host.url)
    turn(page, is_away=False)
    assert page.evaluate("window.asked") == 0
    choose(page, "When I am mentioned")
    turn(page, is_away=True)
    assert told_after(page, rev) == []  # what came before is not told late
    assert page.evaluate("window.tones") == 0


def test_once_allowed_there_are_notices_of_mentions_and_a_click_leads_to_the_message(
    context: BrowserContext, host: Somebody
) -> None:
    rev = host.invite("rev", "agent")
    rev.ask("POST", "/profile", {"display_name": "Rev 7"})
    context.grant_permissions(["notifications"], origin=host.url)
    page = open_tab(context, host)
    expect(page.get_by_label("When I am mentioned")).to_be_checked()
    turn(page, is_away=True)
    rev.say("for nobody in particular")
    called = rev.say("@ops **please** look\n\n at\u202e this: " + "x" * 500)
    for number in range(30):
        host.say(f"line {number}")
    (notice,) = shown(page, count=1)
    assert notice[0] == "Rev 7 calls you in harbor"
    assert notice[1].startswith("@ops **please** look at this: xxx")
    assert len(notice[1]) == 140
    page.evaluate("window.notices[0].dispatchEvent(new Event('click'))")
    expect(page.locator(f"[data-id='{called['id']}']")).to_be_in_viewport()


def test_a_notice_says_who_it_really_was_and_the_oldest_make_room(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "human")
    rev.ask("POST", "/profile", {"display_name": "o p s" + " ." * 20})
    context.grant_permissions(["notifications"], origin=host.url)
    page = open_tab(context, host)
    turn(page, is_away=True)
    page.evaluate("() => { window.away = 0; Notification.prototype.close = () => { window.away += 1; }; }")
    for number in range(15):
        rev.say(f"@ops {number}")
        titles = [title for title, _ in shown(page, count=number + 1)]
    assert len(titles) == 15
    assert all(title.endswith("… (rev) calls you in harbor") for title in titles)
    assert page.evaluate("window.away") == 3


def test_what_is_taken_back_is_no_longer_shown(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    context.grant_permissions(["notifications"], origin=host.url)
    page = open_tab(context, host)
    turn(page, is_away=True)
    page.evaluate(
        "() => { window.away = []; Notification.prototype.close = function () { window.away.push(this.body); }; }"
    )
    said = [rev.say(f"@ops {text}") for text in ("kept", "a secret")]
    shown(page, count=2)
    rev.ask("POST", f"/messages/{said[1]['id']}/retract", {})
    page.wait_for_function("() => window.away.length > 0")
    assert page.evaluate("window.away") == ["@ops a secret"]


def test_what_is_before_the_eyes_is_not_told_and_a_screen_aside_is_not_the_eyes(
    context: BrowserContext, host: Somebody
) -> None:
    rev = host.invite("rev", "agent")
    context.grant_permissions(["notifications"], origin=host.url)
    page = open_tab(context, host)
    rev.say("@ops seen at once")
    expect(message(page, "seen at once")).to_be_visible()
    page.wait_for_timeout(1500)  # longer than the moment in which it is decided
    page.evaluate("document.hasFocus = () => false")
    rev.say("@ops on the screen beside")
    assert [body for _, body in shown(page, count=1)] == ["@ops on the screen beside"]


def test_several_tabs_tell_a_message_once_and_not_if_one_of_them_is_watched(
    context: BrowserContext, host: Somebody
) -> None:
    rev = host.invite("rev", "agent")
    context.grant_permissions(["notifications"], origin=host.url)
    tabs = [open_tab(context, host) for _ in range(3)]
    choose(tabs[2], "For every message")
    expect(tabs[0].get_by_label("For every message")).to_be_checked()  # chosen once for all of them
    for tab in tabs:
        turn(tab, is_away=True)
    rev.say("everything is told")
    shown(tabs[0], count=1)
    turn(tabs[1], is_away=False)
    for number in range(TRIES):  # a machine that others use may need longer than that moment to show it
        told = len(shown(tabs[0], count=1))
        rev.say(f"seen in the second {number}")
        expect(message(tabs[1], f"seen in the second {number}")).to_be_visible()
        tabs[1].wait_for_timeout(1500)  # longer than the moment in which it is decided
        if len(shown(tabs[0], count=1)) == told:
            break
    assert [tab.evaluate("window.shown.length") for tab in tabs] == [told, 0, 0]
    turn(tabs[1], is_away=True)
    for number in range(9):
        rev.say(f"one of many: {number}")
    titles = [title for title, _ in shown(tabs[0], count=told + 1)]
    assert len(titles) <= told + 5
    assert "rev in harbor" in titles


def test_a_muted_room_is_silent_and_a_sound_is_for_who_wants_one(context: BrowserContext, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    context.grant_permissions(["notifications"], origin=host.url)
    page = open_tab(context, host)
    choose(page, "Play a sound for mentions")
    assert page.evaluate("window.tones") == 1  # as it will be
    choose(page, "Mute this room")
    turn(page, is_away=True)
    rev.say("@ops in a muted room")
    expect(page).to_have_title("(1) harbor · Agent Gather")
    page.reload()
    expect(page.get_by_label("Mute this room")).to_be_checked()
    page.get_by_label("Mute this room").uncheck()
    turn(page, is_away=True)
    assert told_after(page, rev) == []
    assert page.evaluate("window.tones") == 1


def test_who_refused_notices_is_told_how_it_stands(context: BrowserContext, host: Somebody) -> None:
    page = open_tab(context, host)
    assert page.evaluate("window.asked") == 0
    choose(page, "When I am mentioned")  # this browser's person answers no
    page.wait_for_function("window.asked === 1")
    expect(page.locator(".noticing .words")).to_contain_text("was told to show none")
    expect(page.get_by_label("Off")).to_be_checked()
    expect(page.get_by_label("For every message")).to_be_disabled()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n\n b\t c", "a b c"),
        ("\u202egnp.exe\u2066x\u2069\u0007", "gnp.exex"),
        ("x" * 11, "x" * 9 + "…"),
        ("x" * 8 + "\U0001f600\U0001f600", "x" * 8 + "…"),
    ],
)
def test_a_text_is_told_in_one_line_that_means_what_it_shows(browser: Browser, text: str, line: str) -> None:
    page = module_page(browser)
    assert page.evaluate("async (text) => (await import('/notices.js')).plain(text, 10)", text) == line
    page.close()
