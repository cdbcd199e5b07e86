"""The states worth a picture, each a function from a fresh room to a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.cli.terminal import Serving
from tests.gallery.story import AGENTS, PEOPLE, STORY, tell
from tests.journeys.people import Somebody, message

DESK = {"width": 1280, "height": 832}
PHONE = {"width": 390, "height": 844}
SCALE = 1.5  # sharp where it is read, light in the repository


@dataclass
class Sitting:
    """A room of its own, and where its picture goes."""

    browser: Browser
    host: Somebody
    daemon: Serving
    file: Path

    def voices(self) -> dict[str, Somebody]:
        """Everybody of the story, invited and joined."""
        voices = {alias: self.host.invite(alias, "agent") for alias in AGENTS}
        for alias, name in PEOPLE:
            voices[alias] = self.host.invite(alias, "human")
            voices[alias].ask("POST", "/profile", {"display_name": name})
        for voice in voices.values():
            voice.ask("POST", "/join", {})
        return voices

    @contextmanager
    def page(self, who: Somebody, **context: Any) -> Any:
        """`who` in the room, and the picture taken at the end."""
        opened = self.browser.new_context(**{"viewport": DESK, "device_scale_factor": SCALE, **context})
        page = opened.new_page()
        page.goto(who.link)
        expect(page.get_by_role("log")).to_be_visible()
        yield page
        page.wait_for_timeout(400)  # transitions come to rest
        page.screenshot(path=self.file)
        opened.close()


def busy(sitting: Sitting, **context: Any) -> None:
    voices = sitting.voices()
    with sitting.page(voices["mira"], **context) as page:
        tell(STORY, voices)
        expect(message(page, "shall I also measure")).to_be_visible()


def busy_dark(sitting: Sitting) -> None:
    busy(sitting, color_scheme="dark")


def phone(sitting: Sitting) -> None:
    busy(sitting, viewport=PHONE)


def invitation(sitting: Sitting) -> None:
    mira = sitting.host.invite("mira", "human")
    opened = sitting.browser.new_context(viewport=DESK, device_scale_factor=SCALE)
    page: Page = opened.new_page()
    page.goto(mira.link)
    page.get_by_label("Your name").fill("Mira Holm")
    page.screenshot(path=sitting.file)
    opened.close()


def phone_dark_people(sitting: Sitting) -> None:
    voices = sitting.voices()
    with sitting.page(voices["mira"], viewport=PHONE, color_scheme="dark") as page:
        tell(STORY, voices)
        page.locator(".header .people").click()
        expect(page.get_by_role("heading", name="Brief")).to_be_visible()


def inviting(sitting: Sitting) -> None:
    voices = sitting.voices()
    with sitting.page(sitting.host) as page:
        tell(STORY, voices)
        page.get_by_role("button", name="Invite", exact=True).click()
        page.get_by_label("Alias").fill("lena")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="lena is invited").get_by_role("img")).to_be_visible()


def writing(sitting: Sitting) -> None:
    voices = sitting.voices()
    with sitting.page(voices["mira"]) as page:
        tell(STORY, voices)
        page.get_by_label("Your message").press_sequentially("Yes please, and thanks @fl")
        expect(page.get_by_role("option")).not_to_have_count(0)


def finding(sitting: Sitting) -> None:
    voices = sitting.voices()
    with sitting.page(voices["mira"]) as page:
        tell(STORY, voices)
        expect(message(page, "shall I also measure")).to_be_visible()
        page.keyboard.press("F6")
        page.keyboard.press("/")
        page.keyboard.type("index from:indexer")
        expect(page.get_by_role("search").locator(".hit")).not_to_have_count(0)
        page.keyboard.press("Enter")
        expect(page.locator(".message.found")).to_be_in_viewport()


def offline(sitting: Sitting) -> None:
    voices = sitting.voices()
    with sitting.page(voices["mira"]) as page:
        tell(STORY, voices)
        expect(message(page, "shall I also measure")).to_be_visible()
        sitting.daemon.stop()
        page.get_by_label("Your message").fill("Yes, with and without.")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Retry now")).to_be_visible()


def welcome(sitting: Sitting) -> None:
    opened = sitting.browser.new_context(viewport=DESK, device_scale_factor=SCALE)
    page: Page = opened.new_page()
    page.goto(sitting.host.url + "/")
    expect(page.get_by_role("heading")).to_be_visible()
    page.screenshot(path=sitting.file)
    opened.close()


def closed(sitting: Sitting) -> None:
    voices = sitting.voices()
    with sitting.page(voices["mira"]) as page:
        tell(STORY, voices)
        sitting.host.ask("POST", "/close", {})
        expect(page.get_by_text("This room is closed").first).to_be_visible()


STATES: dict[str, Callable[[Sitting], None]] = {
    "welcome": welcome,
    "invitation": invitation,
    "busy": busy,
    "busy-dark": busy_dark,
    "phone": phone,
    "phone-people": phone_dark_people,
    "writing": writing,
    "inviting": inviting,
    "finding": finding,
    "offline": offline,
    "closed": closed,
}
