"""The whole room as a file of the reader's own: for everybody, at home and through a broker that sandboxes the page."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.cli.terminal import tell
from tests.journeys.people import enter, person
from tests.web.rooms import choose, hosted, sandboxed

LINE = "a line that makes the room larger than one part of its export. " * 8


def downloaded(page: Page, label: str) -> tuple[str, str]:
    """The name and the text of the file."""
    dialog = choose(page, "Export")
    dialog.get_by_label(label, exact=False).first.check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    expect(page.locator(".toast")).to_contain_text("in your downloads")
    return download.value.suggested_filename, Path(download.value.path()).read_text()


def test_a_guest_takes_the_whole_room_along(browser: Browser, tmp_path: Path) -> None:
    with hosted(tmp_path) as host, person(browser) as page:
        mira = host.invite("mira", "human")
        for number in range(60):
            host.say(f"{number}: {LINE * 16}")
        enter(page, mira, name="Mira Holm")
        host.say("that was <b>all</b>")
        name, text = downloaded(page, "Markdown")
        assert name == "harbor-export.md"
        assert "Move the *index*" in text
        assert "59: a line" in text
        name, text = downloaded(page, "JSON to work with")
        assert name == "harbor-export.json"
        assert json.loads(text)
        exported = tmp_path / name
        exported.write_text(text)
        assert tell(tmp_path, "verify", str(exported)).code == 0
        name, text = downloaded(page, "JSON Lines")
        assert name == "harbor-export.jsonl"
        records = [json.loads(line) for line in text.splitlines()]
        assert any(record.get("text") == "that was <b>all</b>" for record in records)
        assert mira.token not in text
        host.ask("POST", "/close", {})
        expect(page.locator(".pill")).to_have_text("Closed")
        assert "room closed" in downloaded(page, "JSON Lines")[1]


def test_a_sandboxed_page_hands_the_file_over_too(browser: Browser, tmp_path: Path) -> None:
    with sandboxed(tmp_path) as host, person(browser) as page:
        for number in range(60):
            host.say(f"{number}: {LINE * 16}")
        enter(page, host)
        name, text = downloaded(page, "Markdown")
        assert name == "harbor-export.md"
        assert "59: a line" in text


def test_an_export_that_is_refused_says_so_where_it_was_asked(browser: Browser, tmp_path: Path) -> None:
    with hosted(tmp_path) as host, person(browser) as page:
        mira = host.invite("mira", "human")
        enter(page, mira, name="Mira Holm")
        dialog = choose(page, "Export")
        host.ask("POST", "/participants/mira/remove", {})
        dialog.get_by_role("button", name="Download").click()
        expect(dialog.get_by_role("alert")).to_contain_text("was removed from this room")
