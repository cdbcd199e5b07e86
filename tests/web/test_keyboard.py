"""The room without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.people import Somebody, enter, message

FOCUSED_PART = """() => {
  const names = {timeline: ".timeline", composer: ".composer", side: "#side", header: ".header"};
  return Object.keys(names).find((name) => document.querySelector(names[name]).contains(document.activeElement)) ?? "nowhere";
}"""
IS_FOCUS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  const own = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const around = document.activeElement.closest(":focus-within[class*=line], .line");
  return own || (around !== null && getComputedStyle(around).borderColor !== getComputedStyle(document.body).color);
}"""


def stops(page: Page, count: int) -> list[str]:
    """Where `count` presses of Tab lead."""
    found = []
    for _ in range(count):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUSED_PART))
    return found


def test_f6_goes_from_part_to_part_and_back(page: Page, host: Somebody) -> None:
    host.say("hello")
    enter(page, host)
    page.get_by_label("Your message").focus()
    seen = []
    for _ in range(4):
        page.keyboard.press("F6")
        seen.append(page.evaluate(FOCUSED_PART))
    assert seen == ["side", "header", "timeline", "composer"]
    page.keyboard.press("Shift+F6")
    assert page.evaluate(FOCUSED_PART) == "timeline"


def test_f6_passes_over_what_is_not_on_screen(page: Page, host: Somebody) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, host)
    page.get_by_label("Your message").focus()
    page.keyboard.press("F6")
    assert page.evaluate(FOCUSED_PART) == "header"


def test_a_question_mark_shows_the_keys_and_gives_the_focus_back(page: Page, host: Somebody) -> None:
    host.say("hello")
    enter(page, host)
    page.get_by_label("Your message").focus()
    page.keyboard.type("why?")  # where somebody types it is a question mark
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("F6")
    before = page.evaluate("document.activeElement.outerHTML.slice(0, 80)")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("Shift Enter".replace(" ", ""))
    page.keyboard.press("F6")  # nothing of the page behind a dialog can be reached
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.outerHTML.slice(0, 80)") == before


def test_the_list_is_one_stop_however_long_it_is(page: Page, host: Somebody) -> None:
    for number in range(30):
        host.say(f"line {number}")
    enter(page, host)
    message(page, "line 29").wait_for()
    page.get_by_label("Your message").focus()
    page.keyboard.press("F6")  # side
    page.keyboard.press("F6")  # header
    page.keyboard.press("F6")
    assert page.evaluate(FOCUSED_PART) == "timeline"
    beyond = stops(page, 8)
    assert "composer" in beyond, beyond  # a few stops for what can be done, none for each line


def test_wide_code_is_scrolled_by_keys(page: Page, host: Somebody) -> None:
    host.say("```sh\necho " + "word " * 200 + "\n```")
    enter(page, host)
    page.locator(".message pre").wait_for()
    page.get_by_label("Your message").focus()
    page.keyboard.press("Shift+F6")
    assert page.evaluate(FOCUSED_PART) == "timeline"
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "PRE":
            break
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".message pre")).to_be_focused()
    assert (
        page.locator(".message pre").evaluate(
            "node => new Promise(done => setTimeout(() => done(node.scrollLeft), 300))"
        )
        > 0
    )


def test_where_the_focus_is_can_be_seen_at_every_stop(page: Page, host: Somebody) -> None:
    host.invite("rev", "agent").say("hello @ops")
    enter(page, host)
    page.evaluate("document.body.focus()")
    seen: set[str] = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        seen.add(page.evaluate(FOCUSED_PART))
        assert page.evaluate(IS_FOCUS_SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    assert {"timeline", "composer", "side", "header"} <= seen
