"""The tabs of a person, and what the tests of staying ask of them: what they show, and what they hold open."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.journeys.people import Somebody, enter

# Chromium keeps every page of a driven browser in front: a test says itself which one its person looks at.
AWAY = """Object.defineProperty(document, "hidden", {get: () => window.isAway ?? false});
Object.defineProperty(document, "visibilityState", {get: () => document.hidden ? "hidden" : "visible"});
document.hasFocus = () => !document.hidden;"""


@dataclass
class Streams:
    """The streams of the room's records that a browser holds open."""

    held: set[Request] = field(default_factory=set)
    begun: int = 0

    @staticmethod
    def of(context: BrowserContext) -> Streams:
        streams = Streams()
        context.on("request", streams._begin)
        context.on("requestfinished", streams._end)
        context.on("requestfailed", streams._end)
        return streams

    def _begin(self, request: Request) -> None:
        if "/events?" in request.url:
            self.begun += 1
            self.held.add(request)

    def _end(self, request: Request) -> None:
        self.held.discard(request)


def open_tab(context: BrowserContext, somebody: Somebody) -> Page:
    """One more tab of this browser in which `somebody`, who has a name already, is in the room."""
    page = context.new_page()
    page.add_init_script(AWAY)
    enter(page, somebody)
    return page


def turn(page: Page, *, is_away: bool) -> None:
    """The person looks at this tab, or at something else."""
    page.evaluate(
        "(isAway) => { window.isAway = isAway; document.dispatchEvent(new Event('visibilitychange')); }", is_away
    )


def said_ids(somebody: Somebody) -> list[int]:
    """The ids in the log of what was said."""
    records = somebody.ask("GET", "/messages")["messages"]
    return [record["id"] for record in records if record["type"] != "system"]


def shows_all(page: Page, somebody: Somebody, *, within_seconds: float = 30) -> None:
    """Wait until `page` shows what was said, every record once and in order."""
    wanted = said_ids(somebody)
    rows = page.locator(".message:not(.draft)[data-id]")
    expect(rows.last).to_have_attribute("data-id", str(wanted[-1]), timeout=within_seconds * 1000)
    assert rows.evaluate_all("rows => rows.map((row) => Number(row.dataset.id))") == wanted
