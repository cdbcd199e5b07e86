"""Text never becomes markup: whatever is said, and wherever it is shown, no script runs and nothing is asked for elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.terminal import tell
from tests.journeys.people import Somebody, enter, message, person
from tests.vectors.hostile_texts import HOSTILE_TEXTS
from tests.web.rooms import sandboxed, serving

TEXTS_MIN = 150
GROUP = 40  # texts in one message; a room takes few messages a minute from one seat
NAME_UNITS_MAX = 60
HIDDEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)  # by which a name hides, or turns what is beside it over
LOOKALIKES = {
    "cyrillic": "\u043eps",
    "zero-width": "o\u200bps",
    "turned": "\u202espo",
    "isolated": "\u2066ops\u2069",
    "full-width": "\uff4f\uff50\uff53",
    "digit": "0ps",
    "accent": "\u00f3ps",
    "stacked": "o" + "\u0332" * 30 + "ps",
}
LOOKALIKES_TAKEN_MIN = 4  # others a room refuses
WATCH = """
  window.ran = parent.ran = () => { window.wasRun = true; };
  window.alert = window.ran;
"""
_DRAWN = "svg:not(button > svg[aria-hidden])"  # but for the signs on the page's own buttons
MADE = (
    f"script:not([src]), img, {_DRAWN}, math, iframe, object, embed, form[action], base, style, template, video, audio"
)
SHOWN = """async (texts) => {
  const at = document.querySelector("script[src]").src;
  const {prose} = await import(new URL("views/prose.js", at));
  const {messageRow, noteRow} = await import(new URL("views/message.js", at));
  const {Brief} = await import(new URL("views/brief.js", at));
  const {Participant} = await import(new URL("views/participant.js", at));
  const {readersDialog} = await import(new URL("views/readers-dialog.js", at));
  const {Paused} = await import(new URL("views/paused.js", at));
  const {Toast} = await import(new URL("views/toast.js", at));
  const box = document.createElement("div");
  document.body.append(box);
  const lost = [];
  for (const text of texts) {
    const seat = {alias: "rev", display_name: text, kind: "agent", role: "guest", attendance_state: text, last_seen_age_ms: 0};
    const room = {id: text, me: "ops", isOpen: true, mayPost: true, roster: new Map([["rev", seat]]), paused: [], records: []};
    const record = {id: 1, ts: "2026-01-01T00:00:00Z", from: "rev", type: text, text, mentions: [text, "ops"], reply_to: 1};
    const around = {room, isContinued: false, quoted: record, onReply() {}, onJump() {}};
    const brief = new Brief({onChanged: () => {}});
    brief.show({...room, brief: {body: text, brief_version: 1}}, []);
    const word = text.replaceAll("\\n", " ").replaceAll("`", "");
    const code = prose("```" + word + "\\n" + text + "\\n```", {names: new Set(), me: ""});
    const link = prose(`[${text}](https://x.test) [x](https://x.test/${text})`, {names: new Set([text]), me: text});
    box.replaceChildren(messageRow(record, around), noteRow(record), brief.node, code, link);
    const [paused, toast] = [new Paused({onContinue() {}}), new Toast()];
    const about = new Participant("rev", room, () => [{label: text, onChoose() {}}]);
    paused.show({...room, isHost: true, paused: ["rev"]});
    toast.say(text);
    void about.open();
    void readersDialog({...record, from: "ops"}, room);
    box.append(paused.node, toast.node, ...document.querySelectorAll("dialog"));
    for (const node of box.querySelectorAll("a, button, span, [tabindex]")) node.focus?.();
    for (const node of box.querySelectorAll("*")) {
      for (const {name, value} of node.attributes) {
        const isAddress = name === "href" && !/^(https?:\\/\\/|mailto:)/.test(value);
        if (isAddress || name.startsWith("on") || name === "style" || name === "src" || name === "srcdoc") lost.push(text);
      }
    }
    if (box.querySelectorAll("dialog h2, dialog .facts, dialog .readers").length !== 4) lost.push(text);
    if (!box.querySelector(".name").textContent || box.querySelector(MADE)) lost.push(text);
  }
  return lost;
}""".replace("MADE", json.dumps(MADE))


@pytest.fixture
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    home = tmp_path_factory.mktemp("home")
    assert tell(home, "room", "start", "harbor", "--alias", "ops").code == 0
    with serving(home) as daemon:
        yield Somebody(daemon.url, json.loads((home / "current-room.json").read_text())["token"])


@contextmanager
def inert(page: Page, *, at: str) -> Iterator[None]:
    """While the context lasts nothing that was said runs, becomes a part of `page`, or asks for what is not below `at`."""
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.add_init_script(WATCH)
    yield
    assert page.evaluate("window.wasRun === undefined")
    assert page.locator(f"body :is({MADE})").count() == 0
    assert dialogs == []
    assert [url for url in asked if not url.startswith(at)] == []


def test_no_text_is_ever_markup(browser: Browser, host: Somebody) -> None:
    assert len(HOSTILE_TEXTS) >= TEXTS_MIN
    names = [text for text in HOSTILE_TEXTS if len(text) <= NAME_UNITS_MAX and text.isprintable() and text.isascii()]
    rev = host.invite("rev", "agent")
    rev.ask("POST", "/profile", {"display_name": names[0]})
    kept = [text for text in HOSTILE_TEXTS if "\0" not in text]  # a room keeps no NUL
    groups = ["\n\n".join(kept[place : place + GROUP]) for place in range(0, len(kept), GROUP)]
    host.ask("POST", "/brief", {"body": groups[0]})
    with person(browser) as page, inert(page, at=host.url):  # whatever breaks the policy fails this, too
        enter(page, host)
        for group in groups:
            rev.say(group)
        last = rev.say(HOSTILE_TEXTS[0], reply_to=rev.ask("GET", "/status")["last_id"])
        rev.ask("POST", "/profile", {"display_name": names[1]})
        host.ask("POST", "/brief", {"body": groups[-1]})
        expect(page.locator(f"[data-id='{last['id']}'] .quote")).to_be_visible()
        expect(page.locator(f"[data-id='{last['id']}'] .prose")).to_have_text(HOSTILE_TEXTS[0])
        expect(page.locator(f"[data-id='{last['id']}'] .name").first).to_have_text(names[1])
        assert page.evaluate(SHOWN, list(HOSTILE_TEXTS)) == []
        page.reload()
        expect(message(page, HOSTILE_TEXTS[0]).first).to_be_visible()


def test_a_string_that_is_handed_to_a_sink_of_markup_is_refused(browser: Browser, host: Somebody) -> None:
    page = browser.new_page()
    enter(page, host)
    refused = page.evaluate(
        """() => {
          const tried = [
            () => { document.createElement("div").innerHTML = "<b>x</b>"; },
            () => document.body.insertAdjacentHTML("beforeend", "<b>x</b>"),
            () => document.write("<b>x</b>"),
            () => { document.createElement("script").textContent = "1"; },
            () => trustedTypes.createPolicy("any", {createHTML: (text) => text}),
          ];
          return tried.map((one) => { try { one(); return false; } catch (error) { return error instanceof TypeError; } });
        }"""
    )
    assert refused == [True] * 5
    page.close()


def test_a_sandboxed_page_makes_no_markup_of_a_text_either(browser: Browser, tmp_path: Path) -> None:
    kept = [text for text in HOSTILE_TEXTS if "\0" not in text]
    names = [text for text in kept if len(text) <= NAME_UNITS_MAX and text.isprintable() and text.isascii()]
    with sandboxed(tmp_path) as host, person(browser) as page, inert(page, at=host.url):
        rev = host.invite("rev", "agent")
        rev.ask("POST", "/profile", {"display_name": names[0]})
        host.ask("POST", "/brief", {"body": "\n\n".join(kept[:GROUP])})
        enter(page, host)
        for place in range(0, len(kept), GROUP):
            rev.say("\n\n".join(kept[place : place + GROUP]))
        last = rev.say(HOSTILE_TEXTS[0])
        expect(page.locator(f"[data-id='{last['id']}'] .prose")).to_have_text(HOSTILE_TEXTS[0])
        expect(page.locator(f"[data-id='{last['id']}']")).to_contain_text(names[0])
        assert page.evaluate("origin") == "null"
        assert page.evaluate(SHOWN, list(HOSTILE_TEXTS)) == []


def test_nobody_is_taken_for_another_by_how_a_name_is_drawn(browser: Browser, host: Somebody) -> None:
    """Where a room takes such a name at all, the alias that the host gave stands beside it, or in it."""
    said = {}
    for alias, name in LOOKALIKES.items():
        somebody = host.invite(alias, "agent")
        if is_called(somebody, name):
            said[alias] = somebody.say("I am the host.")["id"]
    assert len(said) >= LOOKALIKES_TAKEN_MIN
    answer = host.say("and who am I?", reply_to=said["cyrillic"])["id"]
    with browser.new_page(viewport={"width": 1024, "height": 640}) as page:
        enter(page, host)
        expect(page.locator(f"[data-id='{answer}'] .quote .name")).to_contain_text("(cyrillic)")
        for alias, message_id in said.items():
            byline = page.locator(f"[data-id='{message_id}'] .byline")
            expect(byline.locator(".alias")).to_have_text(alias)
            expect(byline.locator(".alias")).to_be_visible()
            seat = page.locator(".roster .seat").filter(has_text=f"({alias})")
            expect(seat).to_have_count(1)
            assert not HIDDEN.search(byline.inner_text() + seat.inner_text()), alias
        page.set_viewport_size({"width": 320, "height": 568})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def is_called(somebody: Somebody, name: str) -> bool:
    """Whether the room took `name`."""
    try:
        somebody.ask("POST", "/profile", {"display_name": name})
    except HTTPError as refused:
        if refused.code not in (400, 409):
            raise
        return False
    return True
