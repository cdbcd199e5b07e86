"""A person's story from the link to the end of the room, in a real Chromium, against the real daemon."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.cli.terminal import Serving, tell
from tests.journeys.people import Somebody, enter, message
from tests.web.rooms import choose, serving

PHONE = {"width": 390, "height": 844}
HOSTILE = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg/onload=window.ran=1>",
    "```\n</code></pre><script>window.ran = 1</script>\n```",
    "[x](javascript:window.ran=1) javascript:window.ran=1",
    "<a href='javascript:window.ran=1'>click</a>",
    "\u202eevil \u2066hidden\u2069",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    brief = "Move the *index*. @rev reviews."
    assert tell(tmp_path, "room", "start", "harbor", "--alias", "ops", "--brief", brief).code == 0
    return tmp_path


@pytest.fixture
def served(home: Path) -> Iterator[Serving]:
    with serving(home) as daemon:
        yield daemon


@pytest.fixture
def host(home: Path, served: Serving) -> Somebody:
    return Somebody(served.url, json.loads((home / "current-room.json").read_text())["token"])


def test_the_token_leaves_the_address_bar_and_survives_a_reload(page: Page, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, mira, name="Mira Holm")
    assert page.url == host.url + "/"
    assert page.evaluate("document.referrer + document.cookie + JSON.stringify(localStorage)") == "{}"
    page.reload()
    expect(page.get_by_role("log")).to_be_visible()
    expect(page.locator(".roster")).to_contain_text("Mira Holm")
    assert not any(mira.token in url for url in asked[1:])  # the first is the link itself; its fragment stays at home
    page.go_back()
    assert mira.token not in page.url


def test_without_an_invitation_there_is_a_place_to_paste_one(page: Page, host: Somebody) -> None:
    page.goto(host.url + "/")
    expect(page.get_by_role("heading")).to_have_text("You need an invitation")
    field = page.get_by_label("Your invitation link")
    field.fill("https://example.org/")
    page.get_by_role("button", name="Open the room").click()
    expect(page.get_by_role("alert")).to_contain_text("no invitation")
    field.fill(host.link)
    page.get_by_role("button", name="Open the room").click()
    expect(page.get_by_role("heading", name="harbor")).to_be_visible()


def test_a_person_and_an_agent_talk(page: Page, host: Somebody) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    rev.ask("POST", "/join", {})
    enter(page, mira, name="Mira Holm")
    page.get_by_label("Your message").fill("I am here, @rev.\nSecond line.")
    page.keyboard.press("Enter")
    own = message(page, "I am here")
    expect(own).to_have_attribute("data-own", "")
    expect(page.locator(".draft")).to_have_count(0)
    assert host.texts() == ["I am here, @rev.\nSecond line."]

    asked = rev.say("@mira which `branch`?", type="question", reply_to=host.ask("GET", "/status")["last_id"])
    heard = message(page, "which branch?")
    expect(heard).to_have_attribute("data-calls-me", "")
    expect(heard).to_have_attribute("data-kind", "agent")
    expect(heard.locator(".quote")).to_contain_text("I am here")
    expect(heard.locator(".type")).to_have_text("question")
    expect(heard.locator("time")).to_have_attribute("datetime", asked["ts"])

    heard.get_by_role("button", name="Reply to rev").click()
    page.keyboard.type("main, since noon")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and nowhere else")
    page.keyboard.press("Enter")
    expect(message(page, "main, since noon").locator(".quote")).to_contain_text("rev")
    answer = rev.ask("GET", "/messages")["messages"][-1]
    assert (answer["text"], answer["reply_to"]) == ("main, since noon\nand nowhere else", asked["id"])


def test_an_input_method_may_use_enter_for_itself(page: Page, host: Somebody) -> None:
    enter(page, host)
    box = page.get_by_label("Your message")
    box.fill("にほん")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    expect(box).to_have_value("にほん")
    box.press("Enter")
    expect(message(page, "にほん")).to_be_visible()
    assert host.texts() == ["にほん"]


def test_what_others_say_is_text_and_nothing_else(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    rev.ask("POST", "/profile", {"display_name": "<img src=x onerror=window.ran=1>"})
    host.ask("POST", "/brief", {"body": HOSTILE[0] + HOSTILE[1]})
    rev.say(HOSTILE[0])
    enter(page, host)
    for text in HOSTILE[1:]:
        rev.say(text)
    rev.say("that was all")
    expect(message(page, "that was all")).to_be_visible()
    expect(message(page, "<svg/onload=window.ran=1>")).to_be_visible()
    expect(page.locator(".prose :is(script, img, svg, iframe)")).to_have_count(0)
    expect(page.locator(".prose a")).to_have_count(0)
    assert page.evaluate("window.ran === undefined")


def test_the_host_closes_the_room_and_everybody_is_told(page: Page, browser: Browser, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    enter(page, mira, name="Mira Holm")
    expect(page.get_by_role("menuitem", name="Close room", include_hidden=True)).to_have_count(0)  # a guest cannot
    with browser.new_page() as desk:
        enter(desk, host)
        choose(desk, "Close room").get_by_role("button", name="Keep it open").click()
        assert host.ask("GET", "/status")["room_status"] == "open"
        choose(desk, "Close room").get_by_role("button", name="Close for good").click()
        expect(desk.locator(".pill")).to_have_text("Closed")
    expect(page.locator(".banner")).to_contain_text("This room is closed")
    expect(page.get_by_label("Your message")).to_be_hidden()
    expect(page.locator(".note").last).to_contain_text("room closed")
    page.reload()
    expect(page.locator(".note").last).to_contain_text("room closed")
    expect(page.locator(".pill")).to_have_text("Closed")
    expect(page.locator(".banner")).to_contain_text("This room is closed")


def test_somebody_who_is_removed_is_told_so(page: Page, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    enter(page, mira, name="Mira Holm")
    host.ask("POST", "/participants/mira/remove", {})
    expect(page.locator(".banner")).to_contain_text("You were removed")
    expect(page.get_by_label("Your message")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("You were removed from this room")


def test_a_link_that_was_replaced_opens_nothing_and_says_so(page: Page, host: Somebody) -> None:
    old = host.invite("mira", "human")
    enter(page, old, name="Mira Holm")
    new = host.ask("POST", "/participants/mira/rotate", {})
    expect(page.locator(".banner")).to_contain_text("Your link was replaced")
    page.goto(old.link)
    expect(page.get_by_role("heading")).to_have_text("Your invitation does not open this room")
    page.goto(new["browser_url"])
    expect(page.get_by_role("log")).to_be_visible()


def test_a_taken_name_and_an_agents_link_are_said_before_anybody_joins(page: Page, host: Somebody) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    page.goto(mira.link)
    page.get_by_label("Your name").fill("REV")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("choose another")
    page.get_by_role("button", name="Join simply as mira").click()
    expect(page.get_by_role("log")).to_be_visible()
    page.goto(rev.link)
    expect(page.get_by_role("heading")).to_have_text("This link belongs to rev, an agent")
    joined = {seat["alias"]: seat["has_joined"] for seat in host.ask("GET", "/status")["participants"]}
    assert joined == {"ops": True, "rev": False, "mira": True}


def test_a_killed_daemon_is_a_pause_and_nothing_is_lost_or_doubled(home: Path, page: Page) -> None:
    token = json.loads((home / "current-room.json").read_text())["token"]
    with serving(home) as first:
        host = Somebody(first.url, token)
        rev = host.invite("rev", "agent")
        enter(page, host)
        rev.say("before")
        expect(message(page, "before")).to_be_visible()
        first.stop(signal.SIGKILL)
    page.get_by_label("Your message").fill("said while nobody listened")
    page.keyboard.press("Enter")
    page.get_by_label("Your message").fill("and then this")
    page.keyboard.press("Enter")
    expect(page.locator(".draft").first).to_contain_text("Waiting for the room")
    expect(page.locator(".banner")).to_contain_text("Not connected")
    with serving(home, "room", "serve", "--port", first.url.rpartition(":")[2]):
        rev.say("after")
        expect(message(page, "and then this")).to_be_visible(timeout=30_000)  # it comes back by itself
        expect(page.locator(".banner")).to_be_hidden()
        expect(page.locator(".draft")).to_have_count(0)
        said = host.texts()
        assert [text for text in said if text != "after"] == ["before", "said while nobody listened", "and then this"]
        assert said.count("after") == 1  # wherever it came between those of the page, which noticed by itself
        expect(page.locator(".message .prose")).to_have_text(said)


def test_a_refused_message_says_why_and_can_be_sent_again(home: Path, page: Page) -> None:
    token = json.loads((home / "current-room.json").read_text())["token"]
    with serving(home, environ={"AGENTGATHER_TEXT_UNITS_MAX": "1000"}) as daemon:
        host = Somebody(daemon.url, token)
        enter(page, host)
        page.get_by_label("Your message").fill("x" * 1001)
        page.keyboard.press("Enter")
        failed = page.locator(".draft[data-state=failed]")
        expect(failed).to_contain_text("1000 is the maximum")
        page.get_by_label("Your message").fill("shorter")
        page.keyboard.press("Enter")
        expect(message(page, "shorter")).to_be_visible()  # what failed does not hold up what comes after
        failed.get_by_role("button", name="Retry").click()
        expect(failed).to_contain_text("1000 is the maximum")
        failed.get_by_role("button", name="Discard").click()
        expect(page.locator(".draft")).to_have_count(0)
        assert host.texts() == ["shorter"]


def test_a_proxy_that_withholds_the_stream_costs_nothing_but_a_moment(page: Page, host: Somebody) -> None:
    waits: list[str] = []
    page.on("request", lambda request: waits.append(request.url) if "/wait?" in request.url else None)
    stalled: list[Route] = []
    page.route("**/events?*", lambda route: stalled.append(route))  # never answered
    enter(page, host)
    rev = host.invite("rev", "agent")
    rev.say("heard all the same")
    expect(message(page, "heard all the same")).to_be_visible(timeout=15_000)
    rev.say("and again")
    expect(message(page, "and again")).to_be_visible()
    assert len(waits) >= 2
    assert stalled


def test_several_rooms_of_one_daemon_each_have_their_own_page(home: Path, page: Page) -> None:
    assert tell(home, "room", "start", "quay", "--alias", "ops").code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    with serving(home, "room", "serve", "--all", "--port", "0") as daemon:
        origin = re.match(r"https?://[^/]+", daemon.url)
        assert origin is not None
        quay = Somebody(f"{origin[0]}/quay", token)
        page.goto(f"{origin[0]}/quay#token={token}")  # without the slash that the page's own links need
        expect(page.get_by_role("heading", name="quay")).to_be_visible()
        assert page.url == f"{quay.url}/"
        quay.say("said in this one")
        expect(message(page, "said in this one")).to_be_visible()
        page.goto(f"{origin[0]}/harbor/")  # a token is one room's: another path of the same origin has none
        expect(page.get_by_role("heading")).to_have_text("You need an invitation")


def test_a_long_room_opens_at_its_end_and_shows_what_was_before(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "human")
    for number in range(1, 231):
        (host if number % 2 else rev).say(f"line {number}.")
    enter(page, host)
    expect(message(page, "line 230.")).to_be_in_viewport()
    expect(message(page, "line 1.")).to_have_count(0)
    page.locator(".scroller").evaluate("(scroller) => (scroller.scrollTop = 0)")  # what was before comes by itself
    expect(message(page, re.compile(r"line 1\."))).to_have_count(1)
    rows = page.locator(".message .prose").all_inner_texts()
    assert rows == [f"line {number}." for number in range(1, 231)]
    rev.say("something new")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()  # who reads above is not torn away
    page.get_by_role("button", name="1 new").click()
    expect(message(page, "something new")).to_be_in_viewport()


def test_the_room_fits_a_phone(browser: Browser, host: Somebody) -> None:
    with browser.new_page(viewport=PHONE, has_touch=True) as phone:
        enter(phone, host)
        host.say("`" + "wide" * 100 + "` " + "w" * 400 + "\n```\n" + "c" * 400 + "\n```")
        expect(message(phone, "wide")).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        box = phone.get_by_label("Your message").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        phone.get_by_role("button", name="here").click()
        expect(phone.get_by_role("heading", name="People and agents")).to_be_in_viewport()
        expect(phone.locator(".brief")).to_contain_text("@rev reviews")
        phone.keyboard.press("Escape")
        expect(phone.get_by_label("Your message")).to_be_in_viewport()
