"""The room on small screens, under large letters, in forced colours, without motion, by day and night, and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter, message
from tests.web.rooms import choose

SMALL = {"width": 320, "height": 568}
WITH_KEYBOARD_UP = {"width": 320, "height": 300}  # interactive-widget=resizes-content: the page gets what is left
ZOOMED = {"width": 320, "height": 256}  # 1280 by 1024 at 400 %
TARGET_PIXELS = 44
# Slow 4G and a phone of the middle, as Lighthouse has them: 150 ms a round trip, 1.6 and 0.75 Mbit/s, a quarter of the speed
SLOW_NETWORK = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOW_PROCESSOR = 4
PAGE_BYTES_MAX = 100_000  # compressed, all of it
LONG = (
    "a" * 3_000,
    "```\n" + "x = " + "'long' " * 300 + "\n```",
    "| " + " | ".join(f"column {number}" for number in range(30)) + " |\n" + "|---" * 30 + "|\n" + "| cell " * 30 + "|",
    "https://example.org/" + "path/" * 300,
    "العربية " * 80,
)

OVERFLOW = """() => {
  const {scrollWidth, clientWidth} = document.documentElement;
  const list = document.querySelector(".scroller");
  return [scrollWidth - clientWidth, list ? list.scrollWidth - list.clientWidth : 0];
}"""
LASTING = """() => [...document.querySelectorAll("*")]
  .filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0.01).length"""
PAINTED = """() => new Promise((resolve) => {
  const told = (list) => list.getEntriesByName("first-contentful-paint").forEach((one) => resolve(one.startTime));
  new PerformanceObserver(told).observe({type: "paint", buffered: true});
})"""

SMALL_TARGETS = """(least) => {
  const all = [...document.querySelectorAll("button, a[href], input, textarea, select, summary, [role=option], [role=menuitem]")];
  return all.filter((one) => {
    const box = (one.matches("[type=radio], [type=checkbox]") ? one.closest("label") : one).getBoundingClientRect();
    if (box.width === 0 || getComputedStyle(one).visibility === "hidden" || one.closest(".unseen, .prose")) return false;
    return box.height < least - 0.5 || box.width < least - 0.5;
  }).map((one) => `${one.outerHTML.slice(0, 120)} ${one.getBoundingClientRect().width}x${one.getBoundingClientRect().height}`);
}"""


@contextmanager
def opened(browser: Browser, **context: Any) -> Iterator[Page]:
    made = browser.new_context(**context)
    try:
        yield made.new_page()
    finally:
        made.close()


def in_the_room(page: Page, host: Somebody) -> None:
    for text in LONG:
        host.say(text)
    host.invite("rev", "agent").say("Is that all, @ops?", type="question")
    enter(page, host)
    message(page, "Is that all").wait_for()


def with_people_open(page: Page, host: Somebody) -> None:
    in_the_room(page, host)
    page.locator(".header .people").click()


def with_the_menu_open(page: Page, host: Somebody) -> None:
    in_the_room(page, host)
    page.get_by_role("button", name="Room", exact=True).click()


def with_a_dialog_open(page: Page, host: Somebody) -> None:
    in_the_room(page, host)
    choose(page, "Close")


def at_the_door(page: Page, host: Somebody) -> None:
    page.goto(host.url + "/")
    expect(page.get_by_role("heading")).to_be_visible()


STATES = [at_the_door, in_the_room, with_people_open, with_the_menu_open, with_a_dialog_open]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("viewport", [SMALL, ZOOMED], ids=["320px", "zoomed"])
def test_nothing_is_wider_than_a_small_screen(
    browser: Browser, host: Somebody, state: Callable[[Page, Somebody], None], viewport: dict[str, int]
) -> None:
    with opened(browser, viewport=viewport) as page:
        state(page, host)
        assert page.evaluate(OVERFLOW) == [0, 0]


@pytest.mark.parametrize("state", STATES)
def test_a_finger_finds_everything(browser: Browser, host: Somebody, state: Callable[[Page, Somebody], None]) -> None:
    with opened(browser, viewport=SMALL, has_touch=True, is_mobile=True) as page:
        state(page, host)
        assert page.evaluate(SMALL_TARGETS, TARGET_PIXELS) == []


def test_with_the_keyboard_up_one_sees_what_one_writes_and_what_was_said_last(browser: Browser, host: Somebody) -> None:
    with opened(browser, viewport=SMALL, has_touch=True, is_mobile=True) as page:
        in_the_room(page, host)
        page.get_by_label("Your message").tap()
        page.set_viewport_size(WITH_KEYBOARD_UP)  # type: ignore[arg-type]
        expect(page.get_by_label("Your message")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
        expect(message(page, "Is that all").locator(".prose")).to_be_in_viewport()


def test_zoomed_four_times_one_can_still_read_and_write(browser: Browser, host: Somebody) -> None:
    with opened(browser, viewport=ZOOMED) as page:
        in_the_room(page, host)
        page.get_by_label("Your message").fill("I see it")
        page.keyboard.press("Enter")
        expect(message(page, "I see it").locator(".prose")).to_be_in_viewport()
        assert page.locator(".scroller").evaluate("node => node.clientHeight") > 60


def test_without_motion_nothing_moves(browser: Browser, host: Somebody) -> None:
    moving = (
        """() => document.getAnimations().filter((one) => (one.effect?.getComputedTiming().duration ?? 0) > 1).length"""
    )
    with opened(browser, reduced_motion="reduce") as page:
        in_the_room(page, host)
        choose(page, "Close")
        assert page.evaluate(moving) == 0
        assert page.evaluate(LASTING) == 0


def test_in_forced_colours_state_and_edges_stay_visible(browser: Browser, host: Somebody) -> None:
    with opened(browser, forced_colors="active") as page:
        in_the_room(page, host)
        called = message(page, "Is that all")  # it calls whoever reads
        edge = called.evaluate(
            "node => [getComputedStyle(node).borderInlineStartStyle, getComputedStyle(node).outlineStyle]"
        )
        assert set(edge) != {"none"}  # a background alone would be gone
        dot = page.locator(".roster .seat").first
        expect(dot).to_be_visible()
        assert page.locator("button.main").first.evaluate("node => getComputedStyle(node).borderStyle") == "solid"


@pytest.mark.parametrize(("theme", "is_dark"), [("light", False), ("dark", True)])
def test_the_first_paint_has_the_systems_colours(browser: Browser, host: Somebody, theme: str, is_dark: bool) -> None:
    """No flash: before any script ran, the page's ground is already the one it stays on."""
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, color_scheme=theme) as page:
        page.route("**/*.js", lambda route: route.abort())
        page.goto(host.link)
        first = page.evaluate(ground)
        page.unroute("**/*.js")
        page.goto("about:blank")
        enter(page, host)
        assert page.evaluate(ground) == first
        brightness = sum(int(part) for part in first.removeprefix("rgb(").removesuffix(")").split(","))
        assert (brightness < 3 * 128) == is_dark


def test_something_is_painted_before_any_script_has_come(browser: Browser, host: Somebody) -> None:
    with opened(browser, viewport={"width": 390, "height": 844}) as page:
        page.route("**/*.js", lambda route: None)  # they never come
        page.goto(host.link, wait_until="commit")
        expect(page.get_by_role("status")).to_have_text("Opening the room…")
        assert page.evaluate(PAINTED) > 0
        page.unroute_all(behavior="ignoreErrors")


def test_a_slow_phone_shows_something_long_before_the_last_file_has_come(browser: Browser, host: Somebody) -> None:
    """How long in milliseconds is the benchmark's to say."""
    with opened(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        phone = page.context.new_cdp_session(page)
        phone.send("Network.enable")
        phone.send("Network.emulateNetworkConditions", {"offline": False, **SLOW_NETWORK})
        phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})
        page.goto(host.link)
        page.get_by_role("log").wait_for()
        last = page.evaluate("Math.max(...performance.getEntriesByType('resource').map((file) => file.responseEnd))")
        assert page.evaluate(PAINTED) < last / 2


def test_the_whole_page_is_light_and_all_of_it_comes_from_the_room(page: Page, host: Somebody) -> None:
    enter(page, host)
    files = page.evaluate(
        """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
             .map(({name, encodedBodySize, decodedBodySize}) => [name, encodedBodySize, decodedBodySize])"""
    )
    assert {name.split("/")[2] for name, _, _ in files} == {host.url.split("/")[2]}
    assert len(files) > 30
    on_the_wire = sum(encoded for _, encoded, _ in files)
    assert 20_000 < on_the_wire < PAGE_BYTES_MAX, on_the_wire
    assert on_the_wire < sum(decoded for _, _, decoded in files) / 2  # it was packed


def test_on_paper_stands_what_was_said_and_nothing_to_press(page: Page, host: Somebody) -> None:
    for number in range(60):
        host.say(f"line {number}")
    enter(page, host)
    message(page, "line 59").wait_for()
    page.emulate_media(media="print")
    for gone in (".composer", ".side", ".header .actions"):
        expect(page.locator(gone)).to_be_hidden()
    heights = page.locator(".scroller").evaluate("node => [node.clientHeight, node.scrollHeight]")
    assert heights[0] == heights[1]  # all that is loaded, not what fits the screen
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().count(b"/Type /Page\n") >= 2
