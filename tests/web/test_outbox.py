"""What becomes of a message between Enter and the room: seen at once, recorded once, in order, and never lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from time import monotonic
from typing import Any

from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.cli.terminal import tell
from tests.journeys.people import Somebody, enter, message, person
from tests.web.rooms import hosted, serving


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def is_post(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/messages")


def own_room(home: Path) -> str:
    assert tell(home, "room", "start", "harbor", "--alias", "ops").code == 0
    return str(json.loads((home / "current-room.json").read_text())["token"])


def test_a_message_is_seen_before_the_room_answers_and_once_after(page: Page, host: Somebody) -> None:
    enter(page, host)
    held: list[Route] = []
    page.route("**/messages", lambda route: held.append(route) if is_post(route.request) else route.continue_())
    with page.expect_request(is_post):
        write(page, "at once")
    expect(page.locator(".draft[data-state=pending]")).to_contain_text("at once")
    expect(page.get_by_label("Your message")).to_have_value("")
    held[0].continue_()
    expect(message(page, "at once")).to_have_count(1)
    expect(page.locator(".draft")).to_have_count(0)


def test_an_answer_that_gets_lost_costs_nothing(page: Page, host: Somebody) -> None:
    enter(page, host)
    ids: list[str] = []

    def lose(route: Route) -> None:
        if not is_post(route.request):
            return route.continue_()
        ids.append(route.request.post_data_json["client_msg_id"])
        if len(ids) > 1:
            return route.continue_()
        route.fetch()  # the room records it, and whoever sent it is never told
        return route.abort()

    page.route("**/messages", lose)
    write(page, "said once")
    expect(message(page, "said once")).to_have_count(1)
    expect(page.locator(".draft")).to_have_count(0)
    assert host.texts() == ["said once"]
    assert len(set(ids)) == 1


def test_the_room_may_tell_to_wait_and_is_waited_for(page: Page, host: Somebody) -> None:
    enter(page, host)
    asked: list[float] = []
    body = {
        "ok": False,
        "error": "rate_limited",
        "message": "mira has used its writes of this minute",
        "retry_after": 2,
    }

    def once_too_many(route: Route) -> None:
        if not is_post(route.request):
            return route.continue_()
        asked.append(monotonic())
        if len(asked) == 1:
            return route.fulfill(status=429, headers={"Retry-After": "2"}, json=body)
        return route.continue_()

    page.route("**/messages", once_too_many)
    write(page, "first")
    write(page, "second")
    waiting = page.locator(".draft").first
    expect(waiting).to_contain_text("takes no more from you for a moment. It goes out by itself at")
    host.say("meanwhile")  # news from the room is no reason to ask before the time
    expect(message(page, "second")).to_be_visible()
    assert asked[1] - asked[0] >= 2
    assert host.texts() == ["meanwhile", "first", "second"]


def test_too_many_messages_of_a_minute_wait_in_a_real_room(tmp_path: Path, page: Page) -> None:
    token = own_room(tmp_path)
    with serving(tmp_path, environ={"AGENTGATHER_POSTS_PER_MINUTE": "2"}) as daemon:
        host = Somebody(daemon.url, token)
        enter(page, host)
        for text in ("one", "two", "three"):
            write(page, text)
        expect(page.locator(".draft[data-state=waiting]")).to_contain_text("takes no more from you for a moment")
        expect(page.locator(".draft")).to_have_count(1)
        daemon.stop()
        with serving(tmp_path, "room", "serve", "--port", daemon.url.rpartition(":")[2]):
            expect(message(page, "two")).to_be_visible()
            page.get_by_role("button", name="Retry", exact=True).click()
            expect(message(page, "three")).to_be_visible()
            assert host.texts() == ["one", "two", "three"]


def test_what_was_sent_to_a_silent_room_goes_out_after_a_reload_once_and_in_order(tmp_path: Path, page: Page) -> None:
    token = own_room(tmp_path)
    with serving(tmp_path) as first:
        host = Somebody(first.url, token)
        asked = host.say("which branch?")
        enter(page, host)
        message(page, "which branch?").hover()
        message(page, "which branch?").get_by_role("button", name="Reply").click()
        lost: list[Route] = []
        page.route("**/messages", lambda route: lost.append(route) if is_post(route.request) else route.continue_())
        with page.expect_request(is_post):
            write(page, "main")
        lost[0].fetch()  # recorded; nobody here knows
        first.stop(signal.SIGKILL)
        lost[0].abort()
        page.unroute("**/messages")
    for number in range(5):
        write(page, f"queued {number}")
    expect(page.locator(".draft[data-state=waiting]")).to_have_count(1)
    with serving(tmp_path, "room", "serve", "--port", first.url.rpartition(":")[2]):
        page.reload()
        said = ["which branch?", "main", *(f"queued {number}" for number in range(5))]
        expect(message(page, "queued 4")).to_be_visible()
        expect(page.locator(".draft")).to_have_count(0)
        assert host.texts() == said
        expect(page.locator(".message .prose")).to_have_text(said)
        records = host.ask("GET", "/messages")["messages"]
        assert next(one for one in records if one["text"] == "main")["reply_to"] == asked["id"]


def test_what_had_arrived_after_all_is_not_on_its_way_after_a_reload(page: Page, host: Somebody) -> None:
    enter(page, host)
    sent: list[dict[str, Any]] = []

    def refuse(route: Route) -> None:
        if not is_post(route.request):
            return route.continue_()
        sent.append(route.request.post_data_json)
        return route.abort()

    page.route("**/messages", refuse)
    write(page, "recorded unseen")
    expect(page.locator(".draft[data-state=waiting]")).to_be_visible()
    page.goto("about:blank")
    page.unroute("**/messages")
    host.ask("POST", "/messages", sent[0])  # what the room does with a request whose answer finds nobody any more
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if is_post(request) else None)
    page.goto(f"{host.url}/")
    expect(message(page, "recorded unseen")).to_have_count(1)
    expect(page.locator(".draft")).to_have_count(0)
    assert asked == []
    assert host.texts() == ["recorded unseen"]


def test_a_crash_of_the_page_loses_neither_what_is_written_nor_what_is_on_its_way(
    browser: Browser, tmp_path: Path, page: Page
) -> None:
    token = own_room(tmp_path)
    with serving(tmp_path) as first:
        host = Somebody(first.url, token)
        enter(page, host)
        first.stop(signal.SIGKILL)
    write(page, "on its way")
    expect(page.locator(".draft[data-state=waiting]")).to_be_visible()
    page.get_by_label("Your message").press_sequentially("half a thought")
    tab = page.context.new_cdp_session(page)  # a page that crashed is none any more for playwright
    with page.expect_event("crash"):
        kill_renderers(browser)
    with serving(tmp_path, "room", "serve", "--port", first.url.rpartition(":")[2]):
        tab.send("Page.reload")
        asked = {"expression": "document.querySelector('.message:not(.draft)') && document.querySelector('#say').value"}
        deadline = monotonic() + 30
        while (shown := tab.send("Runtime.evaluate", asked)["result"].get("value")) is None:
            assert monotonic() < deadline
        assert shown == "half a thought"
        assert host.texts() == ["on its way"]


def kill_renderers(browser: Browser) -> None:
    """End the processes that draw pages, as a crash does: without a word to any page."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    for process in found:
        if process["type"] == "renderer":
            os.kill(process["id"], signal.SIGKILL)


def test_another_seat_in_the_same_tab_sends_nothing_of_the_one_before(page: Page, host: Somebody) -> None:
    mira = host.invite("mira", "human")
    mira.ask("POST", "/join", {})
    enter(page, host)
    page.route("**/messages", lambda route: route.abort() if is_post(route.request) else route.continue_())
    write(page, "the host's own words")
    expect(page.locator(".draft[data-state=waiting]")).to_be_visible()
    page.get_by_label("Your message").fill("and more of them")
    page.unroute("**/messages")
    page.goto(mira.link)
    expect(page.locator(".roster")).to_contain_text("you")
    expect(page.get_by_label("Your message")).to_have_value("")
    expect(page.locator(".draft")).to_have_count(0)


def test_a_room_that_closes_meanwhile_says_so_and_keeps_the_text(page: Page, host: Somebody) -> None:
    enter(page, host)
    page.route("**/messages", lambda route: route.abort() if is_post(route.request) else route.continue_())
    write(page, "too late")
    expect(page.locator(".draft[data-state=waiting]")).to_be_visible()
    page.unroute("**/messages")
    page.route("**/messages", lambda route: route.continue_())
    host.ask("POST", "/close", {})
    failed = page.locator(".draft[data-state=failed]")
    expect(failed).to_contain_text("too late")
    expect(failed.get_by_role("alert")).to_contain_text("the room is closed")
    assert host.texts() == []


def test_what_was_refused_is_taken_back_and_written_anew(page: Page, host: Somebody) -> None:
    enter(page, host)
    body = {"ok": False, "error": "invalid_text", "message": "text holds half of a surrogate pair"}
    page.route(
        "**/messages",
        lambda route: route.fulfill(status=400, json=body) if is_post(route.request) else route.continue_(),
    )
    write(page, "not like this")
    failed = page.locator(".draft[data-state=failed]")
    expect(failed).to_contain_text("half of a surrogate pair")
    page.reload()
    expect(failed).to_contain_text("half of a surrogate pair")  # nor does it go out by itself
    page.unroute("**/messages")
    failed.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_label("Your message")).to_have_value("not like this")
    expect(page.locator(".draft")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(message(page, "not like this")).to_be_visible()
    assert host.texts() == ["not like this"]


def test_whoever_leaves_with_something_unsaid_is_asked_first(page: Page, host: Somebody) -> None:
    enter(page, host)
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    box = page.get_by_label("Your message")
    box.press_sequentially("unsaid")
    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    expect(box).to_have_value("unsaid")
    box.press("Enter")
    expect(message(page, "unsaid")).to_be_visible()
    expect(page.locator(".draft")).to_have_count(0)
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_a_full_outbox_leaves_the_text_where_it_is(browser: Browser, tmp_path: Path) -> None:
    with hosted(tmp_path) as host, person(browser) as page:
        enter(page, host)
        page.route("**/messages", lambda route: route.abort() if is_post(route.request) else route.continue_())
        for number in range(50):
            write(page, f"queued {number}")
        write(page, "one more")
        expect(page.locator(".composer")).to_contain_text("50 messages wait to be sent already")
        expect(page.get_by_label("Your message")).to_have_value("one more")
        page.unroute("**/messages")
        expect(message(page, "queued 49")).to_be_visible(timeout=60_000)
        assert host.texts() == [f"queued {number}" for number in range(50)]
