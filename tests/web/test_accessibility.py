"""What axe-core finds in the room, in every state that matters, light and dark: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gallery.story import AGENTS, PEOPLE, STORY, tell
from tests.journeys.people import Somebody, enter, message
from tests.web.axe import findings

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Of the rows only the one that is gone to lets the focus into what it holds: test_keyboard scrolls its code.
    "rules": {"scrollable-region-focusable": {"enabled": False}},
}
THEMES = ("light", "dark")


def voices(host: Somebody) -> dict[str, Somebody]:
    found = {alias: host.invite(alias, "agent") for alias in AGENTS}
    for alias, name in PEOPLE:
        found[alias] = host.invite(alias, "human")
        found[alias].ask("POST", "/profile", {"display_name": name})
    for voice in found.values():
        voice.ask("POST", "/join", {})
    return found


def no_invitation(page: Page, host: Somebody) -> None:
    page.goto(host.url + "/")
    expect(page.get_by_role("heading")).to_be_visible()


def name_to_choose(page: Page, host: Somebody) -> None:
    page.goto(host.invite("mira", "human").link)
    expect(page.get_by_label("Your name")).to_be_visible()


def busy(page: Page, host: Somebody) -> None:
    everybody = voices(host)
    tell(STORY, everybody)
    enter(page, everybody["mira"])
    expect(message(page, "shall I also measure")).to_be_visible()


def people_on_a_phone(page: Page, host: Somebody) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    busy(page, host)
    page.locator(".header .people").click()
    expect(page.get_by_role("heading", name="Brief")).to_be_visible()


def keys(page: Page, host: Somebody) -> None:
    enter(page, host)
    page.keyboard.press("F6")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def closed(page: Page, host: Somebody) -> None:
    enter(page, host)
    host.say("last words")
    host.ask("POST", "/close", {})
    expect(page.get_by_text("The room is closed").first).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", [no_invitation, name_to_choose, busy, people_on_a_phone, keys, closed])
def test_axe_finds_nothing(
    browser: Browser, host: Somebody, state: Callable[[Page, Somebody], None], theme: str
) -> None:
    context = browser.new_context(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    state(page, host)
    assert findings(page, options=RULES) == []
    context.close()


def test_axe_is_awake(page: Page, host: Somebody) -> None:
    enter(page, host)
    page.evaluate("document.querySelector('textarea').removeAttribute('id')")  # its label speaks of nobody now
    page.evaluate("document.querySelector('textarea').removeAttribute('placeholder')")
    page.evaluate("document.querySelector('textarea').removeAttribute('aria-label')")
    assert any(line.startswith("label:") for line in findings(page, options=RULES))
