"""Arriving in a room: with a link, without one, with one that no longer opens it; the same wherever the room is reached."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.cli.terminal import Serving, tell
from tests.journeys.people import Somebody
from tests.web.rooms import serving

PATIENCE_SECONDS = 15
DOORS = ("root", "all", "broker path", "broker name")


@contextmanager
def door(kind: str, home: Path) -> Iterator[tuple[Somebody, Serving]]:
    """The host of `harbor`, as they reach it by one of DOORS, and what serves it."""
    assert tell(home, "room", "start", "harbor", "--alias", "ops").code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    if kind == "root":
        with serving(home) as daemon:
            yield Somebody(daemon.url, token), daemon
    elif kind == "all":
        with serving(home, "room", "serve", "--all", "--port", "0") as daemon:
            origin = re.match(r"https?://[^/]+", daemon.url)
            assert origin is not None
            yield Somebody(f"{origin[0]}/harbor", token), daemon
    else:
        flags = ("--wildcard-domain", "rooms.localhost") if kind == "broker name" else ()
        operator = home.with_name("operator")
        with serving(operator, "broker", "serve", "--port", "0", *flags, "--json") as broker:
            published = ("--broker", broker.told["url"], "--subdomain", "harbor", "--json")
            with serving(home, "room", "serve", "--port", "0", *published) as daemon:
                local, public = Somebody(daemon.told["url"], token), daemon.told["public_url"]
                yield Invited(local.url, token, public), daemon


class Invited(Somebody):
    """A host who speaks to the room at home, and whose people come by the broker."""

    def __init__(self, url: str, token: str, public_url: str) -> None:
        super().__init__(url, token)
        self.public_url = public_url

    def invite(self, alias: str, kind: str, **more: object) -> Somebody:
        return replace(super().invite(alias, kind, **more), url=self.public_url)


@pytest.mark.parametrize("kind", DOORS)
def test_whoever_has_a_link_comes_in_by_every_door(kind: str, tmp_path: Path, page: Page) -> None:
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    with door(kind, tmp_path / "home") as (host, daemon):
        mira, rev = host.invite("mira", "human"), host.invite("rev", "agent")
        june, cleo = host.invite("june", "human", ttl="1s"), host.invite("cleo", "human")
        host.ask("POST", "/participants/cleo/remove", {})
        page.goto(mira.url + "/")
        expect(page.get_by_role("heading")).to_have_text("You need an invitation")
        expect(page.locator("main")).to_contain_text("where people and agents work together")
        field = page.get_by_label("Your invitation link")
        expect(field).to_be_focused()
        field.fill("hello")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("no invitation")
        field.fill(f"Hi Mira, here is your link: {mira.link}. See you!")  # as it comes in a letter
        page.keyboard.press("Enter")
        page.get_by_label("Your name").fill("REV")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("choose another")
        page.get_by_label("Your name").fill("Mira Holm")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_be_visible()
        if kind == "broker path":  # nothing is kept for a sandboxed page: its address is what outlives a reload
            assert page.url.endswith(f"#token={mira.token}")
        else:
            assert page.url == mira.url + "/"
        page.reload()
        expect(page.get_by_role("log")).to_be_visible()
        expect(page.locator(".roster")).to_contain_text("Mira Holm")
        host.ask("POST", "/participants/mira/rotate", {})
        page.goto("about:blank")
        page.goto(mira.link)
        expect(page.get_by_role("heading")).to_have_text("Your invitation does not open this room")
        expect(page.locator("main")).to_contain_text("Ask the host for a new link")
        page.goto("about:blank")
        page.goto(rev.link)
        expect(page.get_by_role("heading")).to_have_text("This link belongs to rev, an agent")
        for somebody, told in ((cleo, "You were removed from this room"), (june, "Your invitation has run out")):
            page.goto("about:blank")
            page.goto(somebody.link)  # june's second is long over
            expect(page.get_by_role("heading")).to_have_text(told)
            expect(page.locator("main")).to_contain_text("new ")
        for request in requests:
            assert mira.token not in request.url.partition("#")[0]
            assert mira.token not in request.headers.get("referer", "")
        page.close()
        ended = daemon.stop()
        assert mira.token not in ended.out + ended.err
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and "seats" not in path.parts]
    assert not any(mira.token.encode() in path.read_bytes() for path in kept)


def test_who_was_removed_or_whose_time_is_over_is_told_which_and_what_to_do(tmp_path: Path, page: Page) -> None:
    with door("root", tmp_path / "home") as (host, _):
        mira, june = host.invite("mira", "human"), host.invite("june", "human", ttl="1s")
        host.ask("POST", "/participants/mira/remove", {})
        page.goto(mira.link)
        expect(page.get_by_role("heading")).to_have_text("You were removed from this room")
        expect(page.locator("main")).to_contain_text("ask them: a new invitation lets you in again")
        deadline = monotonic() + PATIENCE_SECONDS
        while not is_refused(june):
            assert monotonic() < deadline
        page.goto("about:blank")
        page.goto(june.link)
        expect(page.get_by_role("heading")).to_have_text("Your invitation has run out")
        expect(page.locator("main")).to_contain_text("Ask the host for a new link")
        link = host.ask("POST", "/participants/june/rotate", {})["browser_url"]
        page.get_by_label("Your invitation link").fill(link)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your name")).to_be_visible()


def test_who_is_there_when_their_time_is_over_is_told_and_reads_on(tmp_path: Path, page: Page) -> None:
    with door("root", tmp_path / "home") as (host, _):
        june = host.invite("june", "human", ttl="8s")  # long enough to come in on a busy machine
        june.ask("POST", "/join", {})
        host.say("before it was over")
        page.goto(june.link)
        expect(page.get_by_label("Your message")).to_be_visible()
        expect(page.locator(".banner")).to_contain_text("Your invitation has run out. Ask the host", timeout=30_000)
        expect(page.get_by_label("Your message")).to_be_hidden()
        expect(page.get_by_role("log")).to_contain_text("before it was over")
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("Your invitation has run out")


def is_refused(somebody: Somebody) -> bool:
    try:
        somebody.ask("GET", "/wait?hold=0.2")
    except HTTPError as refused:
        return refused.code == 401
    return False


def test_a_refusal_of_coming_in_without_a_name_is_said_too(tmp_path: Path, page: Page) -> None:
    with door("root", tmp_path / "home") as (host, _):
        mira = host.invite("mira", "human")
        page.goto(mira.link)
        page.route("**/join", lambda route: route.abort())
        page.get_by_role("button", name="Join simply as mira").click()
        expect(page.get_by_role("alert")).to_have_text("The room does not answer.")


def test_the_pages_before_the_room_fit_a_small_phone(browser: Browser, tmp_path: Path) -> None:
    with (
        door("root", tmp_path / "home") as (host, _),
        browser.new_page(viewport={"width": 320, "height": 568}, has_touch=True) as phone,
    ):
        mira = host.invite("mira", "human")
        for url in (f"{host.url}/", mira.link):
            phone.goto(url)
            expect(phone.get_by_role("textbox")).to_be_visible()
            assert phone.evaluate("document.documentElement.scrollWidth") <= 320
            for control in (phone.get_by_role("textbox"), *phone.get_by_role("button").all()):
                box = control.bounding_box()
                assert box is not None
                assert box["height"] >= 44
