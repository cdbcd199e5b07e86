"""From the public web into a room behind NAT: Caddy or nginx, the broker, the link, the room, and everybody's own client."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise, product
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser, expect

from tests.cli.terminal import Ran, tell
from tests.journeys.curl_agent import bash, by_purpose, environment, start_attending
from tests.journeys.proxied_rooms import DOMAIN, SLUG, START_SECONDS, ProxiedRoom, program, proxied_room
from tests.journeys.proxies import NAMES, Name, proxy
from tests.ports import free_ports

IS_LONG = bool(os.environ.get("AGENTGATHER_LONG"))
STREAM_SECONDS = 63 if IS_LONG else 15  # how long an event stream is read
KEEPALIVE_SECONDS = 15 if IS_LONG else 3
HOLD_SECONDS = 25
AT_ONCE_SECONDS = 2.0  # on a busy machine; a hold is many times as long


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "is_wildcard"), list(product(NAMES, (False, True))), ids=str)
def test_agents_and_people_meet_there(name: Name, is_wildcard: bool, tmp_path: Path, browser: Browser) -> None:
    keepalive = () if IS_LONG else ("--keepalive-seconds", str(KEEPALIVE_SECONDS))
    park = ("--park-seconds", "1")
    with proxied_room(name, tmp_path, is_wildcard=is_wildcard, broker_flags=park, room_flags=keepalive) as room:
        port = room.proxy.port
        assert room.url == (
            f"https://{SLUG}.rooms.localhost:{port}" if is_wildcard else f"https://localhost:{port}/{SLUG}"
        )
        agent = agent_home(room, tmp_path / "agent")
        card = card_of(room, agent)
        joins_as_its_card_says(card, agent)
        holds_a_wait_and_reads_a_stream(room, card, agent)
        hears_a_post_at_once(room, card, agent)
        attending = start_attending(card, agent)
        a_person_comes_with_a_browser(room, browser, agent)
        assert tell(room.home, "room", "close", "--json").answer["ok"]
        out, err = attending.communicate(timeout=60)
        assert attending.returncode == 0, (out, err)
        assert json.loads((agent / "heard.jsonl").read_text().splitlines()[-1])["reason"] == "closed"
        assert room.ask("GET", "/status")["room_status"] == "closed"
        the_host_goes_home(room)
        assert room.broker.stop() == 0
        nothing_is_left_behind(room, card)


def agent_home(room: ProxiedRoom, home: Path) -> Path:
    """Where an agent's curl is told whom to trust, so that a card's commands run as they stand."""
    home.mkdir()
    (home / ".curlrc").write_text(f'cacert = "{room.proxy.ca}"\n', encoding="utf-8")
    return home


def card_of(room: ProxiedRoom, agent: Path) -> str:
    """What the host's invitation leads to, by the command that it prints."""
    issued = tell(room.home, "room", "invite", "rev", "--json").answer
    assert f"'{room.url}/card'" in issued["card_command"]
    card = bash(issued["card_command"], agent)
    assert f"'{room.url}/join'" in card
    assert "http://" not in card
    return card


def joins_as_its_card_says(card: str, agent: Path) -> None:
    told = by_purpose(card)
    assert bash(told.setup, agent) == ""
    assert json.loads(bash(told.join, agent)) == {"ok": True, "participant": "rev"}
    assert json.loads(bash(told.status, agent))["me"] == "rev"
    assert json.loads(bash(told.post, agent))["message"]["from"] == "rev"


def holds_a_wait_and_reads_a_stream(room: ProxiedRoom, card: str, agent: Path) -> None:
    """Side by side: a wait of 25 s that nothing ends, and an event stream in which at first nothing is said."""
    last_id = room.ask("GET", "/status")["last_id"]
    wait = by_purpose(card).wait.replace("since_id=0", f"since_id={last_id}")
    trust = ("--cacert", str(room.proxy.ca), "-H", f"@{room.header_file(room.token)}")
    events = ("-sSN", *trust, f"{room.url}/events?since_id={last_id}")
    with (
        subprocess.Popen(["curl", *events], stdout=subprocess.PIPE) as stream,
        in_the_background(wait, agent) as waiting,
    ):
        started = monotonic()
        assert stream.stdout is not None
        keepalives = []
        while not keepalives or keepalives[-1] - started < STREAM_SECONDS:
            assert (stream.stdout.readline(), stream.stdout.readline()) == (b": here\n", b"\n")
            keepalives.append(monotonic())
        assert keepalives[0] - started < AT_ONCE_SECONDS
        apart = [later - earlier for earlier, later in pairwise(keepalives)]
        assert max(apart) < KEEPALIVE_SECONDS + AT_ONCE_SECONDS, "each of them comes when it is said"
        if not IS_LONG:
            assert waiting.poll() is None
        answer = json.loads(waiting.communicate(timeout=HOLD_SECONDS + 10)[0])
        held_seconds = monotonic() - started
        assert (answer["reason"], answer["messages"]) == ("heartbeat", [])
        assert IS_LONG or HOLD_SECONDS - 1 < held_seconds < HOLD_SECONDS + AT_ONCE_SECONDS
        said = room.ask("POST", "/messages", {"text": "and now something is said"})
        line = b""
        while not line.startswith(b"data: "):
            line = stream.stdout.readline()
            assert line, "the stream ended"
        assert json.loads(line.removeprefix(b"data: "))["id"] == said["message"]["id"]
        stream.terminate()


def hears_a_post_at_once(room: ProxiedRoom, card: str, agent: Path) -> None:
    last_id = room.ask("GET", "/status")["last_id"]
    wait = by_purpose(card).wait.replace("since_id=0", f"since_id={last_id}")
    with in_the_background(wait, agent) as waiting:
        until(lambda: streams_of(room) == 1)  # it is held
        said = room.ask("POST", "/messages", {"text": "@rev are you there?"})["message"]
        posted = monotonic()
        answer = json.loads(waiting.communicate(timeout=HOLD_SECONDS)[0])
        assert monotonic() - posted < AT_ONCE_SECONDS
    assert (answer["reason"], answer["mentioned"], answer["messages"][0]["id"]) == ("message", True, said["id"])
    assert f"{room.url}/wait" in answer["next_cmd"]


def a_person_comes_with_a_browser(room: ProxiedRoom, browser: Browser, agent: Path) -> None:
    """The page loads, speaks, hears, and is what the room's own server made it."""
    link = tell(room.home, "room", "invite", "mira", "--kind", "human", "--json").answer["browser_url"]
    assert link.startswith(room.url + ("/#" if DOMAIN in room.url else "/?"))
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.goto(link)
    page.get_by_label("Your name").fill("Mira Holm")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("log")).to_be_visible()
    page.get_by_label("Your message").fill("hello from the web, @rev")
    page.keyboard.press("Enter")
    expect(page.locator(".message:not(.draft)").filter(has_text="hello from the web")).to_be_visible()
    expect(page.locator(".message").filter(has_text="heard you at").last).to_be_visible()  # the agent's own answer
    room.ask("POST", "/messages", {"text": "said by the host"})
    expect(page.locator(".message").filter(has_text="said by the host")).to_be_visible()
    context.close()
    assert troubles == []


def the_host_goes_home(room: ProxiedRoom) -> None:
    """Its route is kept for it, and whoever asks is told to come again; until the operator closes that, too."""
    assert room.room.stop() == 0
    asked = ("-H", f"@{room.header_file(room.token)}", f"{room.url}/status", "-w", "%{http_code}")
    answer, status = room.curl(*asked).splitlines()
    assert (json.loads(answer)["error"], status) == ("host_unavailable", "503")
    assert tell(room.home, "broker", "close", SLUG, "--admin-socket", str(room.admin_socket)).code == 0
    answer, status = room.curl(*asked).splitlines()
    assert (json.loads(answer)["error"], status) == ("route_closed", "410")


def nothing_is_left_behind(room: ProxiedRoom, card: str) -> None:
    """No token, and no name of the room, in what the proxy and the broker wrote; a name and a key's hash for the lease."""
    written = room.proxy.logged() + room.broker.out.read_text() + room.broker.err.read_text()
    (agents,) = set(re.findall(r"agt_[\w-]+", card))
    for secret in (room.token, agents, "hello from the web", f"/{SLUG}"):
        assert secret not in written
    lines = [json.loads(line) for line in room.broker.out.read_text().splitlines() if line.startswith("{")]
    assert {"wait", "events", "card", "join", "messages"} <= {line["path_class"] for line in lines}
    lease = json.loads((room.home.parent / "leases.json").read_text())
    assert [one["slug"] for one in lease["leases"]] == [SLUG]


@contextmanager
def in_the_background(command: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A card's command that runs in a bash of its own meanwhile."""
    process = subprocess.Popen(["bash", "-c", command], env=environment(home), stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def streams_of(room: ProxiedRoom) -> int:
    ran: Ran = tell(room.home, "broker", "routes", "--admin-socket", str(room.admin_socket), "--json")
    (route,) = ran.answer["routes"]
    return int(route["streams"])


def until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + START_SECONDS
    while not is_so():
        assert monotonic() < deadline
        sleep(0.05)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_files_do_for_a_room_without_a_broker(name: Name, tmp_path: Path) -> None:
    """As docs/remote-exposure.md has it: the proxy leads to the room's own daemon, which is told its public name."""
    home = tmp_path / "home"
    assert tell(home, "room", "start", SLUG, "--alias", "ops").code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    (port,) = free_ports(1)
    url = f"https://localhost:{port}"
    words = ("room", "serve", "--port", "0", "--url", url, "--allow-remote", "--log-format", "json")
    with program(tmp_path / "room", home, *words) as room:
        local = json.loads(room.wait_for('"event":"serving"', where=room.err))["url"]
        with proxy(name, tmp_path / "proxy", upstream_port=int(local.rpartition(":")[2]), port=port) as before:
            (tmp_path / "header").write_text(f"Authorization: Bearer {token}\n")
            trust = ("curl", "-sS", "--cacert", str(before.ca), "-H", f"@{tmp_path}/header")
            asked = [*trust, f"{url}/status"]
            status = json.loads(subprocess.run(asked, capture_output=True, check=True, timeout=30).stdout)
            assert (status["ok"], status["public_url"]) == (True, url)
            said = [*trust, f"{url}/messages", "-H", "Content-Type: application/json", "-H", f"Origin: {url}"]
            said += ["--data-binary", '{"text": "from outside"}']
            answer = json.loads(subprocess.run(said, capture_output=True, check=True, timeout=30).stdout)
            assert answer["message"]["text"] == "from outside"
            events = [*trust, "-N", f"{url}/events"]
            with subprocess.Popen(events, stdout=subprocess.PIPE) as stream:
                assert stream.stdout is not None
                assert stream.stdout.readline() == b": here\n"
                stream.terminate()
        assert room.stop() == 0
