"""A part of the room: without its notes, what calls its reader, or one participant; across pages, and without anything moving."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import Somebody, enter, message
from tests.web.long_room import SETTLED, TOP, UNDER_EYE, long_room, reader, scroll, shown_ids
from tests.web.rooms import choose

RECORDS = 2_600  # more than two pages of a filtered room


@pytest.fixture(scope="module")
def long_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with long_room(tmp_path_factory.mktemp("long"), records=RECORDS) as host:
        yield host


def show(page: Page, label: str) -> None:
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("menuitem", name=label).click()


def bar(page: Page) -> Locator:
    return page.locator(".filter-bar")


def texts(page: Page) -> list[str]:
    return page.locator(".rows .message .prose").all_inner_texts()


def test_notes_of_the_room_go_and_come_back(page: Page, host: Somebody) -> None:
    host.say("hello")
    enter(page, host)
    expect(page.locator(".note").first).to_be_visible()
    show(page, "Messages only")
    expect(page.locator(".note")).to_have_count(0)
    expect(bar(page)).to_contain_text("Only messages")
    host.invite("rev", "agent").say("and another")  # an invitation is a note
    expect(message(page, "and another")).to_be_visible()
    expect(page.locator(".note")).to_have_count(0)
    bar(page).get_by_role("button", name="Show everything").click()
    expect(page.locator(".note").first).to_be_visible()
    expect(bar(page)).to_be_hidden()


def test_mentions_of_me_and_one_participant(page: Page, host: Somebody) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    rev.say("@ops look")
    mira.say("between")
    rev.say("done")
    enter(page, host)
    show(page, "Mentions of me")
    expect(page.locator(".rows .message")).to_have_count(1)
    rev.say("@ops again")
    mira.say("also between")
    expect(page.locator(".rows .message")).to_have_count(2)
    show(page, "One participant")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("mira").check()
    dialog.get_by_role("button", name="Show").click()
    expect(bar(page)).to_contain_text("Only messages of mira")
    expect(message(page, "also between")).to_be_visible()
    assert texts(page) == ["between", "also between"]
    page.get_by_label("Your message").fill("I write")
    page.keyboard.press("Enter")
    expect(bar(page)).to_be_hidden()  # whoever writes sees what they wrote
    expect(message(page, "I write")).to_be_visible()


def test_one_participant_is_chosen_among_the_people(page: Page, host: Somebody) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    host.invite("rev", "agent").say("from rev")
    host.say("from ops")
    enter(page, host)
    page.get_by_role("button", name="people and brief").click()
    page.locator(".seat", has_text="rev").click()
    page.get_by_role("dialog").get_by_role("button", name="Only messages of rev").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(bar(page)).to_be_in_viewport()
    expect(message(page, "from rev")).to_be_in_viewport()
    expect(message(page, "from ops")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    choose(page, "Everything")
    expect(message(page, "from ops")).to_be_visible()
    choose(page, "Mentions of me")
    expect(page.locator(".empty")).to_have_text("There is none so far.")


def test_pages_load_on_until_there_is_something_and_nothing_moves(page: Page, long_host: Somebody) -> None:
    rare = reader(long_host, "rare")
    said = [rare.say(f"rare {number}")["id"] for number in range(2)]
    kept = reader(long_host, "kept")
    enter(page, kept)
    scroll(page, "scroller.scrollHeight / 2")
    show(page, "Messages only")
    expect(bar(page)).to_be_visible()
    seen = page.evaluate(UNDER_EYE)
    bar(page).get_by_role("button", name="Show everything").focus()
    before = shown_ids(page)[0]
    scroll(page, "700")
    seen = page.evaluate(UNDER_EYE)
    page.wait_for_function(
        "(first) => Number(document.querySelector('.rows [data-id]').dataset.id) < first", arg=before
    )
    page.evaluate(SETTLED)
    assert abs(page.evaluate(TOP, seen[0]) - seen[1]) == 0
    long_host.say(f"@kept the one that calls, {RECORDS}")
    show(page, "Mentions of me")
    expect(page.locator(".rows .message")).to_have_count(1)
    expect(page.get_by_role("log")).to_contain_text("the one that calls")
    bar(page).get_by_role("button", name="Show everything").click()
    show(page, "One participant")
    page.get_by_role("dialog").get_by_label("rare").check()
    page.get_by_role("dialog").get_by_role("button", name="Show").click()
    expect(page.locator(".rows .message")).to_have_count(2)
    assert shown_ids(page) == said


def test_what_a_filter_hides_is_not_read_and_a_jump_ends_it(page: Page, host: Somebody) -> None:
    rev, mira = host.invite("rev", "agent"), reader(host, "mira")
    first = rev.say("the needle")["id"]
    told: list[int] = []
    page.on("request", lambda one: told.append(one.post_data_json["through_id"]) if one.url.endswith("/read") else None)
    page.clock.install()
    enter(page, mira)
    expect(message(page, "the needle")).to_be_visible()
    show(page, "Mentions of me")
    expect(page.locator(".rows .message")).to_have_count(0)
    hidden = rev.say("nobody sees this yet")["id"]
    rev.say("@mira but this")
    expect(page.locator(".rows .message")).to_have_count(1)
    with page.expect_request("**/status"):
        page.clock.fast_forward(60_000)  # all that is told now and then is told
    assert told == [] or max(told) < hidden
    page.locator(".scroller").click(position={"x": 2, "y": 2})
    page.keyboard.press("/")
    page.keyboard.type("needle")
    page.get_by_role("search").locator(".hit").click()
    expect(page.locator(f".rows [data-id='{first}']")).to_have_class("message found")
    expect(bar(page)).to_be_hidden()


def test_without_a_connection_nothing_changes_and_it_is_said(page: Page, host: Somebody) -> None:
    host.say("hello")
    enter(page, host)
    page.route("**/messages?*", lambda route: route.abort())
    show(page, "Mentions of me")
    expect(page.locator(".toast")).to_contain_text("Could not load that")
    expect(bar(page)).to_be_hidden()
    host.say("still everything")
    expect(message(page, "still everything")).to_be_visible()
