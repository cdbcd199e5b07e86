"""A person's browser reaches a room through a real broker: in an origin of the room's own, and in the one that rooms share.

Where rooms share an origin, their pages are sandboxed: the browser stores nothing for them, and caches nothing.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.cli.terminal import Serving, serving, tell
from tests.journeys.people import Somebody, enter, message

SLUG = "harbor"
PARK_SECONDS = 1
PATIENCE_SECONDS = 15
WILDCARD = ("--wildcard-domain", "rooms.localhost")  # Chromium looks no name below localhost up
SHAPES = pytest.mark.parametrize("shape", [(), WILDCARD], ids=["shared", "own"])
AA_CONTRAST = 4.5  # WCAG 2.2, 1.4.3


@dataclass
class Place:
    """A broker, and a home whose room it publishes while a host serves it. `url` is where its people find it."""

    home: Path
    operator: Path
    broker_url: str
    url: str
    token: str

    @contextmanager
    def hosted(self) -> Iterator[tuple[Somebody, Serving]]:
        """The host serves; they speak to their room where it is."""
        broker = ("--broker", self.broker_url, "--subdomain", SLUG)
        with serving(self.home, "room", "serve", "--port", "0", *broker, "--json") as daemon:
            assert daemon.told["public_url"] == self.url
            yield Somebody(daemon.told["url"], self.token), daemon

    def streams(self) -> int:
        """How many requests the host is answering through the broker."""
        (route,) = tell(self.operator, "broker", "routes", "--json").answer["routes"]
        return int(route["streams"])

    def of(self, somebody: Somebody) -> Somebody:
        """The same seat, as it is reached through the broker."""
        return replace(somebody, url=self.url)

    def is_token_kept(self, page: Page, token: str) -> bool:
        """Whether the address of `page` is one by which its seat is found again, and by which no other page can lie in wait."""
        return re.fullmatch(rf"{re.escape(self.url)}/\?[0-9a-f]{{8,}}#token={token}", page.url) is not None


@contextmanager
def place(folder: Path, *flags: str) -> Iterator[Place]:
    home, operator = folder / "home", folder / "operator"
    assert tell(home, "room", "start", SLUG, "--alias", "ops", "--brief", "Move the index.").code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    park = ("--park-seconds", str(PARK_SECONDS), "--state-file", str(folder / "leases.json"))
    with serving(operator, "broker", "serve", "--port", "0", *park, *flags, "--json") as broker:
        url: str = broker.told["url"]
        port = url.rpartition(":")[2]
        yield Place(home, operator, url, f"http://{SLUG}.rooms.localhost:{port}" if flags else f"{url}/{SLUG}", token)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Somebody]]:
    """A place whose host stays, and the host as they speak to the room at home."""
    with place(tmp_path_factory.mktemp("shared")) as there, there.hosted() as (host, _):
        yield there, host


@SHAPES
def test_a_person_talks_there_and_is_known_after_a_reload(shape: tuple[str, ...], tmp_path: Path, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with place(tmp_path, *shape) as there, there.hosted() as (host, _):
        mira = there.of(host.invite("mira", "human"))
        enter(page, mira, name="Mira Holm")
        page.get_by_label("Your message").fill("I am here.")
        page.keyboard.press("Enter")
        expect(message(page, "I am here.")).to_have_attribute("data-own", "")
        host.say("@mira good to see you")
        expect(message(page, "good to see you")).to_have_attribute("data-calls-me", "")
        assert any("/events?" in url for url in asked), "it hears the room by its stream"
        assert not any("/wait?" in url for url in asked)
        if shape:
            expect(page.locator(".keeping")).to_have_count(0)
            assert page.url == f"{there.url}/"
        else:
            expect(page.locator(".keeping")).to_contain_text("remembers less here")
            expect(page.locator(".noticing")).to_contain_text(
                "Not available here: rooms at this address are kept apart"
            )
            expect(page.get_by_label("For every message")).to_be_disabled()
            assert there.is_token_kept(page, mira.token)
        for _ in range(4):  # each loads all of a sandboxed page's files again, and none of them is refused
            page.reload()
            expect(message(page, "good to see you")).to_be_visible()
        host.say("@mira still there?")
        expect(message(page, "still there?")).to_be_visible()
        assert not any(mira.token in url.partition("#")[0] for url in asked)
        until(lambda: there.streams() == 1)  # that by which the page hears; those of before the reloads have ended
        page.close()
        until(lambda: there.streams() == 0)
        assert host.texts() == ["I am here.", "@mira good to see you", "@mira still there?"]


def until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert monotonic() < deadline
        sleep(0.02)


def test_a_page_that_is_opened_without_its_link_asks_for_it(shared: tuple[Place, Somebody], page: Page) -> None:
    there, host = shared
    mira = there.of(host.invite("june", "human"))
    enter(page, mira, name="June Tal")
    page.goto("about:blank")
    page.goto(f"{there.url}/")
    expect(page.get_by_role("heading")).to_have_text("You need an invitation")
    expect(page.locator(".keeping")).to_contain_text("Your whole link is your seat")
    page.get_by_label("Your invitation link").fill(mira.link)
    page.get_by_role("button", name="Open the room").click()
    expect(page.get_by_role("log")).to_be_visible()
    page.reload()
    expect(page.get_by_role("log")).to_be_visible()
    expect(page.locator(".roster")).to_contain_text("June Tal")


def test_what_would_be_lost_with_a_page_is_not_lost_unasked(shared: tuple[Place, Somebody], page: Page) -> None:
    there, host = shared
    enter(page, there.of(host))
    page.get_by_label("Your message").press_sequentially("half a thou")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("location.reload()")
    expect(page.get_by_label("Your message")).to_have_value("half a thou")
    assert asked == ["beforeunload"]
    page.get_by_label("Your message").fill("")
    page.reload()
    expect(page.get_by_role("log")).to_be_visible()


def test_a_message_is_linked_jumped_to_and_left_again(shared: tuple[Place, Somebody], page: Page) -> None:
    there, host = shared
    asked = host.say("which branch?")["id"]
    for number in range(60):
        host.say(f"line {number}")
    answer = host.say(f"main. It is about {there.url}/#m{asked}, above.", reply_to=asked)["id"]
    mira = there.of(host.invite("vera", "human"))
    mira.ask("POST", "/join", {})
    first, last = (page.locator(f".rows [data-id='{one}']") for one in (asked, answer))

    def is_at(record_id: int) -> bool:
        """Whether the address is the message's and still the seat's: nothing else is kept."""
        return page.url.endswith(f"#token={mira.token}&m={record_id}")

    page.goto(f"{mira.link}&m={asked}")
    expect(first).to_be_in_viewport()
    assert is_at(asked)
    page.reload()
    expect(first).to_be_in_viewport()
    page.locator(".latest").click()
    expect(last).to_be_in_viewport()
    for way in (last.locator(".quote"), last.locator(".prose a")):
        way.click()
        expect(first).to_be_in_viewport()
        expect(first).to_be_focused()
        assert is_at(asked)
        page.go_back()
        expect(last).to_be_in_viewport()
    assert len(page.context.pages) == 1
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    last.hover()
    last.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Copy link").click()
    expect(page.get_by_label("Link", exact=True)).to_have_value(f"{there.url}/#m{answer}")
    page.keyboard.press("Escape")
    page.evaluate("(id) => { location.hash = `#m${id}`; }", asked)  # as somebody does in the address bar
    expect(first).to_be_in_viewport()
    assert is_at(asked)
    page.goto("about:blank")
    page.goto(
        f"{there.url}/#m{asked}"
    )  # what was copied, opened from elsewhere: the seat is asked for, the message kept
    page.get_by_label("Your invitation link").fill(mira.link)
    page.keyboard.press("Enter")
    expect(first).to_be_in_viewport()


def test_another_link_of_the_room_opens_the_other_seat(shared: tuple[Place, Somebody], page: Page) -> None:
    there, host = shared
    mira, cleo = (there.of(host.invite(alias, "human")) for alias in ("mira", "cleo"))
    enter(page, mira, name="Mira Holm")
    enter(page, cleo, name="Cleo Brandt")
    page.get_by_label("Your message").fill("who am I?")
    page.keyboard.press("Enter")
    expect(message(page, "who am I?")).to_have_count(1)
    assert host.ask("GET", "/messages")["messages"][-1]["from"] == "cleo"


@SHAPES
def test_a_host_that_is_away_is_waited_for_with_the_token_in_hand(
    shape: tuple[str, ...], tmp_path: Path, browser: Browser, page: Page
) -> None:
    with place(tmp_path, *shape) as there, ExitStack() as stack:
        with there.hosted() as (host, daemon):
            mira = there.of(host.invite("mira", "human"))
            daemon.stop()
        answer = page.goto(mira.link)
        assert answer is not None
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        expect(page.get_by_role("heading")).to_have_text("The host of this room is away")
        assert ("sandbox" in answer.headers["content-security-policy"]) == (not shape)
        assert page.url == mira.link
        stack.enter_context(there.hosted())
        page.get_by_label("Your name").fill("Mira Holm")  # nobody touched the page
        page.get_by_role("button", name="Join", exact=True).click()
        expect(page.get_by_role("log")).to_be_visible()


def test_what_is_said_while_the_host_is_away_is_said_when_it_is_back(tmp_path: Path, page: Page) -> None:
    with place(tmp_path) as there:
        with there.hosted() as (host, daemon):
            enter(page, there.of(host))
            daemon.stop(signal.SIGKILL)
        said = ["said to nobody", "nor is this", "and so it goes on"]
        for text in said:
            page.get_by_label("Your message").fill(text)
            page.keyboard.press("Enter")
        expect(page.locator(".draft")).to_have_count(len(said))
        expect(page.locator(".draft").first).to_contain_text("Waiting for the room")
        expect(page.locator(".banner")).to_contain_text("Not connected")
        with there.hosted() as (host, _):
            expect(message(page, said[-1])).to_be_visible(timeout=30_000)
            expect(page.locator(".banner")).to_be_hidden()
            assert host.texts() == said
            host.say("heard again")
            expect(page.locator(".message .prose")).to_have_text([*said, "heard again"])  # none missing, none twice


def test_a_route_that_is_closed_is_told_to_who_is_there_and_to_who_comes(tmp_path: Path, page: Page) -> None:
    with place(tmp_path) as there, there.hosted() as (host, _):
        enter(page, there.of(host))
        assert tell(there.operator, "broker", "close", SLUG).code == 0
        expect(page.locator(".banner")).to_contain_text("this room's public address was closed")
        answer = page.goto(f"{there.url}/")
        assert answer is not None
        assert answer.status == 410
        expect(page.get_by_role("heading")).to_have_text("There is no room here at the moment")
        expect(page.locator("main")).to_contain_text("ask its host for a new invitation")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_room_that_is_not_there_is_readable(
    scheme: Literal["light", "dark"], shared: tuple[Place, Somebody], browser: Browser
) -> None:
    url = f"{shared[0].broker_url}/nobody/#token=agt_secret"
    with browser.new_context(color_scheme=scheme) as context, context.new_page() as phone:
        phone.set_viewport_size({"width": 320, "height": 568})
        phone.goto(url)
        expect(phone.get_by_role("main")).to_contain_text("looks again by itself")
        expect(phone.get_by_role("heading", level=1)).to_have_count(1)
        assert phone.evaluate("document.documentElement.lang + document.title").startswith("enThere is no room")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320
        assert min(phone.evaluate(CONTRASTS)) >= AA_CONTRAST
        ink = {"light": "rgb(33, 38, 43)", "dark": "rgb(232, 230, 224)"}[scheme]
        assert phone.evaluate("getComputedStyle(document.body).color") == ink
        phone.keyboard.press("Tab")
        button = phone.get_by_role("button", name="Look now")
        expect(button).to_be_focused()
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        with phone.expect_navigation():
            phone.keyboard.press("Enter")
        assert phone.url == url


# Of each element with text: its contrast with the ground that is painted behind it (WCAG 2.2, relative luminance).
CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3)
    .map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    const colour = getComputedStyle(node).backgroundColor;
    return channels(colour)[3] === 0 ? ground(node.parentElement) : colour;
  };
  return [...document.querySelectorAll("h1, p, button")].filter((node) => node.offsetParent).map((node) => {
    const [one, other] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  });
}"""
