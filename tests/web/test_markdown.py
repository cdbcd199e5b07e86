"""The page's reading of text, in a real Chromium: what it is made of, whom it calls, and in what time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from agentgather.room.mentions import mentions
from agentgather.room.names import new_alias
from tests.web.chromium import chromium, module_page

VECTORS = Path(__file__).parents[1] / "vectors"
TEXTS: list[dict[str, Any]] = json.loads((VECTORS / "markdown.json").read_text())
CALLS: list[dict[str, Any]] = json.loads((VECTORS / "mentions.json").read_text())

UNITS = 24_000  # the longest message
NODES_MAX = 3_000
DEPTH_MAX = 24
READ_MS_MAX = 50
HOSTILE = {
    "open brackets": "[" * UNITS,
    "brackets that close": "](" * (UNITS // 2),
    "empty links": "[](" * (UNITS // 3),
    "images": "![" * (UNITS // 2),
    "links within links": "[" * 12_000 + "a" + "](https://x.test)" * 700,
    "addresses that brackets cut": "[http://a](" * 2_000,
    "addresses": "http://a " * 2_600,
    "an address and brackets": "https://x" + ")" * UNITS + "x",
    "stars": "*" * UNITS + "a",
    "stars around": "*" * 12_000 + "a" + "*" * 12_000,
    "emphasis": "*a*" * 8_000,
    "emphasis that opens": "*a " * 8_000,
    "emphasis of two kinds": "*_" * 6_000 + "a" + "_*" * 6_000,
    "underscores": "_a" * 12_000,
    "escapes": "\\*" * 12_000,
    "quotes": "> " * 12_000 + "x",
    "quoted lists": "> - " * 6_000 + "x",
    "lists": "* + - " * 4_000 + "x",
    "numbers": "1. " * 8_000 + "x",
    "items": "- a\n" * 6_000,
    "items ever deeper": "".join(" " * min(depth, 60) + "- a\n" for depth in range(400)),
    "columns": "|a" * 8_000 + "\n" + "|-" * 4_000,
    "rows": "|a" * 30 + "|\n" + "|-" * 30 + "|\n" + ("|*b*" * 30 + "|\n") * 190,
    "tables": "a|b\n-|-\n" * 3_000,
    "fences": "```\n" * 6_000,
    "backticks": "`" * UNITS,
    "backticks of every length": "".join("`" * length + " " for length in range(1, 218)),
    "backticks that do not match": "` `` " * 4_800,
    "code": "`a` " * 6_000,
    "code behind a blank": "` " + "a" * (UNITS - 3) + "`",
    "a name and hyphens": "@" + "-" * UNITS + "!",
    "names": "@a" * 12_000,
    "rules": "-" * UNITS + "a",
    "headings": "# " * 12_000,
    "lines": "\n" * UNITS,
    "blanks": " " * UNITS + "x" + "\t" * 10,
    "overrides": "a\u202e" * 12_000,
}
READ = """async ({text, names}) => (await import("/markdown/blocks.js")).blocks(text, new Set(names))"""
TIMED = """async (text) => {
  const {blocks} = await import("/markdown/blocks.js");
  const {calls, plain} = await import("/prose.js");
  const {prose} = await import("/views/prose.js");
  const timed = (read) => {
    const times = [1, 2, 3].map(() => { const began = performance.now(); read(); return performance.now() - began; });
    return Math.min(...times); // what else this machine does is no concern of ours
  };
  const node = prose(text, {names: new Set(["a"]), me: "a"});
  const depth = (one) => 1 + Math.max(0, ...[...one.children].map(depth));
  return {
    took: [() => blocks(text, new Set(["a"])), () => calls(text), () => plain(text, 80)].map(timed),
    nodes: node.querySelectorAll("*").length, depth: depth(node)};
}"""
PLAIN = "async ({text, max}) => (await import('/prose.js')).plain(text, max)"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


@pytest.mark.parametrize("vector", TEXTS, ids=[vector["text"][:40] for vector in TEXTS])
def test_a_text_is_read_as_the_vectors_say(page: Page, vector: dict[str, Any]) -> None:
    assert page.evaluate(READ, {"text": vector["text"], "names": ["dev", "rev"]}) == vector["blocks"]


@pytest.mark.parametrize("vector", CALLS, ids=[vector["text"][:40] for vector in CALLS])
def test_the_page_and_the_room_agree_on_whom_a_text_calls(page: Page, vector: dict[str, Any]) -> None:
    called = set(mentions(vector["text"], roster={new_alias(alias) for alias in vector["roster"]}))
    tree = json.dumps(page.evaluate(READ, {"text": vector["text"], "names": vector["roster"]}))
    assert set(re.findall(r'"kind": "mention", "text": "@([^"]+)"', tree)) == called
    guessed = page.evaluate("async (text) => (await import('/prose.js')).calls(text)", vector["text"])
    known = {
        alias.rstrip("-") for alias in vector["roster"]
    }  # who writes has no roster to tell a hyphen from a name's end
    assert known.intersection(guessed) == {alias.rstrip("-") for alias in called}


def test_a_name_within_an_address_is_part_of_it(page: Page) -> None:
    called = page.evaluate("async () => (await import('/prose.js')).calls('https://example.test/@rev and @dev')")
    assert called == ["dev"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_read_in_no_time_and_makes_few_nodes(page: Page, text: str) -> None:
    seen = page.evaluate(TIMED, text)
    assert max(seen["took"]) < READ_MS_MAX
    assert seen["nodes"] <= NODES_MAX
    assert seen["depth"] <= DEPTH_MAX


def test_what_is_too_much_to_be_shown_as_more_is_still_there_as_text(page: Page) -> None:
    shown = page.evaluate(
        """async () => {
          const {prose} = await import("/views/prose.js");
          return prose("*a* ".repeat(5000) + "the end", {names: new Set(), me: ""}).textContent;
        }"""
    )
    assert shown.startswith("a a a ")
    assert shown.endswith("*a* *a* the end")


@pytest.mark.parametrize(
    ("text", "max_units", "gist"),
    [
        (
            "# Plan\n\n- [x] **one**\n- two `three`\n\n> four [five](https://x.test)",
            80,
            "Plan ☑ one two three four five",
        ),
        ("```py\nx = 1\n```\n| a |\n|---|\n| b |", 80, "x = 1 a b"),
        ("a\u202eb\u2066c", 80, "abc"),
        ("x" * 100, 10, "x" * 9 + "…"),
        ("🙂" * 10, 4, "🙂…"),
        ("\n\n", 10, ""),
    ],
)
def test_the_gist_of_a_text_is_one_line_without_markup(page: Page, text: str, max_units: int, gist: str) -> None:
    assert page.evaluate(PLAIN, {"text": text, "max": max_units}) == gist
