"""Dialogs and menus of the browser room: by keyboard, by finger, and what has the focus afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter, person
from tests.web.rooms import choose, hosted

PHONE = {"width": 320, "height": 480}
TOUCH_PIXELS = 44


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with hosted(tmp_path_factory.mktemp("home")) as host:
        yield host


@pytest.fixture
def page(browser: Browser, host: Somebody) -> Iterator[Page]:
    with person(browser) as opened:
        enter(opened, host)
        yield opened


def test_a_menu_is_walked_by_keys_and_gives_the_focus_back(page: Page) -> None:
    button = page.get_by_role("button", name="Room", exact=True)
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    page.keyboard.press("ArrowUp")
    items = page.get_by_role("menuitem")
    expect(items.last).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()  # round the end
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("menuitem", name="Close room")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    expect(items.first).to_be_focused()
    page.get_by_role("heading", name="harbor").click()
    expect(page.get_by_role("menu")).to_be_hidden()


def test_a_dialog_has_its_title_takes_the_focus_and_gives_it_back(page: Page) -> None:
    dialog = choose(page, "Close room")
    expect(dialog).to_have_role("alertdialog")
    expect(dialog).to_have_accessible_name("Close harbor?")
    expect(dialog.get_by_role("button", name="Keep it open")).to_be_focused()  # what cannot be undone is not at hand
    for _ in range(6):  # the focus stays in it, or goes to the browser's own controls
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Room", exact=True)).to_be_focused()


def test_whatever_opens_over_the_room_gives_the_focus_back(page: Page, host: Somebody) -> None:
    said = host.say("who has seen this?")["id"]
    rev = host.invite("rev", "agent")
    menu = page.get_by_role("button", name="Room", exact=True)
    menu.focus()
    page.keyboard.press("Enter")
    labels = [
        text
        for text in page.get_by_role("menuitem").all_inner_texts()
        if not text.startswith(("Find", "Boards", "Leave"))
    ]
    page.keyboard.press("Escape")
    assert len(labels) >= 7
    for label in labels:
        menu.focus()
        page.keyboard.press("Enter")
        page.get_by_role("menuitem", name=label, exact=True).press("Enter")
        expect(page.locator("dialog[open]"), label).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("dialog"), label).to_have_count(0)
        expect(menu, label).to_be_focused()
    rev.ask("POST", "/join", {})
    seat = page.locator(".roster").get_by_role("button", name="rev")
    seat.press("Enter")
    page.get_by_role("dialog", name="rev").get_by_role("button", name="Remove").press("Enter")
    expect(page.get_by_role("alertdialog", name="Remove rev?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="rev").get_by_role("button", name="Remove")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(seat).to_be_focused()
    row = page.locator(f".rows [data-id='{said}']")
    for label in ("Seen by", "Take back"):
        row.focus()
        page.keyboard.press("Shift+F10")
        page.get_by_role("menuitem", name=label).press("Enter")
        expect(page.locator("dialog[open]"), label).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("dialog"), label).to_have_count(0)
        expect(row, label).to_be_focused()
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Take back").press("Enter")
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(row).to_contain_text("was taken back")
    expect(row).to_be_focused()


def test_a_press_beside_a_dialog_leaves_it_and_a_selection_that_ends_there_does_not(page: Page) -> None:
    dialog = choose(page, "Close room")
    box = dialog.get_by_role("heading").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(4, 4)
    page.mouse.up()
    expect(dialog).to_be_visible()
    page.mouse.click(4, 4)
    expect(page.locator("dialog")).to_have_count(0)


def test_what_the_room_refuses_is_said_in_the_dialog_that_asked(page: Page) -> None:
    page.route("**/close", lambda route: route.abort())
    dialog = choose(page, "Close room")
    dialog.get_by_role("button", name="Close for good").click()
    expect(dialog.get_by_role("alert")).to_have_text("The room does not answer.")
    expect(dialog.get_by_role("button", name="Close for good")).to_be_enabled()


def test_a_dialog_that_does_not_come_says_so_and_one_that_is_asked_for_twice_comes_once(page: Page) -> None:
    twice = """() => [1, 2].forEach(() => document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true})))"""
    page.route("**/views/dialogs.js", lambda route: route.abort())
    page.evaluate(twice)
    expect(page.locator(".toast")).to_contain_text("That could not be loaded")
    page.unroute("**/views/dialogs.js")
    page.evaluate(twice)
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_dialogs_and_menus_fit_a_small_phone(browser: Browser, host: Somebody) -> None:
    with browser.new_page(viewport=PHONE, has_touch=True) as phone:
        enter(phone, host)
        phone.get_by_role("button", name="Room", exact=True).tap()
        for item in phone.get_by_role("menuitem").all():
            box = item.bounding_box()
            assert box is not None
            assert box["height"] >= TOUCH_PIXELS
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        phone.get_by_role("menuitem", name="Close room").tap()
        box = phone.locator("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["height"] <= PHONE["height"]
        for button in phone.locator("dialog").get_by_role("button").all():
            size = button.bounding_box()
            assert size is not None
            assert size["height"] >= TOUCH_PIXELS
