"""Whoever opens a room that is not there gets a page; whoever asks as an agent does, or as a page does, gets JSON."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

import pytest
import trio

from agentgather_broker.away import page_policy, refusal_page
from agentgather_broker.refusals import STATUS_OF, Refused
from tests.broker.brokers import RunningBroker, keep_running, quick_settings

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("is_own_origin", [True, False])
def test_nothing_but_the_pages_own_style_and_script_is_allowed_to_run(is_own_origin: bool) -> None:
    page = refusal_page(Refused("host_unavailable", "away", status=503)).decode()
    policy = page_policy(is_own_origin=is_own_origin).decode()
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for tag in ("style", "script"):
        (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        named = base64.b64encode(sha256(inline.encode()).digest()).decode()
        assert directives[f"{tag}-src"] == f"'sha256-{named}'"
    assert directives.get("sandbox") == (None if is_own_origin else "allow-scripts")
    assert not re.search(r"""\son\w+=|\sstyle=|javascript:|https?:|src=""", page)


@pytest.mark.parametrize("code", STATUS_OF)
def test_a_message_is_text_on_the_page(code: str) -> None:
    page = refusal_page(Refused(code, "<script>x</script>")).decode()
    assert "<script>x" not in page
    assert page.count("<h1>") == page.count("<main ") == 1
    assert f'data-status="{STATUS_OF[code]}" data-seconds="30"' in page


def test_a_page_looks_again_when_it_was_told_to() -> None:
    assert 'data-seconds="8"' in refusal_page(Refused("rate_limited", "busy", retry_after_seconds=7.2)).decode()


async def test_a_person_who_finds_no_room_gets_a_page(broker: RunningBroker) -> None:
    for path in ("/nobody", "/nobody/", "/nobody/messages", "/", "/a%5c..%5cb/"):
        page = await broker.ask("GET", path, headers=BROWSER)
        assert page.status_code in (400, 404)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox allow-scripts" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert path == "/" or path not in page.text
    for method, accept in (("GET", "*/*"), ("GET", "application/json"), ("POST", BROWSER["accept"])):
        answer = await broker.ask(method, "/nobody/x", headers={"accept": accept})
        assert answer.json()["error"] == "route_not_found"


async def test_a_sandboxed_page_may_read_why_its_room_is_gone(broker: RunningBroker) -> None:
    asking = {
        "origin": "null",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    allowed = await broker.ask("OPTIONS", "/nobody/status", headers=asking)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, "null")
    refused = await broker.ask("GET", "/nobody/status", headers={"origin": "null"})
    assert refused.json()["error"] == "route_not_found"
    assert (refused.headers["access-control-allow-origin"], refused.headers["vary"]) == ("null", "origin")
    for origin in ("https://evil.example", broker.url):
        answer = await broker.ask("GET", "/nobody/status", headers={"origin": origin})
        assert "access-control-allow-origin" not in answer.headers


async def test_where_a_room_has_its_own_origin_its_refusals_are_its_own(nursery: trio.Nursery) -> None:
    running = await nursery.start(keep_running, quick_settings(wildcard_domain="rooms.example"))
    name = {"host": "nobody.rooms.example", "origin": "null"}
    answer = await running.ask("GET", "/status", headers=name)
    assert answer.json()["error"] == "route_not_found"
    assert "access-control-allow-origin" not in answer.headers
    page = await running.ask("GET", "/", headers=name | BROWSER)
    assert "sandbox" not in page.headers["content-security-policy"]
    await running.stop()
