"""People with a browser, and others with a seat who speak to the same room without one."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect


@dataclass
class Somebody:
    """A seat, and how whoever has it speaks to the room without a browser."""

    url: str
    token: str = field(repr=False)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.url + path, method=method, data=sent, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer))

    def say(self, text: str, **more: Any) -> dict[str, Any]:
        return dict(self.ask("POST", "/messages", {"text": text, **more})["message"])

    def invite(self, alias: str, kind: str, **more: Any) -> Somebody:
        return Somebody(self.url, self.ask("POST", "/invites", {"alias": alias, "kind": kind, **more})["token"])

    def texts(self) -> list[str]:
        """Everything that was said, the room's own notes left out."""
        records = self.ask("GET", "/messages")["messages"]
        return [record["text"] for record in records if record["type"] != "system"]

    @property
    def link(self) -> str:
        return f"{self.url}/#token={self.token}"


@contextmanager
def person(browser: Browser, **settings: Any) -> Iterator[Page]:
    """A new person's browser. Whatever its console complains of, a policy that was broken included, fails the test."""
    context = browser.new_context(**settings)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert troubles == []


def enter(page: Page, somebody: Somebody, *, name: str | None = None) -> None:
    """Open the link, be called `name`, and stand in the room."""
    page.goto(somebody.link)
    if name is not None:
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("log")).to_be_visible()


def message(page: Page, text: str) -> Locator:
    """The row of what was said and recorded."""
    return page.locator(".message:not(.draft)").filter(has_text=text)
