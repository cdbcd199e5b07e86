"""What a page does in an origin of its own, it does where rooms share one and the browser sandboxes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.journeys.people import Somebody, enter, message, person
from tests.web.rooms import choose, sandboxed
from tests.web.tabs import open_tab, turn

PAGE_BYTES_MAX = 100_000  # compressed, all of it
FILE = re.compile(r"\.(?:js|css|svg)$|/harbor/$")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Somebody]:
    with sandboxed(tmp_path) as host:
        yield host


def test_a_host_invites_steers_removes_and_closes(page: Page, browser: Browser, host: Somebody) -> None:
    enter(page, host)
    toast = page.locator(".toast")
    dialog = choose(page, "Invite somebody")
    dialog.get_by_label("Alias").fill("mira")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="mira is invited")
    link = dialog.get_by_label("The link", exact=True).input_value()
    assert re.fullmatch(re.escape(host.url) + r"/\?[0-9a-f]{8,}#token=agt_[\w-]+", link)
    dialog.get_by_role("button", name="Copy: The link").click()
    expect(dialog.get_by_text("Copied").or_(dialog.get_by_text("It is selected"))).to_be_visible()
    page.keyboard.press("Escape")
    with person(browser) as guest, person(browser) as other:
        mira = replace(host, token=link.partition("#token=")[2])
        enter(guest, mira, name="Mira Holm")
        cleo = host.invite("cleo", "human")
        enter(other, cleo, name="Cleo Brandt")
        dialog = choose(page, "Edit the brief")
        dialog.get_by_role("textbox").fill("Now **this**.")
        dialog.get_by_role("button", name="Save").click()
        expect(guest.locator(".toast")).to_contain_text("The brief changed: v2 by ops")
        expect(guest.locator(".brief strong")).to_have_text("this")
        page.locator(".roster").get_by_role("button", name="Cleo").click()
        page.get_by_role("dialog", name="Cleo").get_by_role("button", name="Remove").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Remove", exact=True).click()
        expect(toast).to_contain_text("was removed")
        expect(other.locator(".banner")).to_contain_text("You were removed")
        other.reload()
        expect(other.get_by_role("heading")).to_have_text("You were removed from this room")
        mira.say("the last word")
        host.say("yes")  # one more: whoever may write could answer it
        expect(guest.get_by_role("button", name="Reply", include_hidden=True)).to_have_count(2)
        choose(page, "Close room").get_by_role("button", name="Close for good").click()
        for _ in range(2):  # as it is heard, and as it is found by who comes late
            expect(guest.locator(".banner")).to_contain_text("This room is closed")
            expect(guest.get_by_label("Your message")).to_be_hidden()
            expect(message(guest, "the last word")).to_be_visible()
            expect(guest.get_by_role("button", name="Reply", include_hidden=True)).to_have_count(0)
            guest.reload()


def test_a_link_that_is_followed_leaves_the_sandbox_and_takes_nothing_along(page: Page, host: Somebody) -> None:
    asked: list[dict[str, str]] = []
    page.context.route(
        "https://x.test/**", lambda route: (asked.append(route.request.all_headers()), route.fulfill(body="there"))[-1]
    )
    host.say("[docs](https://x.test/a)")
    enter(page, host)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="docs (x.test)").click()
    there = opened.value
    there.wait_for_load_state()
    assert there.evaluate("[window.opener, document.referrer, origin]") == [None, "", "https://x.test"]
    assert "referer" not in asked[0]


def test_two_tabs_hear_everything_and_agree_on_what_is_read(page: Page, host: Somebody) -> None:
    """They cannot speak to one another: the room is what they agree by."""
    rev = host.invite("rev", "agent")
    tabs = [open_tab(page.context, host) for _ in range(2)]
    for tab in tabs:
        turn(tab, is_away=True)
    said = ["one", "two"]
    for text in said:
        rev.say(text)
    for tab in tabs:
        expect(tab).to_have_title("(2) harbor · Agent Gather")
        expect(tab.locator(".message .prose")).to_have_text(said)
    here, there = tabs
    with here.expect_response("**/read"):
        turn(here, is_away=False)
    expect(here).to_have_title("harbor · Agent Gather")
    rev.ask("POST", "/profile", {"display_name": "Rev"})  # an event: the page looks at the room again
    expect(there).to_have_title("harbor · Agent Gather")


def test_the_page_is_as_light_through_a_broker(page: Page, host: Somebody) -> None:
    files: list[Request] = []
    page.on("requestfinished", lambda request: files.append(request) if FILE.search(request.url) else None)
    enter(page, host)
    assert len(files) > 30
    on_the_wire = sum(request.sizes()["responseBodySize"] for request in files)
    assert 20_000 < on_the_wire < PAGE_BYTES_MAX
    assert {request.url.split("/")[2] for request in files} == {host.url.split("/")[2]}
