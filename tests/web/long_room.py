"""A long room, its real daemon, and what a test measures on its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.history import HOST_TOKEN, make_room
from playwright.sync_api import Page

from tests.journeys.people import Somebody
from tests.web.rooms import serving

TOP = """(id) => document.querySelector(`.rows [data-id="${id}"]`).getBoundingClientRect().top
  - document.querySelector(".scroller").getBoundingClientRect().top"""  # pixels below the top of the timeline
UNDER_EYE = """() => {
  const top = document.querySelector(".scroller").getBoundingClientRect().top;
  const row = [...document.querySelectorAll(".rows [data-id]")].find((one) => one.getBoundingClientRect().top >= top);
  return [Number(row.dataset.id), row.getBoundingClientRect().top - top];
}"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def long_room(folder: Path, *, records: int, days: int = 0) -> Iterator[Somebody]:
    """The host of a room of `records` records, said through the last `days` days, as a daemon serves it."""
    home = make_room(folder, records=records, days=days)
    limits = {
        "AGENTGATHER_POSTS_PER_MINUTE": "100000",
        "AGENTGATHER_WRITES_PER_MINUTE": "100000",
        "AGENTGATHER_LOG_RECORDS_MAX": "1000000",
    }
    with serving(home.root, environ=limits) as daemon:
        yield Somebody(daemon.url, HOST_TOKEN)


def reader(host: Somebody, alias: str, *, read_id: int = 0) -> Somebody:
    """A person with a seat, a name, and who has read through `read_id`."""
    somebody = host.invite(alias, "human")
    somebody.ask("POST", "/join", {})
    if read_id:
        somebody.ask("POST", "/read", {"through_id": read_id})
    return somebody


def scroll(page: Page, position: str) -> None:
    """Scroll to `position`, in pixels, an expression over `scroller`."""
    page.locator(".scroller").evaluate(f"(scroller) => {{ scroller.scrollTop = {position}; }}")
    page.evaluate(SETTLED)


def shown_ids(page: Page) -> list[int]:
    rows: list[int] = page.evaluate(
        "() => [...document.querySelectorAll('.rows [data-id]')].map((row) => Number(row.dataset.id))"
    )
    return rows
