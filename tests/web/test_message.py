"""A message among others, in a real Chromium against the real daemon: its address, its answers, what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter, message
from tests.web.long_room import SETTLED, TOP, long_room, reader, scroll
from tests.web.tabs import AWAY, turn

RECORDS = 1_000
TYPES = {
    "question": "question",
    "status": "status",
    "request_review": "review wanted",
    "request_debug": "help wanted",
    "handoff": "handoff",
}
# What the page does by the clock it does when it is told to, and at no other time.
BY_HAND = "window.ticks = []; window.setInterval = (tick) => window.ticks.push(tick);"
HANDOFF = "Taken over from here.\n" + "\n".join(f"{number}. step" for number in range(1, 40))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with long_room(tmp_path_factory.mktemp("room"), records=RECORDS) as somebody:
        yield somebody


@pytest.fixture
def mira(host: Somebody, request: pytest.FixtureRequest) -> Somebody:
    return reader(host, f"mira-{abs(hash(request.node.name)) % 10**6}")


def row(record_id: int) -> str:
    return f".rows [data-id='{record_id}']"


def test_a_link_to_a_message_opens_there_with_and_without_a_token_in_it(page: Page, mira: Somebody) -> None:
    page.goto(f"{mira.link}&m=321")
    expect(page.locator(row(321))).to_be_in_viewport()
    expect(page.locator(row(321))).to_have_class(re.compile(r"\bfound\b"))
    assert page.url == f"{mira.url}/#m321"
    page.goto("about:blank")
    page.goto(f"{mira.url}/#m700")
    expect(page.locator(row(700))).to_be_in_viewport()
    page.evaluate("location.hash = '#m12'")  # as a link that is opened in this tab
    expect(page.locator(row(12))).to_be_in_viewport()
    page.evaluate("location.hash = '#m999999'")
    expect(page.locator(".toast")).to_contain_text("no such message")
    expect(page.locator(row(12))).to_be_in_viewport()


def test_an_answer_leads_to_what_it_answers_and_back_returns_to_the_very_place(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    asked = host.ask("GET", "/messages/100")["message"]
    answer = host.say("yes, that one", reply_to=asked["id"])["id"]
    for number in range(20):
        host.say(f"and on {number}")
    enter(page, mira)
    quote = page.locator(f"{row(answer)} .quote")
    expect(quote).to_contain_text(asked["text"][:20])  # who said what, though it is not loaded
    scroll(page, "scroller.scrollHeight - scroller.clientHeight - 400")
    before = page.evaluate(TOP, answer)
    quote.click()
    expect(page.locator(row(100))).to_be_in_viewport()
    expect(page.locator(row(100))).to_be_focused()
    assert page.url.endswith("#m100")
    page.go_back()
    expect(page.locator(row(answer))).to_be_in_viewport()
    page.evaluate(SETTLED)
    assert page.evaluate(TOP, answer) == before
    page.go_forward()
    expect(page.locator(row(100))).to_be_in_viewport()


def test_a_link_in_a_message_is_followed_where_its_reader_has_a_seat(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    said = host.say(f"see {mira.url}/#m90 and {mira.url}/#m99999999, not {mira.url}/brief#m5")["id"]
    enter(page, mira)
    links = page.locator(f"{row(said)} .prose a")
    links.nth(0).click()
    expect(page.locator(row(90))).to_be_focused()
    expect(page.locator(row(90))).to_be_in_viewport()
    page.go_back()
    expect(page.locator(row(said))).to_be_in_viewport()
    links.nth(1).click()
    expect(page.locator(".toast")).to_contain_text("no such message")
    assert len(page.context.pages) == 1
    for link, modifiers in ((links.nth(2), []), (links.nth(0), ["Control"])):  # whoever wants another tab gets one
        with page.context.expect_page():
            link.click(modifiers=modifiers)  # type: ignore[arg-type]
    expect(page.locator(row(said))).to_be_in_viewport()


def test_a_link_that_is_copied_holds_no_token(browser: Browser, host: Somebody, mira: Somebody) -> None:
    said = host.say("look at this")["id"]
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        enter(page, mira)
        page.locator(row(said)).hover()
        page.locator(row(said)).get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name="Copy link").click()
        expect(page.locator(".toast")).to_contain_text("copied")
        assert page.evaluate("navigator.clipboard.readText()") == f"{mira.url}/#m{said}"


def test_who_has_read_a_message_is_told_on_demand(page: Page, host: Somebody, mira: Somebody) -> None:
    said = host.say("who has seen this?")["id"]
    reader(host, "reads", read_id=said)
    reader(host, "hears").ask("GET", "/messages?since_id=0&limit=1000")
    host.invite("nobody-yet", "agent")
    enter(page, mira)
    page.locator(row(said)).hover()
    page.locator(row(said)).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Seen by").click()
    groups = page.get_by_role("dialog").locator(".readers")
    expect(groups.filter(has_text=re.compile("^Read"))).to_contain_text("reads")
    expect(groups.filter(has_text="Not delivered")).to_contain_text("nobody-yet")
    expect(page.get_by_role("dialog")).not_to_contain_text("ops")  # whoever said it knows it


def test_what_became_of_ones_own_message_is_told_on_demand(page: Page, host: Somebody, mira: Somebody) -> None:
    rev = host.invite("rev-9", "agent")
    asked = mira.say("@rev-9 @ops which branch?", need_reply=True)
    ack = f"/messages/{asked['id']}/ack"
    assert rev.ask("POST", ack, {"proof": asked["proof"]})["delivery"]["state"] == "in_context"
    page.add_init_script(AWAY + BY_HAND)
    enter(page, mira)
    expect(page.locator(row(asked["id"]))).to_contain_text("wants an answer")
    page.locator(row(asked["id"])).hover()
    page.locator(row(asked["id"])).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="What became of it").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It waits for 2 of 2 to answer.")
    expect(dialog.get_by_role("listitem").filter(has_text="rev-9")).to_contain_text("has it before them")
    expect(dialog.get_by_role("listitem").filter(has_text="ops")).to_contain_text("has not fetched it yet")
    page.keyboard.press("Escape")
    mark = page.locator(row(asked["id"])).get_by_role("button", name="What became of it:")
    expect(mark).to_have_text("What became of it: 1 in context, 1 recorded")
    host.ask("GET", f"/messages/{asked['id']}")  # which nobody hears
    turn(page, is_away=True)
    turn(page, is_away=False)
    expect(mark).to_have_text("What became of it: 1 in context, 1 fetched")
    host.say("the main one", reply_to=asked["id"])
    expect(mark).to_have_text("What became of it: 1 answered, 1 in context")
    rev.ask("POST", ack, {"proof": asked["proof"], "done": True})
    page.evaluate("ticks.forEach((tick) => tick())")
    expect(mark).to_have_text("What became of it: 1 done, 1 answered")
    mark.press("Enter")
    expect(page.get_by_role("dialog", name="What became of it")).to_contain_text("says that it is done")
    page.keyboard.press("Escape")
    expect(mark).to_be_focused()
    expect(page.get_by_role("button", name="What became of it:")).to_have_count(1)  # who is asked is not told of others


def test_a_message_is_taken_back_by_its_author_or_the_host_and_leaves_its_place(
    page: Page, browser: Browser, host: Somebody, mira: Somebody
) -> None:
    theirs = host.say("said by the host")["id"]
    own = mira.say("said too soon")["id"]
    other = mira.say("said out of place")["id"]
    answer = host.say("what do you mean?", reply_to=own)["id"]
    enter(page, mira)
    page.locator(row(theirs)).hover()
    page.locator(row(theirs)).get_by_role("button", name="More").click()
    expect(page.get_by_role("menuitem", name="Copy link")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Take back")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator(row(own)).hover()
    page.locator(row(own)).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Take back").click()
    page.get_by_role("button", name="Leave it").click()
    expect(page.locator(row(own))).to_contain_text("said too soon")
    page.locator(row(own)).hover()
    page.locator(row(own)).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Take back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(row(own))).to_contain_text("taken back")
    expect(page.locator(row(own))).not_to_contain_text("said too soon")
    expect(page.locator(f"{row(answer)} .quote")).to_contain_text("taken back")
    expect(page.locator(row(own)).get_by_role("button", name="Reply")).to_have_count(0)
    with browser.new_page() as desk:
        enter(desk, host)
        desk.locator(row(theirs)).hover()
        desk.locator(row(theirs)).get_by_role("button", name="More").click()
        expect(desk.get_by_role("menuitem", name="Take back")).to_be_visible()
        desk.keyboard.press("Escape")
        desk.locator(row(other)).hover()
        desk.locator(row(other)).get_by_role("button", name="More").click()
        desk.get_by_role("menuitem", name="Take back").click()
        desk.get_by_role("alertdialog", name="Take back this message of").get_by_text("Take it back").click()
        for shown in (desk, page):  # who is here sees it at once, and who comes later
            expect(shown.locator(row(other))).to_contain_text("taken back")
            expect(shown.locator(row(other))).not_to_contain_text("said out of place")
    page.reload()
    expect(page.locator(row(other))).to_contain_text("taken back")
    expect(page.get_by_role("log")).not_to_contain_text("said out of place")


def test_a_handoff_shows_its_beginning_and_unfolds_in_place(page: Page, host: Somebody, mira: Somebody) -> None:
    said = host.say(HANDOFF, type="handoff")["id"]
    for number in range(12):
        host.say(f"after it {number}")
    enter(page, mira)
    handoff = page.locator(row(said))
    expect(handoff.locator(".type")).to_have_text("handoff")
    handoff.scroll_into_view_if_needed()
    page.evaluate(SETTLED)
    folded = handoff.bounding_box()
    before = page.evaluate(TOP, said)
    handoff.get_by_role("button", name="Show more").click()
    page.evaluate(SETTLED)
    whole = handoff.bounding_box()
    assert folded is not None
    assert whole is not None
    assert whole["height"] > 1.5 * folded["height"]
    assert page.evaluate(TOP, said) == before
    less = handoff.get_by_role("button", name="Show less")
    less.scroll_into_view_if_needed()
    page.evaluate(SETTLED)
    button = less.bounding_box()
    less.click()
    page.evaluate(SETTLED)
    more = handoff.get_by_role("button", name="Show more")
    expect(more).to_have_attribute("aria-expanded", "false")
    assert button is not None
    assert abs((more.bounding_box() or {})["y"] - button["y"]) < 1 / 64


def test_what_a_message_is_for_is_seen_at_a_glance_and_of_long_output_its_beginning(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    said = {kind: host.say(f"about {kind}", type=kind)["id"] for kind in TYPES}
    plain = host.say("nothing of the kind")["id"]
    short, long = (host.say("\n".join(f"ok {number}" for number in range(lines)))["id"] for lines in (24, 60))
    enter(page, mira)
    for kind, shown in TYPES.items():
        expect(page.locator(f"{row(said[kind])} .type")).to_have_text(shown)
    expect(page.locator(f"{row(plain)} .type")).to_have_count(0)
    expect(page.locator(f"{row(short)} .unfold")).to_have_count(0)
    output = page.locator(row(long))
    expect(output.get_by_role("button", name="Show more")).to_have_attribute("aria-expanded", "false")
    assert "ok 59" in output.locator(".prose").inner_text()  # there for who finds in the page
    folded = (output.bounding_box() or {})["height"]
    assert folded < 0.6 * page.viewport_size["height"]  # type: ignore[index]
    output.get_by_role("button", name="Show more").press("Enter")
    page.evaluate(SETTLED)
    assert (output.bounding_box() or {})["height"] > 2 * folded


def test_who_speaks_is_said_once_and_by_more_than_a_colour(page: Page, host: Somebody, mira: Somebody) -> None:
    rev = host.invite("rev", "agent")
    first, second = (rev.say(text)["id"] for text in ("one", "two"))
    asked = rev.say("and three?", type="question")["id"]
    theirs, own = host.say("four")["id"], mira.say("five")["id"]
    enter(page, mira)
    expect(page.locator(f"{row(first)} .byline")).to_contain_text("agent")
    expect(page.locator(row(second))).to_have_attribute("data-continued", "")
    expect(page.locator(f"{row(second)} :is(.byline, .face)")).to_have_count(0)
    expect(page.locator(f"{row(second)} .unseen").first).to_have_text("rev: ")  # who only hears it is told again
    expect(page.locator(f"{row(asked)} .byline")).to_contain_text("question")  # what is asked stands by itself
    expect(page.locator(f"{row(theirs)} .chip")).to_have_text("human")
    expect(page.locator(f"{row(own)} .chip")).to_have_text("human, you")
    shape = "(node) => getComputedStyle(node).borderRadius"
    round_, square = (page.locator(f"{row(one)} .face").evaluate(shape) for one in (theirs, first))
    assert (round_, square != round_) == ("50%", True)
    note = page.locator(".note").last
    expect(note).to_contain_text("rev")
    expect(note.locator(".face, .byline, .chip")).to_have_count(0)


def test_the_list_is_one_tab_stop_and_keys_move_in_it(page: Page, host: Somebody, mira: Somebody) -> None:
    rev = host.invite("walked", "agent")
    for number in range(13):  # of which each can be answered, as the room's own notes cannot
        rev.say(f"line {number}")
    last = host.say("the last `one`, see https://example.org/")["id"]
    enter(page, mira)
    expect(page.locator(row(last))).to_be_in_viewport()
    expect(page.locator(".rows [data-id][tabindex='0']")).to_have_count(1)
    page.locator(row(last)).focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(row(last - 1))).to_be_focused()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    expect(page.locator(row(last - 13))).to_be_focused()
    expect(page.locator(row(last - 13))).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator(row(last - 13)).get_by_role("button", name="Reply")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(row(last - 13))).to_be_focused()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Copy link")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    expect(page.locator(row(1))).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("End")
    expect(page.locator(row(int(host.ask("GET", "/status")["last_id"])))).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your message")).to_be_focused()


def test_a_screen_reader_hears_what_is_new_and_nothing_else(page: Page, host: Somebody, mira: Somebody) -> None:
    me = mira.ask("GET", "/status")["me"]
    enter(page, mira)
    polite, urgent = (page.locator(f"[data-announced={kind}] p") for kind in ("polite", "assertive"))
    expect(page.locator(".message").last).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    scroll(page, "0")
    earlier = int(host.ask("GET", "/status")["last_id"]) - 150
    expect(page.locator(row(earlier))).to_have_count(1)  # a page of history came in, and is no news
    host.say("hello there")
    expect(polite).to_have_text(["ops, human: hello there"])
    mira.say("my own word, from elsewhere")
    host.say(f"@{me} please look")
    expect(urgent).to_have_text([f"ops, human, mentions you: @{me} please look"])
    expect(polite).to_have_text(["ops, human: hello there"])


def test_what_waits_unseen_is_in_the_title_and_the_icon(page: Page, host: Somebody, mira: Somebody) -> None:
    enter(page, mira)
    scroll(page, "scroller.scrollHeight - scroller.clientHeight - 500")
    expect(page).to_have_title("bench · Agent Gather")
    host.say("one")
    host.say("two")
    expect(page).to_have_title("(2) bench · Agent Gather")
    icon = page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile(r"/icon-unread\.svg$"))
    assert page.request.get(icon.evaluate("(link) => link.href")).headers["content-type"] == "image/svg+xml"
    page.get_by_role("button", name="2 new").click()
    expect(message(page, "two").last).to_be_in_viewport()
    expect(page).to_have_title("bench · Agent Gather")
    expect(icon).to_have_attribute("href", re.compile(r"/icon\.svg$"))


def test_a_tab_that_nobody_looks_at_tells_in_its_title_what_waits(page: Page, host: Somebody, mira: Somebody) -> None:
    page.add_init_script(AWAY)
    enter(page, mira)
    expect(page).to_have_title("bench · Agent Gather")
    turn(page, is_away=True)
    first = host.say("said to nobody's face")["id"]
    host.say("and once more")
    expect(page).to_have_title("(2) bench · Agent Gather")
    icon = page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile(r"/icon-unread\.svg$"))
    turn(page, is_away=False)
    expect(page).to_have_title("bench · Agent Gather")
    expect(icon).to_have_attribute("href", re.compile(r"/icon\.svg$"))
    expect(page.locator(f".new-line + {row(first).removeprefix('.rows ')}")).to_be_in_viewport()  # where it begins
