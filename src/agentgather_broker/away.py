"""What a person's browser shows while the host of a room is away: a page that looks again by itself."""

from __future__ import annotations

from typing import Any

RETRY_SECONDS = 5

_PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{RETRY_SECONDS}">
<meta name="color-scheme" content="light dark">
<title>The host is away</title>
<main>
<h1>The host of this room is away</h1>
<p>Its computer sleeps, or has lost the network. Nothing is lost: the room lives there, not here.</p>
<p>This page looks again every {RETRY_SECONDS} seconds.</p>
</main>
</html>
"""


def away_page() -> bytes:
    return _PAGE.encode()


def is_navigation(scope: Any) -> bool:
    """Whether a person's browser opens a page. Agents never see a page: they do not ask for HTML."""
    if scope["method"] != "GET":
        return False
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return b"text/html" in accepted.lower()
