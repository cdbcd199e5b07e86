"""What a screen reader would say, read where it reads: in the live regions of the browser's own accessibility tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from tests.cli.terminal import tell
from tests.journeys.people import Somebody, enter, message
from tests.web.rooms import hosted, serving

LOOP_POSTS = 30  # of agents, after which one is paused (docs/protocol.md)


class ScreenReader:
    """Remembers what every live region held, and tells what came in since."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Accessibility.enable")
        self._page = page
        self._known = self._lines()

    def hears(self, how: str, part: str) -> None:
        """Wait until something with `part` in it is said in the way `how` (polite or assertive), and was not before."""
        for _ in range(100):
            lines = self._lines()
            news = [line for line in lines if line not in self._known]
            if any(way == how and part in text for way, text in news):
                self._known = lines
                return
            self._page.wait_for_timeout(100)
        raise AssertionError(f"nobody said {part!r} ({how}); said: {news}")

    def everything_new(self) -> list[tuple[str, str]]:
        return [line for line in self._lines() if line not in self._known]

    def _lines(self) -> list[tuple[str, str]]:
        nodes: list[dict[str, Any]] = self._session.send("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}
        found: list[tuple[str, str]] = []
        for node in nodes:
            way = next((one["value"]["value"] for one in node.get("properties", []) if one["name"] == "live"), "off")
            parent = by_id.get(node.get("parentId", ""), {})
            is_region = any(one["name"] == "live" for one in parent.get("properties", []))
            if way in ("polite", "assertive") and not is_region:
                found += [(way, text) for child in node.get("childIds", []) if (text := _text(by_id, child))]
        return found


def _text(by_id: dict[str, dict[str, Any]], node_id: str) -> str:
    """What is read of a node: its text, without what is hidden."""
    node = by_id.get(node_id)
    if node is None:
        return ""
    if node.get("role", {}).get("value") == "StaticText":
        return str(node.get("name", {}).get("value", ""))
    return "".join(_text(by_id, child) for child in node.get("childIds", []))


def test_news_are_said_and_what_was_there_before_or_is_ones_own_is_not(page: Page, host: Somebody) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    rev.ask("POST", "/join", {})
    for number in range(5):
        rev.say(f"history {number}")
    enter(page, mira, name="Mira Holm")
    message(page, "history 4").wait_for()
    reader = ScreenReader(page)
    assert not any("history" in text for _, text in reader._known)
    rev.say("the **build** is green")
    reader.hears("polite", "the build is green")
    rev.say("@mira which branch?", type="question")
    reader.hears("assertive", "which branch?")
    page.get_by_label("Your message").fill("main")
    page.keyboard.press("Enter")
    expect(message(page, "main")).to_be_visible()
    assert not any("main" in text for _, text in reader.everything_new())


def test_a_close_is_said_at_once(page: Page, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    enter(page, mira, name="Mira Holm")
    reader = ScreenReader(page)
    host.ask("POST", "/close", {})
    reader.hears("assertive", "This room is closed")


def test_what_changes_beside_the_conversation_is_said_where_a_reader_listens_already(
    page: Page, host: Somebody
) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    enter(page, mira, name="Mira Holm")
    pause = page.locator(".paused").get_by_role("status")
    expect(pause).to_have_count(1)  # a region that comes together with its words is not announced
    expect(pause).to_be_empty()
    reader = ScreenReader(page)
    host.ask("POST", "/brief", {"body": "Something else."})
    reader.hears("polite", "The brief changed: v2 by ops")
    for number in range(LOOP_POSTS):
        rev.say(f"step {number}")
    reader.hears("polite", "rev is paused")
    mira.say("go on")
    expect(pause).to_be_empty()
    expect(page.locator(".paused")).to_be_hidden()


def test_a_lost_connection_and_its_return_are_said_once_each(page: Page, tmp_path: Path) -> None:
    with hosted(tmp_path) as host:
        port = host.url.rpartition(":")[2]
        mira = host.invite("mira", "human")
        enter(page, mira, name="Mira Holm")
        reader = ScreenReader(page)
    reader.hears("polite", "Not connected")
    page.wait_for_timeout(3_000)  # several tries later
    again = [text for _, text in reader.everything_new() if "Not connected" in text]
    assert again == []
    with serving(tmp_path, "room", "serve", "--port", port):
        page.get_by_role("button", name="Retry now").click()
        reader.hears("polite", "Connected again")
        assert tell(tmp_path, "room", "status", "--json").code == 0
