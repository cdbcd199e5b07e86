"""A real browser that keeps a profile, and a person who opens an invitation in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import expect, sync_playwright
from tests.journeys.people import Somebody
from tests.web.chromium import EXPECT_MS, FLAGS, NAMES

from proofs.proof import Disproved

# Every browser remembers what address its person opened, and there is no way for a page to be forgotten: docs/security.md says
# so to whoever sends invitations. All of these are of the browser's own record of addresses, and of the tab that is open.
REMEMBERED = (
    "*/Default/History",
    "*/Default/History-journal",
    "*/Default/Favicons",
    "*/Default/Favicons-journal",
    "*/Default/Sessions/*",
    "*/Default/Session Storage/*",
    "*/segmentation_platform/*",
    "*/Default/Visited Links",
    "*/Default/Top Sites",
    "*/Default/shared_proto_db/*",
)


def browser_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def visit(guest: Somebody, profile: Path, *, name: str, is_private: bool) -> int:
    """Join by the link, reload, leave; answers how many addresses the page and its history had. Raises Disproved.

    `profile` keeps what a browser keeps. `is_private`: as a private window does, which keeps nothing.
    """
    expect.set_options(timeout=EXPECT_MS)
    with sync_playwright() as playwright:
        path, flags = browser_path(), list(FLAGS)
        if is_private:
            flags.append("--incognito")
        context = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=flags)
        try:
            page = context.pages[0]
            referrers: list[str] = []
            context.on("request", lambda request: referrers.append(request.url + request.headers.get("referer", "")))
            page.goto(guest.link)
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Join", exact=True).click()
            expect(page.get_by_role("log")).to_be_visible()
            addresses = [page.url]
            page.reload()
            expect(page.get_by_role("log")).to_be_visible()
            addresses.append(page.url)
            kept = page.evaluate(
                "() => JSON.stringify([document.title, document.cookie, document.documentElement.outerHTML, {...localStorage},"
                " history.state, performance.getEntriesByType('resource').map((one) => one.name)])"
            )
            session = context.new_cdp_session(page)
            entries = [one["url"] for one in session.send("Page.getNavigationHistory")["entries"]]
            sent = [one for one in referrers if not one.startswith(guest.link)]
            for where, text in (
                ("the address bar", addresses),
                ("the way back", entries),
                ("the page, its storage or what it asked for", [kept]),
                ("what was sent", sent),
            ):
                if any(guest.token in one for one in text):
                    raise Disproved(f"the token is in {where} after an invitation was opened")
            return len(addresses) + len(entries) + len(sent)
        finally:
            context.close()
