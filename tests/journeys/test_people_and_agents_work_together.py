"""An afternoon of work: the host and two guests in browsers, an agent by the command line, another with nothing but curl.

Told twice: at the room's own port, and on the public web through Caddy, the broker and the link.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.terminal import serving, start, tell
from tests.journeys.curl_agent import bash, start_attending
from tests.journeys.people import message
from tests.journeys.proxied_rooms import proxied_room
from tests.journeys.test_a_room_from_its_opening_to_its_close import ids, read_lines, until
from tests.qr_codes import seen
from tests.web.rooms import PAINTED, choose

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TIMELINE = """() => [...document.querySelectorAll('[role="log"] [data-id]')].map((row) => Number(row.dataset.id))"""


@dataclass
class Place:
    """Where the room is met: `url` for everybody, `host_home` for its host's commands, `trust` for those of an agent."""

    url: str
    host_home: Path
    token: str = field(repr=False)
    trust: dict[str, str] = field(default_factory=dict)
    curlrc: str = ""


@contextmanager
def direct(folder: Path) -> Iterator[Place]:
    home = folder / "host"
    assert tell(home, "room", "start", "lab", "--alias", "ops", "--brief", "Move the index.").code == 0
    with serving(home) as daemon:
        yield Place(daemon.url, home, json.loads((home / "current-room.json").read_text())["token"])


@contextmanager
def on_the_web(folder: Path) -> Iterator[Place]:
    with proxied_room("caddy", folder) as room:
        ca = str(room.proxy.ca)
        yield Place(room.url, room.home, room.token, {"SSL_CERT_FILE": ca}, f'cacert = "{ca}"\n')


@contextmanager
def sitting(browser: Browser, link: str, *, name: str | None = None, **context: Any) -> Iterator[Page]:
    """Somebody in the room, in a browser of their own."""
    made = browser.new_context(ignore_https_errors=True, **context)
    page = made.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(link)
    if name is not None:
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("log")).to_be_visible()
    yield page
    made.close()
    assert troubles == []


def invited(host: Page, alias: str) -> tuple[str, str]:
    """The link that the host's dialog hands out for a person, and what a phone reads off its QR code."""
    dialog = choose(host, "Invite somebody")
    dialog.get_by_label("Alias").fill(alias)
    dialog.get_by_role("button", name="Invite", exact=True).click()
    dialog = host.get_by_role("dialog", name=f"{alias} is invited")
    link = dialog.get_by_label("The link", exact=True).input_value()
    on_the_phone = seen(dialog.get_by_role("img").evaluate(PAINTED))
    dialog.get_by_role("button", name="Done").click()
    return link, on_the_phone


def says(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(message(page, text)).to_be_visible()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", [direct, on_the_web])
def test_everybody_sees_the_same_timeline(place: Any, tmp_path: Path, browser: Browser) -> None:
    agent, curly = tmp_path / "agent", tmp_path / "curly"
    curly.mkdir()
    (tmp_path / "place").mkdir()
    with place(tmp_path / "place") as room, sitting(browser, f"{room.url}/#token={room.token}") as host:
        (curly / ".curlrc").write_text(room.curlrc, encoding="utf-8")
        for_mira, _ = invited(host, "mira")
        _, for_the_phone = invited(host, "jonas")

        # an agent by the command line, one with curl alone
        link = tell(room.host_home, "room", "invite", "rev", "--json").answer["browser_url"]
        if room.trust:  # who does not know the proxy's authority is told so, and speaks to nobody
            stranger = tell(agent, "room", "join", "-", "--json", stdin=link)
            assert "certificate" in stranger.error["message"]
            assert "SSL_CERT_FILE" in stranger.error["hint"]
        assert tell(agent, "room", "join", "-", "--json", stdin=link, environ=room.trust).answer["alias"] == "rev"
        card = bash(tell(room.host_home, "room", "invite", "curly", "--json").answer["card_command"], curly)
        attending, heard = agent / "attending.jsonl", curly / "heard.jsonl"
        with attending.open("wb") as out:
            cli_agent = start(agent, "attend", "--since", "0", "--json", stdout=out, environ=room.trust)
        curl_agent = start_attending(card, curly)
        try:
            until(lambda: read_lines(heard) and read_lines(attending))
            with (
                sitting(browser, for_mira, name="Mira Holm") as mira,
                sitting(browser, for_the_phone, name="Jonas Beck", **PHONE) as jonas,
            ):
                says(mira, "@curly are you there?")
                expect(message(mira, "heard you at")).to_be_visible()
                expect(message(jonas, "heard you at")).to_be_visible()
                said = tell(agent, "send", "mira", "so far:\n\n- built\n- **green**", "--json", environ=room.trust)
                assert said.code == 0, said.err
                expect(message(mira, "built").locator("li")).to_have_count(2)
                expect(message(jonas, "green").locator("strong")).to_have_text("green")
                says(jonas, "seen on the train")
                says(host, "then we are done")
                for page in (host, mira, jonas):
                    expect(message(page, "then we are done")).to_be_visible()

                choose(host, "Close room").get_by_role("button", name="Close for good").click()
                for page in (host, mira, jonas):
                    expect(page.get_by_text("The room is closed").first).to_be_visible()
                    expect(page.get_by_label("Your message")).to_be_hidden()
                assert cli_agent.wait(30) == 0
                assert curl_agent.wait(30) == 0
                everything = ids([tell(agent, "messages", "--since", "0", "--json", environ=room.trust).answer])
                assert everything == list(range(1, len(everything) + 1))
                assert [page.evaluate(TIMELINE) for page in (host, mira, jonas)] == [everything] * 3
                assert ids(read_lines(attending)) == everything
                assert ids(read_lines(heard)) == everything
        finally:
            for process in (cli_agent, curl_agent):
                process.kill()
                process.communicate()
