"""A real Chromium for the tests of the browser room, and a page that holds its modules without any server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

WEB = Path(__file__).parents[2] / "web"
NAMES = ("chromium", "chromium-browser", "google-chrome")
EXPECT_MS = 15_000  # what is expected comes in a moment; a busy machine may take its time
ORIGIN = "http://modules.test"  # answered by this file; nothing is looked up
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for as long as the context lasts. Without one on this machine the test is skipped, in CI it fails."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium here: sh requirements/system.sh")
    expect.set_options(timeout=EXPECT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def module_page(browser: Browser) -> Page:
    """A blank page on which `import("/<name>")` gives a module of web/."""
    page = browser.new_page()

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ORIGIN + "/")
        if name:
            route.fulfill(path=WEB / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page.route("**/*", answer)
    page.goto(ORIGIN + "/")
    return page
