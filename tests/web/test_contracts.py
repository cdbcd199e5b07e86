"""The contracts in the browser: what broke for whom, who knows of it, and how they say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import Somebody, enter
from tests.web.axe import findings
from tests.web.rooms import hosted

HOSTILE = '<img src=x onerror="document.title=1">'
TURNED = "\u202eecin"
ORDER: dict[str, Any] = {"type": "object", "title": HOSTILE, "properties": {"id": {"type": "integer"}}}
WIDER: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "number"}, HOSTILE: {"type": "string"}}}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with hosted(tmp_path_factory.mktemp("home")) as host:
        yield host


def contracts(page: Page) -> Locator:
    page.get_by_role("button", name="Boards").click()
    boards = page.get_by_role("region", name="Boards")
    boards.get_by_role("tab", name="Contracts").click()
    return boards.get_by_role("tabpanel", name="Contracts")


def test_a_person_sees_what_breaks_them_and_says_that_they_know(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    enter(page, host)
    board = contracts(page)
    expect(board.get_by_text("Nothing has been agreed on yet.")).to_be_visible()
    rev.ask("POST", "/contracts/orders", {"document": ORDER})
    expect(board.get_by_role("button", name="orders v1")).to_be_visible()
    board.get_by_role("button", name="I read this").click()
    expect(board.get_by_text("you read it")).to_be_visible()
    rev.ask("POST", "/contracts/orders", {"document": WIDER, "note": HOSTILE})
    expect(board.locator(".contract-state")).to_contain_text("breaks consumers")
    expect(board.locator(".contract-pending")).to_contain_text("(v2)")

    board.get_by_role("button", name="orders v2").click()
    dialog = page.get_by_role("dialog", name="orders")
    expect(dialog.locator(".differences")).to_contain_text("/properties/id/type type: breaks consumers")
    expect(dialog.get_by_role("region", name="Document")).to_contain_text("<img src=x")
    assert findings(page, parts=("dialog",)) == []
    dialog.get_by_label("Version").select_option("1")
    expect(dialog.get_by_text("What changed")).to_have_count(0)
    page.keyboard.press("Escape")

    assert findings(page, parts=(".boards",)) == []
    board.get_by_role("button", name="Acknowledge").click()
    expect(board.locator(".contract-pending")).to_be_hidden()
    expect(board.get_by_role("button", name="orders v2")).to_be_focused()  # what had it is gone
    assert rev.ask("GET", "/contracts")["contracts"][0]["pending"] == []
    assert page.title() != "1"


def test_what_a_document_says_turns_over_no_word_of_the_page(page: Page, host: Somebody) -> None:
    turned: dict[str, Any] = {"type": "object", "properties": {TURNED: {"type": "integer", "title": TURNED}}}
    for document in ({"type": "object"}, turned):
        host.ask("POST", "/contracts/turned", {"document": document, "note": TURNED})
    enter(page, host)
    contracts(page).get_by_role("button", name="turned v2").click()
    dialog = page.get_by_role("dialog", name="turned")
    expect(dialog.locator(".differences .invisible").first).to_have_text("‹RLO›")
    expect(dialog.get_by_role("region", name="Document").locator(".invisible")).to_have_count(2)
    assert "\u202e" not in dialog.inner_text()


def test_a_version_that_cannot_be_had_leaves_the_one_that_is_shown(page: Page, host: Somebody) -> None:
    for document in ({"type": "object"}, {"type": "string"}):
        host.ask("POST", "/contracts/lost", {"document": document})
    enter(page, host)
    contracts(page).get_by_role("button", name="lost v2").click()
    dialog = page.get_by_role("dialog", name="lost")
    page.route("**/contracts/lost?*", lambda route: route.abort())
    dialog.get_by_label("Version").select_option("1")
    expect(dialog.get_by_role("alert")).to_have_text("The room does not answer.")
    expect(dialog.get_by_label("Version")).to_have_value("2")
    expect(dialog.get_by_role("region", name="Document")).to_contain_text("string")


def test_who_observes_is_offered_nothing(page: Page, host: Somebody) -> None:
    host.ask("POST", "/contracts/seen", {"document": {}})
    enter(page, host.invite("eye", "human", role="observer"), name="Eye")
    board = contracts(page)
    expect(board.get_by_role("button", name="seen v1")).to_be_visible()
    expect(board.get_by_role("button", name="I read this")).to_have_count(0)
