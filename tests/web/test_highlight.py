"""Code in colours, in a real Chromium: pieces that are together the code, in no time, and colours that can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.web.chromium import WEB, chromium, module_page

LANGUAGES = ("js", "python", "rust", "go", "c", "sh", "json", "yaml", "toml", "sql", "html", "css", "diff", "cobol")
UNITS = 24_000
CUT_MS_MAX = 50
PIECES_MAX = 6_002
AA_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
HOSTILE = (
    *(sign * UNITS for sign in "\"'`a$#@-\n \\"),
    *(
        signs * (UNITS // len(signs))
        for signs in ('"\\', "/*", "'''", "a-", " #", "<!--", "<a", '="', ": ", "a:", "- ", "[a", "'\\a")
    ),
    '"' + "a" * 26 + '", 1',  # what takes twice as long for each letter more is slow here already
    '"a"' + " " * UNITS,
    ('"a"' + " " * 100) * 230,
    "\n".join(" " * 50 for _ in range(460)),
)
SHOWN = """async ([text, name]) => (await import("/highlight.js")).highlighted(text, name)
  .map(({kind, text}) => kind ? `{${kind} ${text}}` : text).join("")"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("js", "const a = `x` // c", "{keyword const} a = {string `x`} {comment // c}"),
        ("tsx", "/* open\nlet b", "{comment /* open\nlet b}"),
        ("py", 'def f(x): # c\n """d\n""" + 1.5', '{keyword def} f(x): {comment # c}\n {string """d\n"""} + {number 1.5}'),
        ("rust", "fn f<'a>(x: &'a str) { 'x' }", "{keyword fn} f<'a>(x: &'a str) { {string 'x'} }"),
        ("go", "func f() string { return `a\nb` }", "{keyword func} f() {keyword string} { {keyword return} {string `a\nb`} }"),
        ("c++", "#include <x>\nint a;", "{keyword #include} <x>\n{keyword int} a;"),
        ("bash", 'echo "$x"#1 $B # c', '{keyword echo} {string "$x"}#1 {name $B} {comment # c}'),
        ("json", '{"a": [1, true, "b"]}', '{{name "a"}: [{number 1}, {keyword true}, {string "b"}]}'),
        ("yml", "a: b # c\nd: 'e'", "{name a}: b {comment # c}\n{name d}: {string 'e'}"),
        ("toml", "[a]\nb = 1", "{name [a]}\n{name b} = {number 1}"),
        ("sql", "SELECT a FROM b -- c", "{keyword SELECT} a {keyword FROM} b {comment -- c}"),
        ("xml", "<a b=\"c\">don't</a>", "{keyword <a} b={string \"c\"}{keyword >}don't{keyword </a}{keyword >}"),
        ("css", "a { color: #fff }", "a { {name color}: {number #fff} }"),
        ("diff", "@@ -1 +1 @@\n-x\n+y\n z", "{name @@ -1 +1 @@}\n{removed -x}\n{added +y}\n z"),
        ("cobol", 'MOVE "A" TO B', 'MOVE "A" TO B'),
        ("constructor", "let a", "let a"),
    ],
)  # fmt: skip
def test_code_is_told_apart_by_its_language(page: Page, language: str, text: str, shown: str) -> None:
    assert page.evaluate(SHOWN, [text, language]) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_code_loses_nothing_and_takes_no_time(page: Page, language: str) -> None:
    seen = page.evaluate(
        """async ([texts, name]) => {
          const {highlighted} = await import("/highlight.js");
          return texts.map((text) => {
            const times = [];
            let pieces = [];
            for (let turn = 0; turn < 3; turn += 1) {
              const began = performance.now();
              pieces = highlighted(text, name);
              times.push(performance.now() - began);
            }
            return [Math.min(...times), pieces.length, pieces.map((piece) => piece.text).join("") === text];
          });
        }""",
        [HOSTILE, language],
    )
    for text, (took, pieces, is_whole) in zip(HOSTILE, seen, strict=True):
        assert is_whole, text[:10]
        assert took < CUT_MS_MAX, text[:10]
        assert pieces <= PIECES_MAX, text[:10]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_code_can_be_read_on_its_ground(scheme: int) -> None:
    tokens = {
        name: (light, dark)
        for name, light, dark in re.findall(
            r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (WEB / "tokens.css").read_text()
        )
    }
    ground = tokens["code"][scheme]
    used = re.findall(r"\[data-code[^{]*\{ color: var\(--([\w-]+)\)", (WEB / "prose.css").read_text())
    assert len(used) >= 6
    for name in used:
        assert contrast(tokens[name][scheme], ground) >= AA_CONTRAST, name


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as `#rrggbb` (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
