"""Writing: what Enter does, whom an @ suggests, what a slash asks for, what a message is for, and how much of it fits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.people import Somebody, enter, message
from tests.web.chromium import module_page

NARROW = {"width": 320, "height": 568}


def box(page: Page) -> Locator:
    return page.get_by_label("Your message")


def options(page: Page) -> Locator:
    return page.locator(".composer").get_by_role("option")


def meant(page: Page) -> str | None:
    """What the field says is meant, as a screen reader finds it."""
    found: str | None = page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant') ?? '')"
        "?.querySelector('.name').textContent ?? null"
    )
    return found


def last(host: Somebody) -> dict[str, object]:
    said = [one for one in host.ask("GET", "/messages")["messages"] if one["type"] != "system"]
    return dict(said[-1]) if said else {}


def test_enter_sends_shift_enter_breaks_and_a_composition_has_its_own_enter(page: Page, host: Somebody) -> None:
    enter(page, host)
    box(page).focus()
    tab = page.context.new_cdp_session(page)
    tab.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(box(page)).to_have_value("にほん")
    enter_key = {
        "key": "Enter",
        "code": "Enter",
        "windowsVirtualKeyCode": 229,
    }  # what an input method's own key is told as
    tab.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter_key})
    tab.send("Input.insertText", {"text": "日本"})
    expect(box(page)).to_have_value("日本")
    assert host.texts() == []
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(message(page, "second line")).to_be_visible()
    assert host.texts() == ["日本\nsecond line"]
    expect(box(page)).to_be_focused()


def test_a_name_is_completed_by_keyboard_and_says_who_hears_it(page: Page, host: Somebody) -> None:
    mira, rev = host.invite("mh", "human"), host.invite("rev", "agent")
    mira.ask("POST", "/profile", {"display_name": "Mira Holm"})
    rev.ask("POST", "/join", {})
    host.invite("rex", "agent")
    enter(page, host)
    box(page).press_sequentially("please, @re")
    expect(options(page)).to_have_count(2)
    expect(options(page).nth(0)).to_contain_text("listening now")
    expect(options(page).nth(1)).to_contain_text("invited, has not joined yet · cannot be woken")
    assert meant(page) == "rev"
    page.keyboard.press("ArrowDown")
    assert meant(page) == "rex"
    page.keyboard.press("ArrowDown")
    assert meant(page) == "rev"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(box(page)).to_have_value("please, @rex ")
    expect(options(page)).to_have_count(0)
    box(page).press_sequentially("and @mira h")
    expect(options(page)).to_contain_text("Mira Holm")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("please, @rex and @mh ")
    page.keyboard.press("Control+z")
    expect(box(page)).to_have_value("please, @rex and @mira h")
    page.keyboard.press("Control+Shift+z")
    box(page).press_sequentially("now")
    page.keyboard.press("Enter")
    expect(message(page, "now")).to_be_visible()
    assert last(host)["mentions"] == ["rex", "mh"]


def test_suggestions_can_be_sent_away_and_stay_away(page: Page, host: Somebody) -> None:
    host.invite("rev", "agent")
    enter(page, host)
    box(page).press_sequentially("@r")
    expect(options(page)).to_have_count(1)
    page.wait_for_timeout(400)  # longer than a name is looked at after
    expect(page.locator(".hint")).to_have_text("")  # a name that is being typed is nobody's yet
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(page.locator(".hint")).to_have_text("Nobody here is called @r.")
    page.keyboard.type("e")
    expect(options(page)).to_have_count(0)
    page.keyboard.press("Enter")  # sends, as nothing is open
    expect(message(page, "@re")).to_be_visible()
    box(page).press_sequentially("ok @rev")  # a whole name stands for itself: Enter sends
    expect(options(page)).to_have_count(1)
    assert meant(page) is None
    page.keyboard.press("Enter")
    expect(message(page, "ok @rev")).to_be_visible()
    box(page).press_sequentially("`@re")
    expect(options(page)).to_have_count(0)  # code calls nobody
    box(page).fill("mail me@re")
    expect(options(page)).to_have_count(0)
    box(page).fill("hello @nobody-here")
    expect(page.locator(".hint")).to_have_text("Nobody here is called @nobody-here.")


def test_a_finger_finds_suggestions_on_a_narrow_screen(browser: Browser, host: Somebody) -> None:
    for number in range(12):
        host.invite(f"agent-with-a-long-alias-{number}", "agent")
    context = browser.new_context(viewport=NARROW, has_touch=True, is_mobile=True)
    phone = context.new_page()
    enter(phone, host)
    box(phone).tap()
    phone.keyboard.type("hi")
    phone.keyboard.press("Enter")  # a keyboard on glass has no Shift+Enter
    phone.keyboard.type("@agent")
    expect(options(phone)).to_have_count(8)
    place = phone.get_by_role("listbox").bounding_box()
    field = box(phone).bounding_box()
    assert place is not None
    assert field is not None
    assert 0 <= place["x"] <= place["x"] + place["width"] <= NARROW["width"]
    assert 0 <= place["y"] <= place["y"] + place["height"] <= field["y"]
    first = options(phone).first.bounding_box()
    assert first is not None
    assert first["height"] >= 44
    options(phone).first.tap()
    expect(box(phone)).to_have_value("hi\n@agent-with-a-long-alias-0 ")
    expect(box(phone)).to_be_focused()
    for button in phone.locator(".composer button:visible").all():
        size = button.bounding_box()
        assert size is not None
        assert size["height"] >= 44, button
    assert phone.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    phone.get_by_role("button", name="Send").tap()
    expect(message(phone, "hi")).to_be_visible()
    context.close()


def test_what_a_message_is_for_is_chosen_seen_and_forgotten_after_it(page: Page, host: Somebody) -> None:
    enter(page, host)
    picker = page.get_by_role("button", name="Kind of message")
    expect(picker).to_have_accessible_name("Kind of message: Message")
    picker.focus()
    page.keyboard.press("ArrowDown")
    for item in page.locator(".type-picker").get_by_role("menuitem").all():
        expect(item).to_be_in_viewport(ratio=1)
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(picker).to_have_accessible_name("Kind of message: Review")
    expect(box(page)).to_be_focused()
    page.keyboard.type("of the index")
    asks = page.get_by_role("button", name="Ask for an answer")
    asks.click()
    expect(page.locator("#say-hint")).to_contain_text("so far that is nobody")
    page.keyboard.type(", @ops")
    expect(page.locator("#say-hint")).to_have_text("")
    page.reload()
    expect(box(page)).to_have_value("of the index, @ops")
    expect(asks).to_have_attribute("aria-pressed", "true")
    expect(picker).to_have_accessible_name("Kind of message: Review")
    box(page).press("Enter")
    expect(message(page, "of the index")).to_contain_text("wants an answer")
    assert (last(host)["type"], last(host)["need_reply"]) == ("request_review", True)
    expect(asks).to_have_attribute("aria-pressed", "false")
    expect(picker).to_have_accessible_name("Kind of message: Message")


def test_what_a_draft_answers_is_kept_with_it(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    asked = rev.say("which branch?")
    enter(page, host)
    message(page, "which branch?").hover()
    page.get_by_role("button", name="Reply").click()
    page.keyboard.type("main")
    page.reload()
    expect(page.locator(".replying")).to_contain_text("which branch?")
    box(page).press("Enter")
    expect(message(page, "main")).to_be_visible()
    assert (last(host)["reply_to"], last(host)["type"]) == (asked["id"], "reply")


def test_a_slash_asks_the_page_and_two_say_one(page: Page, host: Somebody) -> None:
    enter(page, host)
    picker = page.get_by_role("button", name="Kind of message")
    box(page).press_sequentially("/que")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(picker).to_have_accessible_name("Kind of message: Question")
    expect(box(page)).to_have_value("")
    box(page).press_sequentially("is it done?")
    page.keyboard.press("Enter")
    expect(message(page, "is it done?")).to_be_visible()
    assert last(host)["type"] == "question"
    box(page).fill("/debug why does it hang?\nSince noon.")
    page.keyboard.press("Enter")
    expect(message(page, "why does it hang?")).to_be_visible()
    assert (last(host)["type"], last(host)["text"]) == ("request_debug", "why does it hang?\nSince noon.")
    for typed, kept in (("/tmp is full", "/tmp"), ("/clse", "/clse"), ("/close the door", "/close")):
        box(page).fill(typed)
        page.keyboard.press("Enter")
        expect(page.locator(".hint")).to_contain_text(f"There is no command {kept}.")
        expect(box(page)).to_have_value(typed)
    box(page).fill("/etc/hosts is a path")
    page.keyboard.press("Enter")
    expect(message(page, "/etc/hosts is a path")).to_be_visible()
    box(page).fill("//close is a command")
    page.keyboard.press("Enter")
    expect(message(page, "/close is a command")).to_be_visible()
    assert last(host)["text"] == "/close is a command"
    box(page).press_sequentially("/help")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_only_a_host_is_offered_what_only_a_host_may(page: Page, host: Somebody) -> None:
    enter(page, host)
    box(page).press_sequentially("/clo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text("Close harbor?")
    page.keyboard.press("Escape")
    mira = host.invite("mira", "human")
    mira.ask("POST", "/join", {})
    page.goto(mira.link)
    box(page).press_sequentially("/")
    expect(options(page).filter(has_text="/help")).to_have_count(1)
    for name in ("/brief", "/invite", "/close"):
        expect(options(page).filter(has_text=name)).to_have_count(0)
    page.keyboard.type("close")
    page.keyboard.press("Enter")
    expect(page.locator(".hint")).to_contain_text("There is no command /close.")
    assert host.ask("GET", "/status")["room_status"] == "open"


def test_a_long_text_is_counted_kept_and_sent_once_it_fits(page: Page, host: Somebody) -> None:
    enter(page, host)
    count = page.locator(".composer .count")
    box(page).fill("x" * 19_199)
    expect(count).to_have_text("")
    box(page).press("End")
    box(page).press_sequentially("y")
    expect(count).to_have_text("4,800 left")
    page.evaluate("document.execCommand('insertText', false, 'z'.repeat(4812))")  # as a paste goes in
    expect(count).to_have_text("12 too many")
    page.keyboard.press("Enter")
    expect(page.locator(".hint")).to_contain_text("a message holds 24,000 characters")
    page.reload()
    expect(box(page)).to_have_value("x" * 19_199 + "y" + "z" * 4812)
    expect(count).to_have_text("12 too many")
    box(page).press("End")
    page.keyboard.press("Control+End")
    for _ in range(12):
        page.keyboard.press("Backspace")
    expect(count).to_have_text("0 left")
    page.keyboard.press("Enter")
    expect(page.locator(".message:not(.draft)")).to_have_count(1)
    assert host.texts() == ["x" * 19_199 + "y" + "z" * 4800]


def test_the_field_grows_with_its_text_to_two_fifths_of_the_screen(page: Page, host: Somebody) -> None:
    enter(page, host)
    height = "document.querySelector('#say').getBoundingClientRect().height"
    empty = page.evaluate(height)
    box(page).fill("one\ntwo\nthree")
    grown = page.evaluate(height)
    box(page).fill("line\n" * 200)
    full, screen = page.evaluate(f"[{height}, innerHeight]")
    assert empty < grown < full
    assert abs(full - 0.4 * screen) < 2
    box(page).fill("")
    assert page.evaluate(height) == empty


def test_typing_into_a_long_text_stays_smooth(page: Page, host: Somebody) -> None:
    enter(page, host)
    box(page).fill("@rev wrote `this` and that.\n" * 850)
    page.keyboard.press("Control+End")
    page.evaluate(
        """() => {
          window.slow = [];
          new PerformanceObserver((list) => list.getEntries().forEach((one) => slow.push(one.duration)))
            .observe({entryTypes: ["longtask"]});
        }"""
    )
    took: list[float] = page.evaluate(
        """async () => {
          const took = [];
          for (let at = 0; at < 60; at += 1) {
            const began = performance.now();
            document.execCommand("insertText", false, "a");
            document.body.getBoundingClientRect();
            took.push(performance.now() - began);
            await new Promise(requestAnimationFrame);
          }
          return took.sort((one, other) => one - other);
        }"""
    )
    assert took[len(took) // 2] < 50, took


def test_a_preview_shows_the_message_as_it_will_be(page: Page, host: Somebody) -> None:
    host.invite("rev", "agent")
    enter(page, host)
    box(page).fill("**bold** for @rev\n\n- one")
    toggle = page.get_by_role("button", name="Preview")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("bold")
    expect(preview.locator(".call")).to_have_text("@rev")
    box(page).focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" and <b>no markup</b>")
    expect(preview.locator("li")).to_have_text("one and <b>no markup</b>")
    page.keyboard.press("Tab")
    expect(toggle).to_be_focused()
    box(page).press("Enter")
    expect(preview).to_be_hidden()
    expect(message(page, "no markup")).to_be_visible()


def test_keys_make_words_bold_and_undo_unmakes_them(page: Page, host: Somebody) -> None:
    enter(page, host)
    box(page).fill("so important")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.press("Control+b")
    expect(box(page)).to_have_value("so **important**")
    page.keyboard.press("Control+z")
    expect(box(page)).to_have_value("so important")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@re", ("name", 0, "re")),
        ("a (@re", ("name", 3, "re")),
        ("a@re", None),
        ("@mira h", ("name", 0, "mira h")),
        ("@ alone", None),
        ("@a\nb", None),
        ("é@re", None),
        ("/que", ("command", 0, "que")),
        ("say /que", None),
        ("/tmp/x", None),
        ("@" + "x" * 100, None),
    ],
)
def test_what_is_begun_at_the_caret(modules: Page, text: str, found: tuple[str, int, str] | None) -> None:
    begun = modules.evaluate("async (text) => (await import('/completion.js')).begunAt(text, text.length)", text)
    assert begun == (None if found is None else dict(zip(("kind", "from", "query"), found, strict=True)))


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Page:
    return module_page(browser)
