"""How the host steers a room from the browser: its brief, what is expected of attendance, its time, its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter, message, person
from tests.web.rooms import BRIEF, choose

LOOP_POSTS = 30  # of agents, after which one is paused (docs/protocol.md)


@pytest.fixture
def page(browser: Browser, host: Somebody) -> Iterator[Page]:
    with person(browser) as opened:
        enter(opened, host)
        yield opened


def told(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def test_the_brief_is_written_looked_at_and_saved(page: Page, host: Somebody) -> None:
    dialog = choose(page, "Edit the brief")
    text = dialog.get_by_role("textbox")
    expect(text).to_be_focused()
    expect(text).to_have_value(BRIEF)
    text.fill("Now **this**, @ops.")
    expect(dialog.locator("#brief-count")).to_have_text("19 of 16,000")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_role("region", name="Preview").locator("strong")).to_have_text("this")
    expect(text).to_be_hidden()
    dialog.get_by_role("button", name="Preview").click()
    text.press("Control+Enter")
    told(page, "The brief is saved")
    expect(page.locator(".brief strong")).to_have_text("this")
    assert host.ask("GET", "/brief")["brief"]["body"] == "Now **this**, @ops."


def test_a_brief_that_is_too_long_is_counted_and_refused_where_it_stands(page: Page, host: Somebody) -> None:
    dialog = choose(page, "Edit the brief")
    text = dialog.get_by_role("textbox")
    text.fill("x" * 16_001)
    expect(dialog.locator("#brief-count")).to_have_text("1 too many")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert").filter(has_text="16000")).to_be_visible()
    expect(text).to_have_value("x" * 16_001)
    assert host.ask("GET", "/brief")["brief"]["brief_version"] == 1


def test_what_was_written_and_not_saved_is_still_there(page: Page) -> None:
    dialog = choose(page, "Edit the brief")
    dialog.get_by_role("textbox").fill("half a thou")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    dialog = choose(page, "Edit the brief")
    expect(dialog.get_by_role("textbox")).to_have_value("half a thou")
    dialog.get_by_role("button", name="Begin with the brief as it is").click()
    expect(dialog.get_by_role("textbox")).to_have_value(BRIEF)


def test_a_brief_that_changed_meanwhile_is_not_replaced_unasked(page: Page, host: Somebody) -> None:
    dialog = choose(page, "Edit the brief")
    text = dialog.get_by_role("textbox")
    text.fill("mine")
    host.ask("POST", "/brief", {"body": "theirs"})
    expect(dialog.get_by_role("alert").filter(has_text="it is v2 now")).to_be_visible()
    expect(text).to_have_value("mine")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert").filter(has_text="Press Save again")).to_be_visible()
    assert host.ask("GET", "/brief")["brief"]["body"] == "theirs"
    dialog.get_by_role("button", name="Save").click()
    told(page, "The brief is saved")
    assert host.ask("GET", "/brief")["brief"]["body"] == "mine"
    dialog = choose(page, "Edit the brief")
    host.ask("POST", "/brief", {"body": "theirs again"})
    dialog.get_by_role("button", name="Take the new one").click()
    expect(dialog.get_by_role("textbox")).to_have_value("theirs again")


def test_a_session_is_called_and_ended(page: Page, host: Somebody) -> None:
    choose(page, "Start session").get_by_role("button", name="Call everybody").click()
    told(page, "Everybody is called")
    expect(page.locator(".header").get_by_text("Session on")).to_be_visible()
    assert host.ask("GET", "/status")["session"]["by"] == "ops"
    expect(choose(page, "About this room")).to_contain_text("Called by ops, ")
    page.keyboard.press("Escape")
    choose(page, "End session").get_by_role("button", name="End it").click()
    told(page, "The session is over")
    expect(page.locator(".header").get_by_text("Session on")).to_be_hidden()
    assert host.ask("GET", "/status")["session"] is None


def test_the_policy_is_set_by_what_it_means(page: Page, host: Somebody) -> None:
    dialog = choose(page, "Attendance")
    expect(dialog.get_by_label("Come and go")).to_be_checked()
    dialog.get_by_label("Agents listen").check()
    dialog.get_by_role("button", name="Set policy").click()
    told(page, "The policy is set")
    assert host.ask("GET", "/status")["attendance_policy"] == "agents-foreground"


@pytest.mark.parametrize(("choice", "written", "hours"), [("7 days", None, 7 * 24), ("another length…", "1h30m", 1.5)])
def test_the_end_is_moved(page: Page, host: Somebody, choice: str, written: str | None, hours: float) -> None:
    dialog = choose(page, "Time")
    dialog.get_by_label("it stays open for").select_option(choice)
    if written:
        dialog.get_by_label("How long").fill("for ever")
        dialog.get_by_role("button", name="Move the end").click()
        expect(dialog.get_by_role("alert")).to_contain_text("'for ever' is none")
        dialog.get_by_label("How long").fill(written)
    dialog.get_by_role("button", name="Move the end").click()
    told(page, "The room's end was moved")
    end = datetime.fromisoformat(host.ask("GET", "/status")["expires_at"])
    assert abs(end - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(minutes=2)


def test_a_room_may_have_no_end(page: Page, host: Somebody) -> None:
    dialog = choose(page, "Time")
    dialog.get_by_label("it stays open for").select_option("as long as I let it: no end")
    dialog.get_by_role("button", name="Move the end").click()
    told(page, "The room's end was moved")
    assert host.ask("GET", "/status")["expires_at"] is None
    expect(choose(page, "Time")).to_contain_text("the room has no end")


def test_agents_that_were_paused_go_on_by_the_host_or_by_a_persons_word(
    page: Page, browser: Browser, host: Somebody
) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    line = page.locator(".paused")
    expect(line).to_be_hidden()
    with person(browser) as guest:
        enter(guest, mira, name="Mira Holm")
        for number in range(LOOP_POSTS):
            rev.say(f"step {number}")
        expect(line).to_contain_text("rev is paused")
        expect(page.get_by_text(f"rev has spoken {LOOP_POSTS} times since a human last did")).to_be_visible()
        expect(guest.locator(".paused")).to_contain_text("A message from a person frees it")
        expect(guest.locator(".paused").get_by_role("button")).to_be_hidden()
        line.get_by_role("button", name="Continue").click()
        told(page, "Agents may speak again")
        expect(line).to_be_hidden()
        for number in range(LOOP_POSTS):
            rev.say(f"more {number}")
        expect(guest.locator(".paused")).to_be_visible()
        guest.get_by_label("Your message").fill("go on, rev")
        guest.keyboard.press("Enter")
        expect(message(page, "go on, rev")).to_be_visible()
        expect(guest.locator(".paused")).to_be_hidden()
        expect(line).to_be_hidden()
        rev.say("thank you")


def test_what_the_host_does_not_get_done_is_told(page: Page) -> None:
    page.route("**/extend", lambda route: route.abort())
    dialog = choose(page, "Time")
    dialog.get_by_role("button", name="Move the end").click()
    expect(dialog.get_by_role("alert")).to_have_text("The room does not answer.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("dialog")).to_have_count(0)
