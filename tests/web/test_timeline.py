"""Reading a long room, in a real Chromium against the real daemon: where it opens, and that nothing moves under the eye."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.journeys.people import Somebody, enter, message
from tests.web.long_room import SETTLED, TOP, UNDER_EYE, long_room, reader, scroll, shown_ids
from tests.web.tabs import AWAY, turn

RECORDS = 1_200
ROWS_MAX = 500
GROW = """(id) => {
  const row = document.querySelector(`.rows [data-id="${id}"]`);
  row.style.paddingBlockEnd = `${parseFloat(row.style.paddingBlockEnd || 0) + 37.3}px`;
}"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with long_room(tmp_path_factory.mktemp("room"), records=RECORDS) as somebody:
        yield somebody


@pytest.fixture
def mira(host: Somebody, request: pytest.FixtureRequest) -> Somebody:
    return reader(host, f"mira-{abs(hash(request.node.name)) % 10**6}", read_id=getattr(request, "param", 0))


def last_id(host: Somebody) -> int:
    return int(host.ask("GET", "/status")["last_id"])


def row(page: Page, record_id: int) -> str:
    return f".rows [data-id='{record_id}']"


@pytest.mark.parametrize("mira", [600], indirect=True)
def test_the_room_opens_at_the_first_message_that_is_new(page: Page, mira: Somebody) -> None:
    enter(page, mira)
    line = page.locator(".new-line")
    expect(line).to_be_in_viewport()
    after = line.evaluate("(line) => Number(line.nextElementSibling.dataset.id)")
    assert after == 601
    expect(page.locator(row(page, 600))).to_be_in_viewport()  # with what stood before it
    expect(page.get_by_role("button", name="new ↓")).to_be_visible()


@pytest.mark.parametrize("mira", [600], indirect=True)
def test_latest_is_one_step_and_what_was_new_one_step_back(page: Page, host: Somebody, mira: Somebody) -> None:
    enter(page, mira)
    expect(page.get_by_role("button", name="new ↓")).to_be_visible()
    page.get_by_role("button", name="new ↓").click()
    expect(page.locator(row(page, last_id(host)))).to_be_in_viewport()
    expect(page.get_by_role("button", name="Jump to first unread")).to_be_visible()
    page.get_by_role("button", name="Jump to first unread").click()
    expect(page.locator(".new-line")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Jump to first unread")).to_be_hidden()


def test_who_is_new_here_meets_the_room_at_its_end(page: Page, host: Somebody, mira: Somebody) -> None:
    enter(page, mira)
    expect(page.locator(row(page, last_id(host)))).to_be_in_viewport()
    expect(page.locator(".new-line")).to_have_count(0)
    page.get_by_role("button", name="Jump to first unread").click()
    expect(page.locator(row(page, 1))).to_be_in_viewport()


def test_the_line_stays_while_its_news_are_seen_and_goes_when_the_reader_writes(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    mira.ask("POST", "/read", {"through_id": last_id(host)})
    host.say("said while you were away")
    enter(page, mira)
    expect(page.locator(".new-line")).to_be_in_viewport()
    host.say("and more")
    expect(message(page, "and more").last).to_be_in_viewport()
    expect(page.locator(".new-line")).to_be_in_viewport()
    page.get_by_label("Your message").fill("I have read it")
    page.keyboard.press("Enter")
    expect(message(page, "I have read it").last).to_be_in_viewport()
    expect(page.locator(".new-line")).to_have_count(0)


def look(page: Page, position: str) -> tuple[int, float]:
    """Scroll to `position`; the record that is under the eye then, and where it is, before anything else can happen."""
    found = page.evaluate(
        f"""() => {{
          const scroller = document.querySelector(".scroller");
          scroller.scrollTop = {position};
          return ({UNDER_EYE})();
        }}"""
    )
    return int(found[0]), float(found[1])


def drift(page: Page, seen: tuple[int, float]) -> float:
    """How many pixels what was seen has moved since."""
    page.evaluate(SETTLED)
    return abs(float(page.evaluate(TOP, seen[0])) - seen[1])


def await_page(page: Page, before: list[int]) -> None:
    page.wait_for_function(
        """([first, last]) => {
          const rows = document.querySelectorAll(".rows [data-id]");
          return Number(rows[0].dataset.id) !== first || Number(rows[rows.length - 1].dataset.id) !== last;
        }""",
        arg=[before[0], before[-1]],
    )


@pytest.mark.parametrize("mira", [600], indirect=True)
def test_pages_come_in_at_both_ends_and_nothing_moves_under_the_eye(page: Page, mira: Somebody) -> None:
    enter(page, mira)
    expect(page.locator(".new-line")).to_be_in_viewport()
    for position in ("500.5", "700", "scroller.scrollHeight - scroller.clientHeight - 400", "300"):
        before = shown_ids(page)
        seen = look(page, position)
        await_page(page, before)
        assert drift(page, seen) == 0, position
        ids = shown_ids(page)
        assert ids == list(range(ids[0], ids[-1] + 1))
        assert len(ids) <= ROWS_MAX


@pytest.mark.parametrize("mira", [600], indirect=True)
@pytest.mark.parametrize(("which", "position"), [("earlier", "0"), ("later", "scroller.scrollHeight")])
def test_a_page_that_could_not_be_had_is_asked_for_again_by_who_wants_it(
    page: Page, mira: Somebody, which: str, position: str
) -> None:
    enter(page, mira)
    expect(page.locator(".new-line")).to_be_in_viewport()
    before, refused = shown_ids(page), 0

    def lose(route: Route) -> None:
        nonlocal refused
        refused += 1
        route.abort()

    page.route("**/messages?*", lose)
    look(page, position)
    edge = page.locator(".edge[data-state=failed]")
    expect(edge).to_contain_text(f"The {which} messages could not be loaded.")
    edge.get_by_role("button", name="Retry").click()
    expect(edge).to_contain_text("could not be loaded")
    assert refused == 2  # once for whoever came there, once for whoever asked
    page.unroute("**/messages?*")
    seen = look(page, position)
    edge.get_by_role("button", name="Retry").click()
    await_page(page, before)
    assert drift(page, seen) == 0
    ids = shown_ids(page)
    assert ids == list(range(ids[0], ids[-1] + 1))
    expect(edge).to_have_count(0)


@pytest.mark.parametrize("mira", [600], indirect=True)
def test_the_line_stays_until_all_that_is_new_was_seen(page: Page, mira: Somebody) -> None:
    page.add_init_script(AWAY)
    enter(page, mira)
    line = page.locator(".new-line")
    expect(line).to_be_in_viewport()
    for _ in range(2):  # whoever looks at something else for a while finds it where it was
        turn(page, is_away=True)
        turn(page, is_away=False)
        expect(line).to_be_in_viewport()
    page.locator(".latest").click()
    expect(page.get_by_role("button", name="new ↓")).to_be_hidden()
    page.get_by_role("button", name="Jump to first unread").click()
    expect(line).to_be_in_viewport()  # what is seen now is not old yet
    turn(page, is_away=True)
    turn(page, is_away=False)
    expect(line).to_have_count(0)


@pytest.mark.parametrize("mira", [600], indirect=True)
def test_rows_that_grow_and_a_window_that_changes_move_nothing_under_the_eye(page: Page, mira: Somebody) -> None:
    enter(page, mira)
    expect(page.locator(".new-line")).to_be_in_viewport()
    seen = look(page, "scroller.scrollHeight / 2")
    page.evaluate(SETTLED)
    for _ in range(3):
        page.evaluate(GROW, seen[0] - 5)  # as an image, or a font that arrives, would
        assert drift(page, seen) == 0
    for width in (900, 400, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        assert drift(page, seen) == 0, width
    for size in ("18px", "13.3px", ""):
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", size)
        assert drift(page, seen) == 0, size


def test_who_is_within_a_hundred_pixels_of_the_end_follows_it_and_nobody_else(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    enter(page, mira)
    expect(page.locator(row(page, last_id(host)))).to_be_in_viewport()
    scroll(page, "scroller.scrollHeight - scroller.clientHeight - 90")
    host.say("near the end")
    expect(message(page, "near the end").last).to_be_in_viewport()
    page.wait_for_function(
        "() => { const {scrollTop, scrollHeight, clientHeight} = document.querySelector('.scroller');"
        " return scrollHeight - scrollTop - clientHeight < 1; }"
    )
    seen = look(page, "scroller.scrollHeight - scroller.clientHeight - 110")
    page.evaluate(SETTLED)
    host.say("while somebody reads above")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    host.say("and another")
    expect(page.get_by_role("button", name="2 new")).to_be_visible()
    assert drift(page, seen) == 0
    page.get_by_role("button", name="2 new").click()
    expect(message(page, "and another").last).to_be_in_viewport()
    expect(page.get_by_role("button", name="new ↓")).to_be_hidden()


@pytest.mark.parametrize("mira", [600], indirect=True)
def test_what_is_said_while_somebody_reads_the_past_is_counted_and_there_when_they_come(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    enter(page, mira)
    unseen = int((page.locator(".latest").inner_text()).split()[0].replace(",", ""))
    rows = len(shown_ids(page))
    said = [host.say(f"meanwhile {number}")["id"] for number in range(3)]
    page.wait_for_function(
        "(count) => document.querySelector('.latest').textContent.startsWith(count)", arg=f"{unseen + 3:,}"
    )
    assert len(shown_ids(page)) == rows
    page.locator(".latest").click()
    expect(page.locator(row(page, said[-1]))).to_be_in_viewport()
    ids = shown_ids(page)
    assert ids == list(range(ids[0], said[-1] + 1))
    host.say("and then live again")
    expect(message(page, "and then live again").last).to_be_in_viewport()


def test_what_is_taken_back_while_its_page_is_on_the_way_is_not_shown(
    page: Page, host: Somebody, mira: Somebody
) -> None:
    enter(page, mira)
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/messages?before_id=*", lambda route: held.append((route, route.fetch())))
    scroll(page, "0")
    while not held:
        page.wait_for_timeout(20)
    ((route, answer),) = held
    secret = next(one for one in reversed(answer.json()["messages"]) if one["type"] != "system")
    host.ask("POST", f"/messages/{secret['id']}/retract", {})
    page.wait_for_function(
        "(id) => [...document.querySelectorAll('.rows [data-id]')].some((row) => Number(row.dataset.id) >= id)",
        arg=last_id(host),
    )
    route.fulfill(response=answer)
    taken_back = page.locator(row(page, secret["id"]))
    expect(taken_back).to_contain_text("This message was taken back.")
    expect(taken_back).not_to_contain_text(secret["text"][:12])


def test_what_was_read_is_told_and_a_hidden_tab_reads_nothing(page: Page, host: Somebody, mira: Somebody) -> None:
    enter(page, mira)

    def read_id() -> int:
        seats = host.ask("GET", "/status")["participants"]
        return int(next(seat["read_id"] for seat in seats if seat["alias"] == mira.ask("GET", "/status")["me"]))

    deadline = time.monotonic() + 15
    while read_id() < last_id(host) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert read_id() == last_id(host)
