"""What a person's browser shows where a room would be: why there is none, on a page that looks again by itself.

Looking again keeps the page, and with it the fragment of its address, which holds the token and which no server sees.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from html import escape
from typing import Any

from agentgather_broker.refusals import Refused

GONE_RETRY_SECONDS = 30  # between looks for a room that nobody keeps a place for; its host may still come back

_TITLES = {
    "host_unavailable": "The host of this room is away",
    "rate_limited": "This room is busy",
    "route_request_limit": "This room is busy",
    "route_not_found": "There is no room here at the moment",
    "route_closed": "There is no room here at the moment",
    "route_expired": "There is no room here at the moment",
}
_OTHER_TITLE = "This link opens nothing"
_ABOUT_HOSTS = "A room lives on its host's own computer, which may sleep or have lost the network. Nothing is lost."

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#21262b, #e8e6e0); --soft: light-dark(#596068, #a2a9b1);
  --accent: light-dark(#1d6660, #74c7bb); --line: light-dark(#e3ded3, #2d333a) }
* { box-sizing: border-box; margin: 0 }
body { display: grid; min-height: 100vh; min-height: 100dvh; padding: 1.25rem; place-items: center;
  background: light-dark(#f4f2ec, #14171a); color: var(--ink); font: 1rem/1.55 system-ui, "Noto Sans", sans-serif }
main { display: grid; gap: .875rem; width: min(27rem, 100%); padding: 2rem; border: 1px solid var(--line);
  border-radius: 1.125rem; background: light-dark(#fdfcf9, #1a1e22); overflow-wrap: anywhere }
h1 { font-size: 1.375rem; font-weight: 650; line-height: 1.25; letter-spacing: -.015em }
.mark { color: var(--accent); font-size: .8125rem; font-weight: 650 }
.aside { color: var(--soft); font-size: .8125rem }
button { justify-self: start; min-height: 2.75rem; padding: 0 1.25rem; border: 0; border-radius: .625rem; cursor: pointer;
  background: var(--accent); color: light-dark(#fff, #0e1a19); font: inherit; font-weight: 600 }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
"""

# Asks with HEAD: the broker holds it until the host comes. Only an answer that differs loads the page anew; a broker that
# is itself away, as in an upgrade, leaves this page where it is. A load keeps the fragment, as a refresh may not.
_SCRIPT = """
const { status, seconds } = document.querySelector("main").dataset;
document.querySelector("button").addEventListener("click", () => location.reload());
let timer, isLooking = false;
async function look() {
  if (isLooking) return;
  isLooking = true;
  clearTimeout(timer);
  const answer = await fetch(location.pathname + location.search, { method: "HEAD", cache: "no-store" }).catch(() => null);
  isLooking = false;
  if (answer && String(answer.status) !== status && answer.status !== 429) location.reload();
  else timer = setTimeout(look, (Number(answer?.headers.get("retry-after")) || Number(seconds)) * 1000);
}
timer = setTimeout(look, seconds * 1000);
addEventListener("online", look);
document.addEventListener("visibilitychange", () => document.hidden || look());
"""


def _hash(text: str) -> str:
    """As a policy names an inline style or script (CSP 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_policy(*, is_own_origin: bool) -> bytes:
    """The Content-Security-Policy of such a page. Where rooms share an origin, nothing runs with it, this neither."""
    return (_POLICY if is_own_origin else f"{_POLICY}; sandbox allow-scripts").encode()


def refusal_page(refused: Refused) -> bytes:
    """The page for a person who opens a room and gets `refused` instead."""
    title = escape(_TITLES.get(refused.code, _OTHER_TITLE))
    is_away = refused.code == "host_unavailable"
    why = _ABOUT_HOSTS if is_away else f"{refused.message[:1].upper()}{refused.message[1:]}."
    seconds = -(-(refused.retry_after_seconds or GONE_RETRY_SECONDS) // 1)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · Agent Gather</title>
<style>{_STYLE}</style>
</head>
<body>
<main data-status="{refused.status}" data-seconds="{seconds:.0f}">
<p class="mark">Agent Gather</p>
<h1>{title}</h1>
<p>{escape(why)}</p>
<p>Keep this page open: it looks again by itself, and your invitation is kept.</p>
<button type="button">Look now</button>
<noscript><p class="aside">Looking again by itself needs JavaScript, as the room does: reload this page instead.</p></noscript>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
""".encode()


def is_navigation(scope: Any) -> bool:
    """Whether a person's browser opens a page. Agents never see a page: they do not ask for HTML."""
    if scope["method"] != "GET":
        return False
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return b"text/html" in accepted.lower()
