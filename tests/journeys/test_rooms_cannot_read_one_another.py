"""A hostile host's page, in a real browser beside a victim's: it reads nothing of it, wherever rooms are published.

The same script reads everything once the broker's sandbox is taken away from the shared origin: it is what keeps them apart.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.cli.terminal import serving, tell
from tests.journeys.hostile_host import CHILD, DOCUMENTS, GRANTS, GRANTS_KEPT, SCRIPT, hostile_host
from tests.journeys.people import Somebody, message

Shape = Literal["shared", "own", "unprotected"]
STORED = "canary-stored"
SAID = "canary-said"
BRIEF = "canary-brief"
NAME = "Canary Holm"
SPOKEN = "spoken with a stolen token"  # by hostile_room.js
Outcomes = dict[str, dict[str, str]]


@dataclass
class Neighbours:
    """Two rooms of one broker. `host` speaks to the victim's where it is; `victim` and `hostile` are URLs with a slash."""

    broker: str
    victim: str
    hostile: str
    host: Somebody
    home: Path


@contextmanager
def neighbours(folder: Path, shape: Shape) -> Iterator[Neighbours]:
    home = folder / "home"
    assert tell(home, "room", "start", "victim", "--alias", "ops", "--brief", BRIEF).code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    flags = ("--wildcard-domain", "rooms.localhost") if shape == "own" else ()
    calm = ("--strangers-per-minute", "10000", "--requests-per-minute", "10000")
    with serving(folder / "broker", "broker", "serve", "--port", "0", *flags, *calm, "--json") as broker:
        url = broker.told["url"]
        served = ("room", "serve", "--port", "0", "--broker", url, "--subdomain", "victim", "--json")
        with serving(home, *served) as room, hostile_host(url, "hostile") as hostile:
            host = Somebody(room.told["url"], token)
            host.invite("mira", "human")
            host.say(SAID)
            yield Neighbours(url, f"{room.told['public_url']}/", f"{hostile}/", host, home)


@pytest.fixture(scope="module", params=["shared", "own", "unprotected"])
def shape(request: pytest.FixtureRequest) -> Shape:
    shape: Shape = request.param
    return shape


@pytest.fixture(scope="module")
def rooms(shape: Shape, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    with neighbours(tmp_path_factory.mktemp(shape), shape) as rooms:
        yield rooms


@pytest.fixture
def profile(shape: Shape, browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser."""
    context = browser.new_context()
    if shape == "unprotected":
        context.route("**/*", without_sandbox)
    yield context
    context.unroute_all(behavior="ignoreErrors")
    context.close()


def without_sandbox(route: Route) -> None:
    """The broker's answers as they would be had it not sandboxed documents."""
    if route.request.resource_type in ("fetch", "xhr"):
        route.continue_()
        return
    answer = route.fetch(max_redirects=0)
    policies = [pair["value"] for pair in answer.headers_array if pair["name"].lower() == "content-security-policy"]
    kept = ", ".join(policy for policy in policies if not policy.startswith("sandbox "))
    route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": kept})


@pytest.fixture
def guest(rooms: Neighbours) -> Somebody:
    """The victim, with a link that is new."""
    issued = rooms.host.ask("POST", "/participants/mira/rotate", {})
    return Somebody(rooms.victim.rstrip("/"), issued["token"])


@pytest.fixture
def tab(profile: BrowserContext) -> Page:
    return profile.new_page()


def join(page: Page, guest: Somebody) -> None:
    page.goto(guest.link)
    log, name = page.get_by_role("log"), page.get_by_label("Your name")
    expect(log.or_(name)).to_be_visible()
    if name.is_visible():
        name.fill(NAME)
        page.get_by_role("button", name="Join", exact=True).click()
    expect(message(page, SAID).first).to_be_visible()


def plant(page: Page) -> Outcomes:
    """Leave STORED in everything that keeps something for the page's origin."""
    outcomes: Outcomes = page.evaluate(f"(mark) => {{ {SCRIPT}; return attemptAll(PLANTS, mark) }}", STORED)
    return outcomes


def loot(outcomes: Outcomes, guest: Somebody) -> set[str]:
    """The attempts that got hold of something of the victim's, or of where they are."""
    secrets = (guest.token, STORED, SAID, BRIEF, NAME, guest.url)
    return {name for name, outcome in outcomes.items() if any(one in outcome.get("got", "") for one in secrets)}


def refusals(outcomes: Outcomes) -> dict[str, str]:
    return {name: outcome["refused"] for name, outcome in outcomes.items() if "refused" in outcome}


STORES = {"localStorage", "sessionStorage", "cookie", "indexedDB", "caches", "files"}
HARMLESS = {"history", "navigation", "timing"}  # of the own window: there to be asked, and without the victim's
EXPOSED: dict[Shape, set[str]] = {"shared": set(), "own": set(), "unprotected": STORES | {"blankFrame", "ownFrame"}}


def test_what_is_kept_for_the_victims_page_is_out_of_reach(
    rooms: Neighbours, shape: Shape, tab: Page, guest: Somebody
) -> None:
    """The hostile page comes after the victim's in the same tab, with all its history; another tab has the room open."""
    if shape == "shared":  # the origin does have a store, which pages of the broker itself could use
        tab.goto(f"{rooms.broker}/healthz")
        assert refusals(plant(tab)) == {}
    join(tab, guest)
    assert refusals(plant(tab)) == (dict.fromkeys(STORES, "SecurityError") if shape == "shared" else {})
    join(tab.context.new_page(), guest)
    answer = tab.goto(rooms.hostile)
    assert answer is not None
    if shape != "unprotected":
        assert set(GRANTS) & set(answer.headers) == GRANTS_KEPT
    outcomes: Outcomes = tab.evaluate("(victim) => attemptAll(RAIDS, victim)", rooms.victim)
    assert loot(outcomes, guest) == EXPOSED[shape], outcomes
    if shape == "shared":
        assert set(outcomes) - set(refusals(outcomes)) == HARMLESS
        assert tab.evaluate("self.origin") == "null"
    stolen = tab.evaluate("(victim) => attempt(() => speak(victim))", rooms.victim)
    assert (SAID in stolen.get("got", "")) == (shape == "unprotected")
    assert (SPOKEN in rooms.host.texts()) == (shape == "unprotected")


@pytest.mark.parametrize("shape", ["shared", "own"], indirect=True, scope="module")
def test_a_hostile_page_reads_what_any_stranger_reads_and_writes_nothing(
    rooms: Neighbours, shape: Shape, tab: Page, guest: Somebody
) -> None:
    join(tab, guest)
    said, last_id = rooms.host.texts(), rooms.host.ask("GET", "/status")["last_id"]
    hostile = tab.context.new_page()
    hostile.goto(rooms.hostile)
    outcomes: Outcomes = hostile.evaluate("(victim) => readings(victim)", rooms.victim)
    assert loot(outcomes, guest) == set()
    for asked, outcome in outcomes.items():
        mode, _, path = asked.split(" ")
        if "refused" in outcome or mode == "no-cors":
            assert outcome.get("got", "") == "", "it may be asked for, not read"
        else:
            assert shape == "shared"
            assert (mode, outcome["got"]) == ("cors", as_a_stranger(rooms.victim + path.lstrip("/")))
    assert shape == "own" or "got" in outcomes["cors omit /status"]
    assert refusals(outcomes).keys() >= {asked for asked in outcomes if " include " in asked and "no-cors" not in asked}
    hostile.evaluate("(victim) => forge(victim)", rooms.victim)
    status = rooms.host.ask("GET", "/status")
    assert (rooms.host.texts(), status["last_id"], status["room_status"]) == (said, last_id, "open")


def as_a_stranger(url: str) -> str:
    """What anybody gets there without a browser and without a token."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.read().decode()


def test_a_window_that_shows_the_victims_page_is_closed_to_who_opened_it(
    rooms: Neighbours, shape: Shape, tab: Page, guest: Somebody
) -> None:
    tab.goto(rooms.hostile)
    with tab.context.expect_page() as opening:
        tab.evaluate("void (window.prey = open('child', 'prey'))")
    prey = opening.value
    assert tab.evaluate("prey.closed") is False, "it is a window of this page"
    tab.evaluate("listen()")
    prey.evaluate("(link) => void (location.href = link)", guest.link)
    expect(message(prey, SAID).first).to_be_visible()
    said = rooms.host.texts()
    outcomes: Outcomes = tab.evaluate("() => attemptAll(SPYING)")
    expected = {"text", "storage", "href"} if shape == "unprotected" else set()
    assert loot(outcomes, guest) == expected, outcomes
    prey.evaluate("(mark) => { new BroadcastChannel('agentgather').postMessage(mark) }", STORED)
    assert (STORED in tab.evaluate("heard()")) == (shape == "unprotected")
    tab.evaluate("spoof()")
    rooms.host.say("after all that")
    expect(message(prey, "after all that").last).to_be_visible()
    expect(prey.locator(".banner")).to_be_hidden()
    assert rooms.host.texts() == [*said, "after all that"]


@pytest.mark.parametrize("shape", ["shared"], indirect=True, scope="module")
def test_no_document_of_a_host_gets_the_origin_that_rooms_share(
    rooms: Neighbours, shape: Shape, tab: Page, guest: Somebody
) -> None:
    """Whatever its status and kind, and in windows that leave the sandbox of the page that opened them."""
    for path in DOCUMENTS:
        tab.goto(rooms.hostile.rstrip("/") + path)
        assert tab.evaluate("[self.origin, window.loot]") == ["null", "SecurityError"], path
    for opened in (
        "'about:blank'",
        "'child'",
        "'child', '', 'noopener'",
        f"URL.createObjectURL(new Blob([`{CHILD}`]))",
    ):
        tab.goto(rooms.hostile)
        with tab.context.expect_page() as opening:
            tab.evaluate(f"void (window.child = open({opened}))")
        child = opening.value
        child.wait_for_load_state()
        assert child.evaluate("self.origin") == "null", opened
        assert "refused" in child.evaluate(f"() => {{ {SCRIPT}; return attempt(RAIDS.localStorage) }}"), opened


@pytest.mark.parametrize("shape", ["shared"], indirect=True, scope="module")
def test_an_invitation_is_not_followed_inside_a_page_that_took_the_rooms_address(
    rooms: Neighbours, shape: Shape, tab: Page, guest: Somebody
) -> None:
    """What the sandbox leaves to a page, the mark in the link takes from it."""
    tab.goto(rooms.hostile)
    tab.evaluate("(victim) => lieInWait(victim)", rooms.victim)
    assert tab.url == rooms.victim
    tab.goto(guest.link)
    assert tab.evaluate("window.loot") == guest.link, "so a link without a mark would be lost"

    tab.goto(rooms.hostile)
    tab.evaluate("(victim) => lieInWait(victim)", rooms.victim)
    issued = tell(rooms.home, "room", "invite", "june", "--kind", "human", "--json").answer
    assert issued["browser_url"].startswith(f"{rooms.victim}?")
    tab.goto(issued["browser_url"])
    expect(tab.get_by_label("Your name")).to_be_visible()
    assert tab.evaluate("window.loot") is None
