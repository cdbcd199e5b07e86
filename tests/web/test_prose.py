"""What somebody said, as a real Chromium lays it out: readable, in its own box, and honest about where it leads."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.cli.terminal import tell
from tests.journeys.people import Somebody, enter, message, person
from tests.web.rooms import serving

PHONE = {"width": 320, "height": 640}
HEADING_EM_MAX = 1.0625
RLO, PDI = "\u202e", "\u2069"
ZALGO = "Z" + "\u030d\u0310\u0300" * 60 + "a" + "\u0323\u0332" * 60
ALLOWED = {
    "P",
    "UL",
    "OL",
    "LI",
    "BLOCKQUOTE",
    "HR",
    "TABLE",
    "THEAD",
    "TBODY",
    "TR",
    "TH",
    "TD",
    "A",
    "EM",
    "STRONG",
    "S",
}
ALLOWED |= {"CODE", "PRE", "SPAN", "DIV"}
MARKDOWN = """# Plan
Some **strong**, *soft* and ~~gone~~ words, `code`, @ops.
Second line.

- one
  1. inner
- [x] done
- [ ] open

> quoted

| a | b |
|---|--:|
| 1 | 2 |

---
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    home = tmp_path_factory.mktemp("home")
    assert tell(home, "room", "start", "harbor", "--alias", "ops").code == 0
    with serving(home) as daemon:
        yield Somebody(daemon.url, json.loads((home / "current-room.json").read_text())["token"])


@pytest.fixture(scope="module")
def rev(host: Somebody) -> Somebody:
    return host.invite("rev", "agent")


@pytest.fixture
def page(browser: Browser, host: Somebody) -> Iterator[Page]:
    with person(browser) as opened:
        enter(opened, host)
        yield opened


def said(page: Page, rev: Somebody, text: str) -> Locator:
    """The text of a message, once it is on the page."""
    record = rev.say(text)
    found = page.locator(f".message[data-id='{record['id']}'] .prose")
    expect(found).to_be_visible()
    return found


def test_markdown_is_shown_as_what_it_says(page: Page, rev: Somebody) -> None:
    text = said(page, rev, MARKDOWN)
    expect(text.locator(".heading")).to_have_text("Plan")
    for tag, words in (("strong", "strong"), ("em", "soft"), ("s", "gone"), ("code", "code"), (".call.me", "@ops")):
        expect(text.locator(tag)).to_have_text(words)
    expect(text.locator("ul > li")).to_have_count(3)
    expect(text.locator("ul ol > li")).to_have_text("inner")
    expect(text.get_by_role("img", name="done")).to_have_text("☑")
    expect(text.locator("input")).to_have_count(0)
    expect(text.locator("blockquote")).to_have_text("quoted")
    expect(text.get_by_role("columnheader")).to_have_text(["a", "b"])
    expect(text.locator("hr")).to_have_count(1)
    assert "words, code, @ops.\nSecond line." in text.inner_text()  # a line's end is an end


def test_code_says_its_language_and_is_copied_as_it_was_written(
    browser: Browser, host: Somebody, rev: Somebody
) -> None:
    code = "def f(x):\n\treturn '\u202e' # <b>"
    with person(browser) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        enter(page, host)
        text = said(page, rev, f"```python\n{code}\n```")
        expect(text.locator(".code-head")).to_contain_text("python")
        expect(text.locator("[data-code=keyword]")).to_have_text(["def", "return"])
        expect(text.locator(".invisible")).to_have_text("‹RLO›")
        text.get_by_role("button", name="Copy").click()
        expect(text.get_by_role("status")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == code


def test_where_the_browser_copies_nothing_the_code_is_selected(page: Page, rev: Somebody) -> None:
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    )
    text = said(page, rev, "```\none\ntwo\n```")
    text.get_by_role("button", name="Copy").click()
    expect(text.get_by_role("status")).to_contain_text("C")
    expect(text.get_by_role("status")).to_contain_text("Press")
    assert page.evaluate("getSelection().toString()").strip() == "one\ntwo"


def test_long_code_shows_its_beginning_until_it_is_asked_for(page: Page, rev: Somebody) -> None:
    short = said(page, rev, "```\n" + "x\n" * 23 + "x\n```")
    expect(short.get_by_role("button", name="Show all")).to_have_count(0)
    long = said(page, rev, "```\n" + "".join(f"line {number}\n" for number in range(40)) + "```")
    button = long.get_by_role("button", name="Show all 40 lines")
    expect(button).to_have_attribute("aria-expanded", "false")
    folded = long.bounding_box()
    button.press("Enter")
    button = long.get_by_role("button", name="Show fewer lines")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_be_focused()
    unfolded = long.bounding_box()
    assert folded is not None
    assert unfolded is not None
    assert unfolded["height"] > folded["height"] * 1.5


def test_what_is_wide_scrolls_inside_itself(browser: Browser, host: Somebody, rev: Somebody) -> None:
    with browser.new_page(viewport=PHONE) as phone:
        enter(phone, host)
        row = "|" + "a long cell |" * 20
        wide = (
            "```\n"
            + "w" * 500
            + f"\n```\n{row}\n"
            + "|"
            + "---|" * 20
            + f"\n{row}\n\n"
            + "W" * 500
            + " `"
            + "c" * 300
            + "`"
        )
        wide += (
            "\n\n> - > 1. " + "n" * 300 + "\n\nhttps://x.test/" + "u" * 500 + "\n" + "\U0001f469\u200d\U0001f4bb" * 200
        )
        text = said(phone, rev, wide)
        for part in (text.locator("pre"), text.locator(".wide")):
            assert part.evaluate("node => node.scrollWidth > node.clientWidth")
            part.evaluate("node => node.scrollTo(50, 0)")
            assert part.evaluate("node => node.scrollLeft") == 50
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert phone.locator(".scroller").evaluate("node => node.scrollWidth <= node.clientWidth")
        assert text.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_links_say_where_they_lead_and_take_nothing_along(page: Page, rev: Somebody) -> None:
    text = said(
        page,
        rev,
        "[docs](https://x.test/a) https://x.test/b [x.test](https://x.test) https://good.test@evil.test/ "
        "[good.test](https://evil.test) [mail](mailto:a@b.test) https://ex\u0430mple.test [no](javascript:alert(1)) [no](/a)",
    )
    links = text.locator("a")
    expect(links).to_have_text(
        [
            "docs (x.test)",
            "https://x.test/b",
            "x.test",
            "https://evil.test/",
            "good.test (evil.test)",
            "mail (a@b.test)",
            "https://xn--exmple-4nf.test/",
        ]
    )
    for link in links.all():
        assert set((link.get_attribute("rel") or "").split()) == {"noopener", "noreferrer", "nofollow"}
        assert link.get_attribute("referrerpolicy") == "no-referrer"
        assert link.get_attribute("target") == "_blank"
    asked: list[dict[str, str]] = []
    page.context.route(
        "https://x.test/**", lambda route: (asked.append(route.request.all_headers()), route.fulfill(body="there"))[-1]
    )
    with page.context.expect_page() as opened:
        links.first.click()
    there = opened.value
    there.wait_for_load_state()
    assert there.evaluate("[window.opener, document.referrer]") == [None, ""]
    assert "referer" not in asked[0]


def test_an_image_is_a_link_and_nothing_is_fetched(page: Page, host: Somebody, rev: Somebody) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    text = said(page, rev, "![a cat](https://x.test/cat.png) ![](//x.test/a.png) <img src=//x.test/b.png>")
    expect(text.locator("a")).to_have_text("a cat (x.test)")
    expect(page.locator("img, picture, video, iframe, object, embed")).to_have_count(0)
    said(page, rev, "and nothing was asked for")
    assert [url for url in asked if not url.startswith(host.url)] == []


def test_text_that_turns_over_stays_in_its_own_place(page: Page, rev: Somebody) -> None:
    text = said(
        page, rev, f"{RLO}abc [name](https://x.test) {PDI}{PDI} end\n\n\u05e9\u05dc\u05d5\u05dd, world\n\n- \u05d0\n- b"
    )
    expect(text.locator(".invisible")).to_have_text(["‹RLO›", "‹PDI PDI›"])
    boxes = [text.get_by_text(words, exact=True).bounding_box() for words in ("‹RLO›", "‹PDI PDI›")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] < boxes[1]["x"]  # nothing was turned over
    hebrew = text.locator("p").nth(1)
    assert hebrew.evaluate("node => getComputedStyle(node).unicodeBidi") == "plaintext"
    line = hebrew.evaluate(
        "node => { const r = document.createRange(); r.selectNodeContents(node); return r.getBoundingClientRect().right }"
    )
    box = hebrew.bounding_box()
    assert box is not None
    assert abs(line - box["x"] - box["width"]) < 2  # it begins at its own side
    byline = message(page, "world").last.locator(".byline, .said").first
    expect(byline).to_be_visible()


def test_nothing_that_is_said_paints_beyond_its_box(page: Page, rev: Somebody) -> None:
    said(page, rev, "the line above")
    text = said(page, rev, ZALGO + "\n# " + ZALGO)
    style = text.evaluate(
        "node => { const {contain, isolation} = getComputedStyle(node); return {contain, isolation}; }"
    )
    assert style == {"contain": "paint", "isolation": "isolate"}
    box = text.bounding_box()
    assert box is not None
    clip = {"x": box["x"], "y": box["y"] - 30, "width": 60, "height": 29}
    above = page.screenshot(clip=clip)
    text.evaluate("node => { node.style.visibility = 'hidden'; }")
    assert page.screenshot(clip=clip) == above


def test_nothing_that_is_said_looks_like_the_pages_own(page: Page, rev: Somebody) -> None:
    text = said(
        page,
        rev,
        "# Big\n## Ops, the host\n<button>Close room</button> <h1>x</h1>\n"
        + MARKDOWN
        + "\n```js\nlet a = '1'\n```\n[Close](https://x.test)",
    )
    tags = set(text.evaluate("node => [...node.querySelectorAll('*')].map((one) => one.tagName)"))
    assert tags <= ALLOWED | {"BUTTON"}
    expect(text.get_by_role("button")).to_have_text("Copy")  # of the code, in its box
    expect(text.locator(".code-block button")).to_have_count(1)
    expect(text.get_by_role("heading")).to_have_count(0)
    sizes, size = text.evaluate(
        """(node) => {
          const size = (one) => parseFloat(getComputedStyle(one).fontSize);
          return [[...node.querySelectorAll("*")].map(size), size(node)];
        }"""
    )
    assert max(sizes) <= size * HEADING_EM_MAX
    placed = text.evaluate("node => [...node.querySelectorAll('*')].map((one) => getComputedStyle(one).position)")
    assert set(placed) == {"static"}
    within = text.evaluate(
        """(node) => {
          const box = node.getBoundingClientRect();
          return [...node.querySelectorAll(":not(pre *, .wide *)")].every((one) => {
            const its = one.getBoundingClientRect();
            return its.left >= box.left - 1 && its.right <= box.right + 1 && its.top >= box.top - 1
              && its.bottom <= box.bottom + 1;
          });
        }"""
    )
    assert within
