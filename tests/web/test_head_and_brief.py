"""What stands over and beside the timeline: the room's state, time and policy, its brief, and what changed in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter
from tests.web.rooms import choose, hosted

PHONE = {"width": 320, "height": 568}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Somebody]:
    with hosted(tmp_path, "--ttl", "2h", brief="# Goal\n\nMove the index.\n\n- @rev reviews") as host:
        yield host


def test_the_head_says_what_holds_and_goes_with_it(page: Page, host: Somebody) -> None:
    enter(page, host.invite("mira", "human"), name="Mira Holm")
    head = page.get_by_role("banner")
    expect(head.locator(".pill")).to_have_text("Open")
    expect(head).to_contain_text("closes in 2 h")
    expect(head.locator(".policy")).to_have_text("Come and go")
    expect(head.locator(".policy")).to_have_attribute("title", "Nobody is expected to listen all the time.")
    host.ask("POST", "/attendance", {"policy": "agents-foreground"})
    expect(head.locator(".policy")).to_have_text("Agents listen")
    host.ask("POST", "/extend", {"ttl": "none"})
    expect(head).to_contain_text("no end")
    about = choose(page, "About this room")
    expect(about).to_contain_text("Every agent is expected to listen all the time.")
    expect(about).to_contain_text("stays open until the host closes it")
    expect(about).to_contain_text("ops")
    page.keyboard.press("Escape")
    host.ask("POST", "/close", {})
    expect(head.locator(".pill")).to_have_text("Closed")
    expect(head).not_to_contain_text("closes in")


def test_the_last_quarter_of_an_hour_looks_like_it(browser: Browser, host: Somebody) -> None:
    with browser.new_context() as context, context.new_page() as page:
        page.clock.install()
        enter(page, host)
        time = page.locator(".time-left")
        expect(time).to_have_attribute("data-state", "far")
        page.route("**/status", lambda route: route.abort())  # it goes on whether or not anything is heard
        page.clock.fast_forward("01:50:00")
        page.clock.run_for(11_000)
        expect(time).to_have_attribute("data-state", "soon")
        expect(time).to_have_text("closes in 10 min")
        assert "202" in str(time.get_attribute("title"))


def test_what_is_said_in_the_head_is_announced_when_it_changes_and_not_before(page: Page, host: Somebody) -> None:
    enter(page, host)
    page.evaluate(
        """() => {
          window.changes = 0;
          new MutationObserver((all) => (window.changes += all.length))
            .observe(document.querySelector(".pill"), {childList: true, characterData: true, subtree: true});
        }"""
    )
    host.say("one")
    host.say("two")
    expect(page.locator(".message")).to_have_count(2)
    assert page.evaluate("window.changes") == 0
    host.ask("POST", "/close", {})
    expect(page.locator(".pill")).to_have_text("Closed")
    assert page.evaluate("window.changes") >= 1


def test_the_brief_is_shown_as_what_it_says_with_its_version(page: Page, host: Somebody) -> None:
    enter(page, host.invite("mira", "human"), name="Mira Holm")
    brief = page.locator(".brief")
    expect(brief.locator(".prose li")).to_have_count(1)
    expect(brief.get_by_role("heading")).to_have_text("Brief v1 by ops, less than a minute ago")
    expect(brief.get_by_text("What changed")).to_be_hidden()  # there was none before


def test_a_change_of_the_brief_is_told_and_shown(page: Page, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    enter(page, mira, name="Mira Holm")
    host.ask("POST", "/brief", {"body": "# Goal\n\nMove the <b>whole</b> index.\n\n- @rev reviews"})
    expect(page.locator(".toast")).to_have_text("The brief changed: v2 by ops, less than a minute ago.")
    brief = page.locator(".brief")
    expect(brief.get_by_role("heading")).to_contain_text("v2 by ops")
    expect(brief.locator("ins")).to_be_hidden()
    for _ in range(2):  # as it was heard, and as it is found after a reload
        brief.get_by_text("What changed").focus()
        page.keyboard.press("Enter")
        expect(brief.locator("ins")).to_have_text("+Move the <b>whole</b> index.")
        expect(brief.locator("del")).to_have_text("−Move the index.")
        expect(brief.locator(".diff")).not_to_contain_text("Goal")  # what stayed, and is not beside it
        page.reload()
    host.ask("POST", "/brief", {"body": ""})
    expect(brief).to_contain_text("has not written one")
    expect(brief.get_by_role("heading")).to_contain_text("v3")


def test_the_head_fits_a_small_phone(browser: Browser, host: Somebody) -> None:
    with browser.new_page(viewport=PHONE, has_touch=True) as phone:
        enter(phone, host)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for button in phone.get_by_role("banner").get_by_role("button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["x"] + box["width"] <= PHONE["width"]
