"""Finding in the room: over the whole history, by keyboard alone, on a small screen, and without any hit becoming markup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.journeys.people import Somebody, enter, message, person
from tests.web.chromium import module_page
from tests.web.long_room import long_room, shown_ids
from tests.web.rooms import choose, sandboxed

RECORDS = 700  # several pages of the timeline: what was said first is not loaded
HOSTILE = '<img src=x onerror="document.title=1"> **needle** <mark>not a mark</mark> \u202ereversed'
SCRIPT = """([text, words, max]) => import("/excerpt.js").then(({excerpt}) =>
  excerpt(text, words, max).map(({text, isHit}) => isHit ? `[${text}]` : text).join(""))"""


@pytest.fixture(scope="module")
def long_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    """The host of a long room, whose first records hold what is looked for."""
    with long_room(tmp_path_factory.mktemp("long"), records=RECORDS) as host:
        yield host


def field(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Find in the room")


def hits(page: Page) -> Locator:
    return page.get_by_role("search").locator(".hit")


def status(page: Page) -> Locator:
    return page.get_by_role("search").locator(".count")


def find(page: Page, line: str) -> None:
    """Look for `line` with the keyboard alone."""
    page.locator(".scroller").click(position={"x": 2, "y": 2})
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    field(page).fill(line)


def test_the_history_that_is_not_loaded_is_found_and_a_jump_loads_around_it(page: Page, long_host: Somebody) -> None:
    enter(page, long_host)
    assert min(shown_ids(page)) > 250
    find(page, "fdatasync from:ops")
    expect(status(page)).to_have_text("50 found, and there may be more")
    expect(hits(page).first.locator("mark")).to_have_text("fdatasync")
    for loaded in (50, 100, 150):  # the list loads on as it is read to its end
        expect(hits(page).nth(loaded - 1)).to_be_attached()
        hits(page).nth(loaded - 1).scroll_into_view_if_needed()
    expect(status(page)).to_have_text(f"{RECORDS // 4} found")
    ids = hits(page).evaluate_all("hits => hits.map((hit) => Number(hit.dataset.id))")
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids)) == RECORDS // 4
    hits(page).last.click()
    row = page.locator(f".rows [data-id='{ids[-1]}']")
    expect(row).to_be_in_viewport()
    expect(row).to_have_class("message found")
    expect(page.get_by_role("search")).to_be_visible()  # there is room beside
    expect(hits(page).last).to_have_attribute("aria-current", "true")


def test_the_keyboard_alone_finds_walks_jumps_and_comes_back(page: Page, host: Somebody) -> None:
    said = [host.say(f"needle {number}")["id"] for number in range(4)]
    enter(page, host)
    find(page, "needle")
    expect(status(page)).to_have_text("4 found")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(hits(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f".rows [data-id='{said[2]}']")).to_have_class("message found")
    expect(hits(page).nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(hits(page).nth(3)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Enter")  # to the next one from where it is
    expect(hits(page).nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("search")).to_have_count(0)
    expect(page.locator(f".rows [data-id='{said[1]}']")).to_be_focused()


def test_escape_gives_the_focus_back_to_where_it_was(page: Page, host: Somebody) -> None:
    enter(page, host)
    button = page.get_by_role("button", name="Find", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(field(page)).to_be_focused()
    field(page).fill("nothing like it")
    expect(status(page)).to_have_text("Nothing found.")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.get_by_label("Your message").focus()
    page.keyboard.type("/")  # where somebody writes it is a letter
    expect(page.get_by_role("search")).to_have_count(0)


def test_what_is_written_as_a_command_is_looked_for(page: Page, host: Somebody) -> None:
    host.say("the needle")
    enter(page, host)
    page.get_by_label("Your message").fill("/find needle from:ops")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("needle from:ops")
    expect(status(page)).to_have_text("1 found")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_label("Your message")).to_have_value("")


def test_filters_narrow_and_what_is_refused_is_said(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    rev.say("@ops is the needle sharp?", type="question")
    rev.say("a needle")
    host.say("the needle of ops")
    enter(page, host)
    find(page, "needle from:rev")
    expect(status(page)).to_have_text("2 found")
    field(page).fill("needle type:question")
    expect(status(page)).to_have_text("1 found")
    field(page).fill("mentions:me")
    expect(hits(page)).to_have_count(1)
    expect(hits(page)).to_contain_text("is the needle sharp")
    field(page).fill("type:nonsense")
    expect(page.get_by_role("search")).to_contain_text("Type is one of message, question")
    expect(hits(page)).to_have_count(0)
    field(page).fill("needle from:re")
    expect(status(page)).to_have_text("3 found")  # nobody is called re: as long as it may become rev, it is no filter
    page.get_by_role("group", name="Suggestions").get_by_role("button", name="rev").click()
    expect(field(page)).to_have_value("needle from:rev ")
    expect(field(page)).to_be_focused()
    expect(status(page)).to_have_text("2 found")


def test_what_a_hit_says_stays_text(page: Page, host: Somebody) -> None:
    host.ask("POST", "/profile", {"display_name": "<b>Ops</b>"})
    host.say(f"{'long before it. ' * 40}{HOSTILE}")
    enter(page, host)
    find(page, "needle")
    expect(hits(page)).to_have_count(1)
    expect(hits(page).locator("mark")).to_have_text(["needle"])
    expect(hits(page)).to_contain_text("<mark>not a mark</mark>")
    assert page.get_by_role("search").locator("img, b, a").count() == 0
    assert "\u202e" not in hits(page).inner_text()


def test_an_older_answer_never_overwrites_a_newer_one(page: Page, host: Somebody) -> None:
    host.say("apple")
    host.say("pear")
    enter(page, host)
    held: list[Route] = []
    page.route("**/search?q=apple*", lambda route: held.append(route))
    find(page, "apple")
    expect(status(page)).to_have_text("Looking…")
    while not held:
        page.evaluate("0")  # the browser is listened to
    field(page).fill("pear")
    expect(hits(page)).to_contain_text(["pear"])
    for route in held:
        route.continue_()
    page.evaluate("() => fetch(location.pathname).then((answer) => answer.text())")  # behind it on the same wire
    expect(hits(page)).to_contain_text(["pear"])
    expect(hits(page)).to_have_count(1)


def test_without_a_connection_it_says_so_and_tries_again(page: Page, host: Somebody) -> None:
    host.say("the needle")
    enter(page, host)
    page.route("**/search?*", lambda route: route.abort())
    find(page, "needle")
    expect(page.get_by_role("search")).to_contain_text("The room does not answer.")
    page.unroute("**/search?*")
    page.get_by_role("button", name="Try again").click()
    expect(status(page)).to_have_text("1 found")


def test_a_closed_room_is_searched_and_what_is_taken_back_leaves_the_hits(page: Page, host: Somebody) -> None:
    host.say("the needle stays")
    gone = host.say("the needle goes")["id"]
    enter(page, host)
    find(page, "needle")
    expect(hits(page)).to_have_count(2)
    host.ask("POST", f"/messages/{gone}/retract", {})
    expect(hits(page)).to_have_count(1)
    host.ask("POST", "/close", {})
    expect(page.locator(".pill")).to_have_text("Closed")
    field(page).fill("needle from:ops")
    expect(status(page)).to_have_text("1 found")


def test_on_a_small_screen_it_is_over_the_room_and_goes_with_the_jump(page: Page, host: Somebody) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    said = host.say("the needle")["id"]
    for number in range(30):
        host.say(f"{number}: hay " * 20)
    enter(page, host)
    choose(page, "Find")
    expect(field(page)).to_be_focused()
    field(page).fill("needle")
    expect(hits(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.keyboard.press("Enter")
    expect(page.get_by_role("search")).to_have_count(0)
    expect(page.locator(f".rows [data-id='{said}']")).to_be_in_viewport()
    expect(page.locator(f".rows [data-id='{said}']")).to_be_focused()


def test_a_sandboxed_page_finds_too(browser: Browser, tmp_path: Path) -> None:
    with sandboxed(tmp_path) as host, person(browser) as page:
        said = host.say("the needle")["id"]
        enter(page, host)
        find(page, "needle from:me")
        expect(status(page)).to_have_text("1 found")
        page.keyboard.press("Enter")
        expect(page.locator(f".rows [data-id='{said}']")).to_have_class("message found")


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Move the **index** now", ["INDEX"], "Move the [index] now"),
        ("STRASSE and Straße", ["straße"], "[STRASSE] and [Straße]"),
        ("one\n\ntwo   three", ["one two", "three"], "[one two] [three]"),
        ("indexes", ["index", "dexes"], "[indexes]"),
        ("see [here](https://example.org/needle)", ["needle"], "see [here](https://example.org/[needle])"),
        ("nothing of it", ["other"], "nothing of it"),
        ("a" * 60 + " needle", ["needle"], "…" + "a" * 13 + " [needle]"),
        ("🦀" * 60 + " needle", ["needle"], "…" + "🦀" * 6 + " [needle]"),
    ],
)
def test_an_excerpt_holds_the_first_hit_and_marks_all(
    browser: Browser, text: str, words: list[str], shown: str
) -> None:
    page = module_page(browser)
    assert page.evaluate(SCRIPT, [text, words, 20 if len(text) > 50 else 160]) == shown
    page.close()


def test_a_search_that_cannot_be_loaded_says_so_and_comes_the_next_time(page: Page, host: Somebody) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/finding.js", lambda route: route.abort())
    enter(page, host)
    button = page.get_by_role("button", name="Find", exact=True)
    assert not any(url.endswith("/finding.js") for url in asked)  # whoever finds nothing loads nothing of it
    button.click()
    expect(page.locator(".toast")).to_contain_text("The search could not be loaded")
    page.unroute("**/finding.js")
    button.click()
    expect(field(page)).to_be_focused()


def test_what_is_typed_while_the_search_is_on_its_way_is_searched_for(page: Page, host: Somebody) -> None:
    host.say("an apple a day")
    enter(page, host)
    message(page, "an apple").wait_for()
    held: list[Route] = []
    page.route("**/finding.js", lambda route: held.append(route))
    page.keyboard.press("F6")
    page.keyboard.press("/")
    page.keyboard.type("apple")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.get_by_role("searchbox")).to_have_value("apple")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("s")
    expect(page.get_by_role("searchbox")).to_have_value("apples")
