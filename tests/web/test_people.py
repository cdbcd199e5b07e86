"""Who is here, and whether anything reaches those who are not: the roster of the browser room."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.people import Somebody, enter

AGENTS = ("rev", "dev", "ada", "bob", "cleo", "dina", "emil", "finn")
PHONE = {"width": 320, "height": 568}


def seat(page: Page, name: str) -> Locator:
    return page.locator(".roster").get_by_role("button", name=name)


def fact(page: Page, term: str) -> Locator:
    return page.locator(f"dialog dt:text-is('{term}') + dd")


def test_who_listens_stands_apart_from_whom_nothing_reaches(page: Page, host: Somebody) -> None:
    rev, dev, mira = host.invite("rev", "agent"), host.invite("dev", "agent"), host.invite("mira", "human")
    host.invite("ada", "agent")
    rev.ask("POST", "/join", {})
    dev.ask("POST", "/join", {})
    dev.ask("POST", "/leave", {})
    enter(page, mira, name="Mira Holm")
    here, elsewhere = page.locator(".roster .group").nth(0), page.locator(".roster .group").nth(1)
    expect(here.get_by_role("heading")).to_have_text("Here 3")
    expect(here.locator(".seat .name")).to_have_text(["Mira Holm", "ops", "rev"])  # people first
    expect(here.locator(".seat .about")).to_have_text(["you", "host"])
    expect(elsewhere.locator(".seat .name")).to_have_text(["dev", "ada"])
    expect(elsewhere.locator(".seat .state")).to_have_text(["cannot be woken", "invited"])
    host.ask("POST", "/participants/ada/remove", {})
    expect(elsewhere.locator(".seat .name")).to_have_text(["dev"])
    dev.ask("POST", "/join", {})
    expect(here.locator(".seat .name")).to_have_text(["Mira Holm", "ops", "dev", "rev"])
    expect(elsewhere).to_be_hidden()


def test_a_seat_tells_on_demand_all_that_is_known_of_it(page: Page, host: Somebody) -> None:
    rev, mira = host.invite("rev", "agent"), host.invite("mira", "human")
    rev.ask("POST", "/join", {})
    told = [host.say(f"line {number}")["id"] for number in range(5)]
    rev.ask("GET", f"/messages?since_id=0&limit={told[2]}")
    rev.ask("POST", "/read", {"through_id": told[0]})
    rev.ask("POST", "/leave", {})
    enter(page, mira, name="Mira Holm")
    last_id = int(host.ask("GET", "/status")["last_id"])
    row = seat(page, "rev")
    row.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="rev")
    expect(fact(page, "Kind")).to_have_text("agent")
    expect(fact(page, "Role")).to_contain_text("guest")
    expect(fact(page, "Attendance")).to_contain_text("left, last seen less than a minute ago · cannot be woken")
    expect(fact(page, "Handed")).to_have_text(f"to #{told[2]}, {last_id - told[2]} behind")
    expect(fact(page, "Read")).to_have_text(f"to #{told[0]}, {last_id - told[0]} behind")
    expect(fact(page, "Attention")).to_have_text("away")
    offered = dialog.get_by_role("button")  # a guest can read what they say, close it, and nothing else
    expect(offered).to_have_text(["✕", "Only messages of rev"])
    rev.ask("POST", "/join", {})  # what is open stays true
    expect(fact(page, "Attendance")).to_contain_text("listening now")
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_what_somebody_does_and_what_wakes_them_is_shown_as_they_say_it(page: Page, host: Somebody) -> None:
    rev, dev = host.invite("rev", "agent"), host.invite("dev", "agent")
    rev.ask("POST", "/join", {"labels": ["reviewer", "docs"]})
    rev.ask("POST", "/attention", {"working_on": "<b>the parser</b>"})
    dev.ask("POST", "/join", {"supported_modes": ["wake_on_event"]})
    dev.ask("POST", "/leave", {})
    enter(page, host)
    expect(seat(page, "rev").locator(".about")).to_have_text("reviewer, docs")
    expect(seat(page, "rev").locator(".state")).to_have_text("working")
    expect(seat(page, "dev").locator(".state")).to_have_text("away")
    seat(page, "rev").click()
    page.get_by_role("button", name="Labels…").click()
    dialog = page.get_by_role("dialog", name="What does rev do here?")
    expect(dialog.get_by_label("Labels")).to_have_value("reviewer docs")
    dialog.get_by_label("Labels").fill("Docs")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("lowercase letters, digits and hyphens")
    dialog.get_by_label("Labels").fill("docs, tests")
    page.keyboard.press("Enter")
    expect(fact(page, "Does")).to_have_text("docs, tests")
    assert host.ask("GET", "/status")["participants"][1]["labels"] == ["docs", "tests"]
    expect(fact(page, "Attendance")).to_contain_text("working on <b>the parser</b>")
    expect(fact(page, "Mode")).to_contain_text("manual")
    page.keyboard.press("Escape")
    seat(page, "dev").click()
    expect(fact(page, "Attendance")).to_contain_text("says it is woken by what concerns it")
    expect(fact(page, "Mode")).to_contain_text("wake_on_event")


def test_what_nobody_declared_is_claimed_of_nobody(page: Page, host: Somebody) -> None:
    host.invite("rev", "agent")
    host.ask("POST", "/attendance", {"policy": "agents-foreground"})
    enter(page, host)
    seat(page, "rev").click()
    expect(fact(page, "Attendance")).to_contain_text("expected, and not listening")
    expect(fact(page, "Attendance")).to_contain_text("policy expects them")
    expect(fact(page, "Last seen")).to_have_text("not yet")
    expect(fact(page, "Read")).to_have_text("nothing yet")
    expect(fact(page, "Runs")).to_contain_text("that the room knows of")


def test_how_long_ago_goes_on_growing_between_two_looks(browser: Browser, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    rev.ask("POST", "/join", {})
    rev.ask("POST", "/leave", {})
    with browser.new_context() as context, context.new_page() as page:
        page.clock.install()
        enter(page, host)
        expect(seat(page, "rev")).to_have_attribute(
            "title", "rev, agent: left, last seen less than a minute ago · cannot be woken"
        )
        page.route("**/status", lambda route: route.abort())  # nobody looks any more
        page.clock.fast_forward("05:00")
        page.clock.run_for(25_000)
        expect(seat(page, "rev")).to_have_attribute("title", "rev, agent: left, last seen 5 min ago · cannot be woken")


def test_eight_agents_are_seen_at_a_glance(browser: Browser, host: Somebody) -> None:
    for alias in AGENTS:
        host.invite(alias, "agent").ask("POST", "/join", {})
    with browser.new_page(viewport={"width": 1024, "height": 640}) as page:
        enter(page, host)
        expect(page.locator(".seat")).to_have_count(9)
        for row in page.locator(".seat").all():
            expect(row).to_be_in_viewport(ratio=1)
            box = row.bounding_box()
            assert box is not None
            assert box["height"] <= 44  # one line


def test_the_roster_is_for_fingers_and_long_names_too(browser: Browser, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    rev.ask("POST", "/profile", {"display_name": "W" * 60})
    rev.ask("POST", "/join", {})
    rev.ask("POST", "/leave", {})
    with browser.new_page(viewport=PHONE, has_touch=True) as phone:
        enter(phone, host)
        phone.get_by_role("button", name="here:").tap()
        box = seat(phone, "WWW").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= PHONE["width"]
        expect(seat(phone, "WWW").locator(".state")).to_be_in_viewport(ratio=1)
        seat(phone, "WWW").tap()
        expect(phone.get_by_role("dialog")).to_be_in_viewport()
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        phone.keyboard.press("Escape")  # it leaves the dialog, and not the roster below it
        expect(phone.locator("dialog")).to_have_count(0)
        expect(seat(phone, "WWW")).to_be_in_viewport()
