from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import httpx
import pytest
import trio

from agentgather.cli import one_time_link
from agentgather.cli.one_time_link import open_once

LINK = "http://127.0.0.1:8787/#token=agt_secret"


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A browser that writes down its command line, and where it was sent."""
    seen = tmp_path / "seen"
    program = tmp_path / "browser.py"
    program.write_text(
        "import sys, http.client, urllib.parse\n"
        "url = urllib.parse.urlsplit(sys.argv[1])\n"
        "asked = http.client.HTTPConnection(url.netloc)\n"
        "asked.request('GET', url.path)\n"
        "answer = asked.getresponse()\n"
        f"open({str(seen)!r}, 'w').write(' '.join(sys.argv[1:]) + '\\n' + str(answer.getheader('location')))\n"
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {program} %s")
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    return seen


async def test_a_browser_is_sent_to_the_link_and_no_process_list_shows_it(browser: Path) -> None:
    assert await open_once(LINK) is True
    with trio.fail_after(10):
        while not browser.exists() or not browser.read_text().endswith("secret"):
            await trio.sleep(0.01)
    command, location = browser.read_text().split("\n")
    assert location == LINK
    assert "token" not in command
    assert "secret" not in command


async def test_only_the_secret_path_leads_anywhere_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(one_time_link.webbrowser, "open", lambda url: asked.append(url) or True)
    answers: list[httpx.Response] = []

    async def stranger() -> None:
        while not asked:
            await trio.sleep(0.005)
        async with httpx.AsyncClient(trust_env=False) as client:
            address = asked[0].rpartition("/")[0]
            for path in ("/", "/favicon.ico"):
                answers.append(await client.get(address + path))
            answers.append(await client.get(asked[0]))

    came: list[bool] = []

    async def opening() -> None:
        came.append(await open_once(LINK, wait_seconds=10))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(opening)
        nursery.start_soon(stranger)
    assert [answer.status_code for answer in answers] == [404, 404, 303]
    assert [answer.headers.get("location") for answer in answers] == [None, None, LINK]
    assert came == [True]


async def test_without_a_browser_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time_link.webbrowser, "open", lambda url: False)
    assert await open_once(LINK, wait_seconds=0.2) is False
