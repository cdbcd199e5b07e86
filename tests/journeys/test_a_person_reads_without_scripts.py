"""A person whose browser runs no scripts reads a room and prints it: directly, among several rooms, and through a broker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.terminal import tell
from tests.journeys.people import Somebody
from tests.journeys.test_a_person_comes_through_a_broker import SHAPES, place
from tests.web.rooms import serving

HOSTILE = "<img src=x onerror=alert(1)>\u202e</div><form action=https://evil.example>"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser without scripts. Whatever its console complains of fails the test, a style that is kept out included."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert troubles == []


def fill(host: Somebody) -> None:
    """Say more than a page of the transcript holds: first a word, last something hostile."""
    host.say("the first word")
    for _ in range(12):
        host.say("\u202e" * 10_000)
    host.say(HOSTILE)


def enter_token(page: Page, pasted: str) -> None:
    page.get_by_label("Your invitation link or token").fill(pasted)
    page.get_by_role("button", name="Read the room").click()


def read_the_room(page: Page, somebody: Somebody) -> None:
    """From the link to the first record: the newest page, then those before it."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(somebody.link)
    expect(page.get_by_text("Opening the room")).to_be_hidden()
    enter_token(page, "agt_nobody")
    expect(page.get_by_role("alert")).to_contain_text("opens no seat")
    enter_token(page, somebody.link)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Room "))
    expect(page.get_by_role("article").last).to_contain_text("<img src=x onerror=alert(1)>\\u202e</div><form")
    expect(page.get_by_role("article").last).to_have_css("border-left-width", "3px")
    expect(page.locator("img, script, main form")).to_have_count(0)
    while page.get_by_role("button", name="Older").count():
        newest = page.get_by_role("article").last.get_attribute("id")
        page.get_by_role("button", name="Older").first.click()
        expect(page.locator(f"#{newest}")).to_have_count(0)
        assert somebody.token not in page.content()
    expect(page.get_by_role("main")).to_contain_text("the first word")
    assert not any(somebody.token in url.partition("#")[0] for url in asked)
    assert page.url == f"{somebody.url}/transcript.html"


def test_a_room_is_read_and_printed(page: Page, tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "lab", "--alias", "ops").code == 0
    with serving(tmp_path) as daemon:
        host = Somebody(daemon.url, (tell(tmp_path, "room", "rotate", "ops", "--json").answer)["token"])
        host.say("on paper too", type="handoff")
        page.goto(daemon.url)
        enter_token(page, host.token)
        expect(page.get_by_role("article").last).to_contain_text("on paper too")
        assert page.pdf().startswith(b"%PDF")
        page.emulate_media(media="print", color_scheme="dark")
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator("body")).to_have_css("color", "rgb(0, 0, 0)")
        page.emulate_media(media="screen")
        fill(host)
        read_the_room(page, host)


def test_a_room_among_several_is_read(page: Page, tmp_path: Path) -> None:
    for name in ("lab", "den"):
        assert tell(tmp_path, "room", "start", name, "--alias", "ops").code == 0
    with serving(tmp_path, "--all") as daemon:
        token = tell(tmp_path, "room", "rotate", "ops", "--room", "lab", "--json").answer["token"]
        host = Somebody(f"{daemon.url.rpartition('/')[0]}/lab", token)
        fill(host)
        read_the_room(page, host)


@SHAPES
def test_a_room_behind_a_broker_is_read(shape: tuple[str, ...], page: Page, tmp_path: Path) -> None:
    with place(tmp_path, *shape) as there, there.hosted() as (host, _):
        mira = host.invite("mira", "human")
        fill(host)
        read_the_room(page, there.of(mira))


def test_an_export_is_read_from_a_disk(page: Page, tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "lab").code == 0
    assert tell(tmp_path, "send", "host", HOSTILE).code == 0
    file = tmp_path / "lab.html"
    assert tell(tmp_path, "export", "--format", "html", "--output", str(file)).code == 0
    page.goto(file.as_uri())
    expect(page.get_by_role("article").last).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("article").last).to_have_css("border-left-width", "3px")
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(["Brief", "People", "Messages"])
