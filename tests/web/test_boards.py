"""The boards of the room in the browser: the task board, live, by keyboard, on a phone, and for a screen reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.journeys.people import Somebody, enter, person
from tests.web.axe import findings
from tests.web.rooms import choose, hosted
from tests.web.test_for_everyone import OVERFLOW, SMALL, SMALL_TARGETS, TARGET_PIXELS

HOSTILE = '<img src=x onerror="document.title=1">**x**'


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    """One room for all of these tests; each has tasks of its own."""
    with hosted(tmp_path_factory.mktemp("home")) as host:
        yield host


@pytest.fixture(scope="module")
def rev(host: Somebody) -> Somebody:
    return host.invite("rev", "agent")


def boards(page: Page) -> Locator:
    return page.get_by_role("region", name="Boards")


def show(page: Page) -> None:
    page.get_by_role("button", name="Boards").click()
    expect(boards(page).get_by_role("tabpanel", name="Tasks")).to_be_visible()


def row(page: Page, task: int) -> Locator:
    return boards(page).locator(f".task[data-id='{task}']")


def added(somebody: Somebody, title: str, **more: object) -> int:
    return int(somebody.ask("POST", "/tasks", {"title": title, **more})["task"]["id"])


def test_a_person_adds_takes_and_completes_a_task(page: Page, host: Somebody) -> None:
    enter(page, host)
    show(page)
    page.get_by_role("button", name="Add a task").click()
    dialog = page.get_by_role("dialog", name="Add a task")
    expect(dialog.get_by_label("What is to be done")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Title is blank")
    dialog.get_by_label("What is to be done").fill(HOSTILE)
    dialog.get_by_label("The rest of it").fill("All of *it*.")
    dialog.get_by_label("Who may take it").select_option("ops")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The task is on the board.")).to_be_visible()
    (task,) = [one["id"] for one in host.ask("GET", "/tasks")["tasks"] if one["title"] == HOSTILE]
    expect(row(page, task).locator(".task-title")).to_have_text(f"#{task} {HOSTILE}")
    expect(row(page, task).locator(".task-state")).to_have_text("open, for ops")
    row(page, task).get_by_role("button", name="Claim").click()
    expect(page.get_by_text(f"Task {task} is yours.")).to_be_visible()
    expect(row(page, task).locator(".task-state")).to_have_text("claimed by ops")
    expect(row(page, task).get_by_role("button", name=HOSTILE)).to_be_focused()  # what had it is gone
    row(page, task).get_by_role("button", name=HOSTILE).click()
    expect(page.get_by_role("dialog").locator("em")).to_have_text("it")
    page.keyboard.press("Escape")
    row(page, task).get_by_role("button", name="Complete").click()
    page.get_by_label("What came of it").fill("See #4.")
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.get_by_text(f"Task {task} is completed.")).to_be_visible()
    told = host.ask("GET", f"/tasks/{task}")["task"]
    assert (told["status"], told["result"], page.title() != "1") == ("completed", "See #4.", True)
    boards(page).locator("summary").click()
    expect(row(page, task).locator(".task-state")).to_have_text("completed by ops")


def test_what_others_do_is_seen_as_it_happens(page: Page, host: Somebody, rev: Somebody) -> None:
    first = added(host, "before the page came")
    enter(page, host)
    show(page)
    second = added(rev, "after it", depends_on=[first], due="2020-01-01T00:00:00Z")
    expect(row(page, second).locator(".task-state")).to_have_text(f"waits for #{first}")
    expect(row(page, second).locator(".task-due")).to_contain_text("was due")
    expect(row(page, second).get_by_role("button", name="Claim")).to_be_hidden()
    rev.ask("POST", f"/tasks/{first}/claim", {})
    expect(row(page, first).locator(".task-state")).to_have_text("claimed by rev")
    rev.ask("POST", "/leave", {})
    expect(row(page, first).locator(".task-lapsed")).to_have_text("Free again: rev left")
    rev.ask("POST", f"/tasks/{first}/claim", {})
    expect(row(page, first).locator(".task-lapsed")).to_be_hidden()
    row(page, first).get_by_role("button", name="Take back").click()
    expect(row(page, first).locator(".task-state")).to_have_text("open")
    rev.ask("POST", f"/tasks/{first}/claim", {})
    rev.ask("POST", f"/tasks/{first}/complete", {})
    expect(row(page, second).locator(".task-state")).to_have_text("open")
    row(page, second).get_by_role("button", name="after it").click()
    page.get_by_role("button", name="Cancel this task").click()
    page.get_by_label("Why").fill("no need")
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.get_by_text(f"Task {second} is cancelled.")).to_be_visible()
    assert host.ask("GET", f"/tasks/{second}")["task"]["result"] == "no need"


def test_a_task_is_changed_and_given_to_another_and_what_others_changed_meanwhile_stays(
    page: Page, host: Somebody, rev: Somebody
) -> None:
    task = added(rev, "first words", description="All of it.", due="2030-01-05T09:30:00Z")
    rev.ask("POST", f"/tasks/{task}/claim", {})
    enter(page, host)
    show(page)
    row(page, task).get_by_role("button", name="first words").click()
    page.get_by_role("button", name="Edit…").click()
    dialog = page.get_by_role("dialog", name=f"Edit #{task}")
    expect(dialog.get_by_label("The rest of it")).to_have_value("All of it.")
    dialog.get_by_label("What is to be done").fill("other words")
    dialog.get_by_label("Due").fill("2031-02-03T04:05")
    rev.ask("POST", f"/tasks/{task}/edit", {"description": "More of it."})
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"Task {task} is changed.")).to_be_visible()
    told = host.ask("GET", f"/tasks/{task}")["task"]
    due = page.evaluate("(due) => new Date(due) - new Date('2031-02-03T04:05')", told["due"])
    assert (told["title"], told["description"], due) == ("other words", "More of it.", 0)
    row(page, task).get_by_role("button", name="other words").click()
    page.get_by_role("button", name="Reassign…").click()
    dialog = page.get_by_role("dialog", name=f"Who takes #{task}?")
    expect(dialog).to_contain_text("rev is at it.")
    dialog.get_by_label("Who may take it").select_option("ops")
    dialog.get_by_role("button", name="Reassign").click()
    expect(page.get_by_text(f"Task {task} is reassigned.")).to_be_visible()
    expect(row(page, task).locator(".task-state")).to_have_text("open, for ops")
    expect(row(page, task).locator(".task-title")).to_be_focused()


def test_the_keyboard_opens_the_boards_and_comes_back(page: Page, host: Somebody) -> None:
    enter(page, host)
    button = page.get_by_role("button", name="Boards")
    button.focus()
    page.keyboard.press("Enter")
    tab = boards(page).get_by_role("tab", name="Tasks")
    expect(tab).to_be_focused()
    expect(tab).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(boards(page).get_by_role("tab", selected=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(boards(page)).to_have_count(0)
    expect(button).to_be_focused()


def test_who_observes_sees_the_board_and_is_offered_nothing(page: Page, host: Somebody) -> None:
    task = added(host, "for others")
    enter(page, host.invite("eye", "human", role="observer"), name="Eye")
    show(page)
    expect(row(page, task)).to_be_visible()
    expect(page.get_by_role("button", name="Add a task")).to_be_hidden()
    expect(row(page, task).get_by_role("button", name="Claim")).to_be_hidden()


def test_a_board_that_cannot_be_loaded_says_so_and_is_asked_for_again(page: Page, host: Somebody) -> None:
    enter(page, host)
    page.route("**/tasks?*", lambda route: route.abort())
    page.get_by_role("button", name="Boards").click()
    expect(boards(page).get_by_role("alert")).to_contain_text("Tasks could not be loaded.")
    page.unroute("**/tasks?*")
    boards(page).get_by_role("button", name="Try again").click()
    expect(boards(page).get_by_role("tabpanel", name="Tasks")).to_be_visible()
    expect(boards(page).get_by_role("tab", name="Tasks")).to_be_focused()  # what had it is gone


def test_a_board_is_asked_for_once_and_misses_nothing_until_it_is_there(page: Page, host: Somebody) -> None:
    enter(page, host)
    held: list[Route] = []
    page.route("**/tasks?*", lambda route: held.append(route))
    with page.expect_request("**/tasks?*"):
        page.get_by_role("button", name="Boards").click()
    boards(page).get_by_role("tab", name="Contracts").click()
    boards(page).get_by_role("tab", name="Tasks").click()
    expect(boards(page).get_by_role("status")).to_have_text("Loading…")
    task = added(host, "while it was on its way")
    page.locator(".note", has_text="while it was on its way").wait_for()
    (only,) = held
    only.continue_()
    expect(row(page, task)).to_be_visible()


def test_a_board_that_is_pressed_twice_before_it_is_there_is_there(page: Page, host: Somebody) -> None:
    enter(page, host)
    held: list[Route] = []
    page.route("**/boarding.js", lambda route: held.append(route))
    with page.expect_request("**/boarding.js"):
        page.get_by_role("button", name="Boards").click()
    page.get_by_role("button", name="Boards").click()
    held[0].continue_()
    expect(boards(page).get_by_role("tabpanel", name="Tasks")).to_be_visible()


def test_the_boards_come_out_from_behind_what_is_found(page: Page, host: Somebody) -> None:
    enter(page, host)
    for _ in range(2):  # the second time the boards are open, behind it
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_role("search")).to_be_visible()
        expect(boards(page)).to_have_count(0)
        page.get_by_role("button", name="Boards").click()
        expect(boards(page).get_by_role("tab", name="Tasks")).to_be_focused()
        expect(page.get_by_role("search")).to_have_count(0)
    page.get_by_role("button", name="Boards").click()
    expect(boards(page)).to_have_count(0)


def test_a_task_that_is_pressed_twice_opens_once(page: Page, host: Somebody) -> None:
    task = added(host, "pressed twice")
    enter(page, host)
    show(page)
    held: list[Route] = []
    page.route(f"**/tasks/{task}", lambda route: held.append(route))
    title = row(page, task).get_by_role("button", name="pressed twice")
    with page.expect_request(f"**/tasks/{task}"):
        title.click()
    title.click()
    held[0].continue_()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(held) == 1


def test_on_a_phone_it_comes_over_the_room_and_a_finger_finds_everything(browser: Browser, host: Somebody) -> None:
    long = added(host, "x" * 200)
    host.ask("POST", f"/tasks/{long}/claim", {})
    with person(browser, viewport=SMALL, has_touch=True, is_mobile=True) as page:
        enter(page, host)
        choose(page, "Boards")
        expect(row(page, long).get_by_role("button", name="Complete")).to_be_visible()
        assert page.evaluate(SMALL_TARGETS, TARGET_PIXELS) == []
        assert page.evaluate(OVERFLOW) == [0, 0]
        boards(page).get_by_role("button", name="Close").tap()
        expect(page.get_by_role("log")).to_be_visible()


def test_axe_finds_nothing_in_the_boards_and_their_dialogs(page: Page, host: Somebody, rev: Somebody) -> None:
    first = added(host, "first", description="Some *of* it.")
    added(rev, "second", depends_on=[first], due="2020-01-01T00:00:00Z")
    enter(page, host)
    show(page)
    expect(row(page, first)).to_be_visible()
    found = findings(page, parts=(".boards", ".header"))
    row(page, first).get_by_role("button", name="first").click()
    page.get_by_role("dialog").wait_for()
    found += findings(page, parts=("dialog",))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add a task").click()
    page.get_by_role("dialog").wait_for()
    found += findings(page, parts=("dialog",))
    page.keyboard.press("Escape")
    row(page, first).get_by_role("button", name="first").click()
    page.get_by_role("button", name="Reassign…").click()
    page.get_by_role("dialog", name="Who takes").wait_for()
    assert found + findings(page, parts=("dialog",)) == []
