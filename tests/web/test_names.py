"""Names as the page shows them, in a real Chromium: nothing in one hides, turns a line over, or makes it another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

DISTINCT = """async ([seats, alias]) => {
  const {distinctName} = await import("/names.js");
  return distinctName({roster: new Map(seats.map(([alias, display_name]) => [alias, {alias, display_name}]))}, alias);
}"""
SEEN = """async ([text, isCode]) => (await import("/invisible.js")).visible(text, {isCode})
  .map((part) => typeof part === "string" ? part : part.mark).join("")"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mira Holm", "Mira Holm"),
        ("a\u202eb\u2066c\u2069\u200b\u2060\ufeff\u200ed\u00ad", "abcd"),
        ("a\u200db", "ab"),
        ("\U0001f469\u200d\U0001f4bb Ada", "\U0001f469\u200d\U0001f4bb Ada"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("a" + "\u0332" * 40 + "b", "a" + "\u0332" * 3 + "b"),
        ("Nguye\u0302\u0303n", "Nguy\u1ec5n"),
        ("ops\n\n  host", "ops host"),
        ("\U000e0041\U000e0042", ""),
    ],
)
def test_a_name_is_shown_as_far_as_it_can_be_seen(page: Page, name: str, shown: str) -> None:
    assert page.evaluate("async (name) => (await import('/names.js')).shown(name)", name) == shown


@pytest.mark.parametrize(
    "name",
    ["ops", "Ops", "0ps", "\u043eps", "\u03bfp\u0455", "\uff4f\uff50\uff53", "o\u200bps", "\u00f3ps", "o p s", "o-p-s."],
)  # fmt: skip
def test_a_name_that_looks_like_anothers_never_stands_alone(page: Page, name: str) -> None:
    seats = [["ops", None], ["rev", name], ["dev", "Dev"]]
    assert page.evaluate(DISTINCT, [seats, "rev"]).endswith(" (rev)")
    assert page.evaluate(DISTINCT, [seats, "ops"]) == "ops"
    assert page.evaluate(DISTINCT, [seats, "dev"]) == "Dev"


@pytest.mark.parametrize("name", ["ops (ops)", "Ops (the host)", "The room", "SYSTEM", "room", "Agent G\u0430ther"])
def test_a_name_that_passes_for_the_rooms_own_word_never_stands_alone(page: Page, name: str) -> None:
    assert page.evaluate(DISTINCT, [[["ops", "Ops"], ["rev", name]], "rev"]) == f"{name} (rev)"


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73"])
def test_a_text_of_nothing_but_marks_is_shown_in_no_time(page: Page, marks: str) -> None:
    took = page.evaluate(
        """async (text) => {
          const {shown} = await import("/names.js");
          const times = [1, 2, 3].map(() => { const began = performance.now(); shown(text); return performance.now() - began; });
          return Math.min(...times);
        }""",
        (marks * 24_000)[:24_000],
    )
    assert took < 50


def test_two_who_chose_names_that_look_alike_are_told_apart(page: Page) -> None:
    seats = [["one", "Anna Li"], ["two", "\u0410nna Ll"]]
    assert [page.evaluate(DISTINCT, [seats, alias]) for alias in ("one", "two")] == [
        "Anna Li (one)",
        "\u0410nna Ll (two)",
    ]


def test_a_name_of_signs_alone_is_shown_with_its_alias_where_another_has_such_a_name(page: Page) -> None:
    assert page.evaluate(DISTINCT, [[["one", "!!!"], ["two", "???"]], "one"]) == "!!! (one)"


@pytest.mark.parametrize(
    ("text", "in_prose", "in_code"),
    [
        ("a\u202eb", "a‹RLO›b", "a‹RLO›b"),
        ("a\u2066\u2069b", "a‹LRI PDI›b", "a‹LRI PDI›b"),
        ("a\u200bb\u200e", "a\u200bb\u200e", "a‹ZWSP›b‹LRM›"),
        ("a\u200db", "a\u200db", "a‹ZWJ›b"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        (
            "a" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey") + "!b",
            "a‹U+E006F U+E0062 U+E0065 U+E0079›!b",
            None,
        ),
        ("a" + "\U000e0061" * 50 + "b", "a‹50 hidden›b", "a‹50 hidden›b"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", None, None),
        ("a\x1b[31m\tb\n", "a‹U+001B›[31m\tb\n", "a‹U+001B›[31m\tb\n"),
    ],
)
def test_what_cannot_be_seen_in_a_text_is_marked(
    page: Page, text: str, in_prose: str | None, in_code: str | None
) -> None:
    assert page.evaluate(SEEN, [text, False]) == (in_prose or text)
    assert page.evaluate(SEEN, [text, True]) == (in_code or in_prose or text)
