"""What most tests of the browser room begin with: a browser, a room that is served, and a person's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.people import Somebody, person
from tests.web.chromium import chromium
from tests.web.rooms import hosted


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Somebody]:
    with hosted(tmp_path) as host:
        yield host


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with person(browser) as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as opened:
        yield opened
