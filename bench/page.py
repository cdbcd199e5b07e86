"""The browser room in a real Chromium: how soon it is there, what it weighs, and whether it stays calm while others talk."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from statistics import median

from playwright.sync_api import Browser, Page
from tests.web.chromium import chromium

from agentgather.store.home import Home
from bench.broker import SUBDOMAIN, broker_serving
from bench.daemon import Daemon, serving
from bench.door import Door
from bench.plan import Plan
from bench.row import Bar, Row

MESSAGES_PER_SECOND = 20
AUTHORS = 4  # people: agents are stopped by the loop guard
OPEN_MS_MAX = 1_000.0
LONG_TASK_MS = 50  # what a browser calls long
VIEWPORT = {"width": 1280, "height": 832}
PHONE = {"width": 390, "height": 844}
SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}  # ms, bytes/s
SLOW_CPU_TIMES = 4

# Runs before the page does. What is painted is known one frame later.
_WATCH = """
window.measured = {longTasks: []};
new PerformanceObserver((list) => measured.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({type: "longtask", buffered: true});
const moment = (name) => requestAnimationFrame(() => setTimeout(() => (measured[name] ??= performance.now()), 0));
new MutationObserver((_, observer) => {
  if (document.querySelector('[role="log"] .message')) moment("firstRecord");
  const field = document.querySelector("textarea");
  if (!field || field.disabled || !document.querySelector('[role="log"] .message')) return;
  moment("interactive");
  observer.disconnect();
}).observe(document, {childList: true, subtree: true});
"""
_PAINTED = """() => new Promise((resolve) => {
  const told = (list) => list.getEntriesByName("first-contentful-paint").forEach((one) => resolve(one.startTime));
  new PerformanceObserver(told).observe({type: "paint", buffered: true});
})"""
_TOP_ROW = """() => {
  const list = document.querySelector(".scroller");
  const top = list.getBoundingClientRect().top;
  const rows = [...document.querySelectorAll('[role="log"] [data-id]')];
  const row = rows.find((one) => one.getBoundingClientRect().bottom > top + 120);
  return {id: row.dataset.id, at: row.getBoundingClientRect().top};
}"""
_THERE = """() => new Promise((resolve) => {
  const look = () => (measured.interactive === undefined ? requestAnimationFrame(look) : resolve());
  look();
})"""
_AT = """(id) => document.querySelector(`[role="log"] [data-id="${id}"]`)?.getBoundingClientRect().top ?? null"""


def page(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """The page at the room's own port, and at its path below a broker, where it is sandboxed."""
    with broker_serving() as broker, serving(home, ["--broker", broker.public_url, "--subdomain", SUBDOMAIN]) as daemon:
        doors = (daemon.door, broker.door(near=daemon.tree))
        voices = _people(daemon)
        with chromium() as browser:
            for door in doors:
                paint = {"ms": median(_slow_phone(browser, daemon, door) for _ in range(plan.page_loads))}
                bar = Bar("at most 1 s", OPEN_MS_MAX)
                yield Row("page", f"page, first paint, slow phone, {door.name}", paint, "ms", history, bar=bar)
                opened = [_opened(browser, daemon, door) for _ in range(plan.page_loads)]
                for name, main in (("first record", "first_record_ms"), ("to interactive", "interactive_ms")):
                    figures = {"ms": median(one[main] for one in opened)}
                    yield Row("page", f"page, {name}, {door.name}", figures, "ms", history, bar=bar)
                weight = {name: median(one[name] for one in opened) for name in ("heap_mib", "nodes")}
                yield Row("page", f"page, weight, {door.name}", weight, "heap_mib", history)
                yield from _while_others_talk(browser, daemon, door, voices, history, plan)


def _opened(browser: Browser, daemon: Daemon, door: Door) -> dict[str, float]:
    """One opening in a browser that has nothing of the room yet. Milliseconds, MiB, and elements."""
    context = browser.new_context(viewport=VIEWPORT)
    try:
        opened = _open(context.new_page(), daemon, door)
        session = context.new_cdp_session(opened)
        session.send("Performance.enable")
        session.send("HeapProfiler.collectGarbage")
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return {
            "first_record_ms": opened.evaluate("measured.firstRecord"),
            "interactive_ms": opened.evaluate("measured.interactive"),
            "heap_mib": metrics["JSHeapUsedSize"] / 2**20,
            "nodes": _nodes(opened),
        }
    finally:
        context.close()


def _open(opened: Page, daemon: Daemon, door: Door) -> Page:
    opened.add_init_script(_WATCH)
    opened.goto("http://{}:{}{}/#token={}".format(*door.address, door.prefix, daemon.host_seat.token))
    opened.wait_for_selector('[role="log"] .message')
    opened.evaluate(_THERE)
    return opened


def _slow_phone(browser: Browser, daemon: Daemon, door: Door) -> float:
    """Milliseconds to the first contentful paint on a small screen with a slow processor at the end of a slow line."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    try:
        opened = context.new_page()
        session = context.new_cdp_session(opened)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU_TIMES})
        opened.goto("http://{}:{}{}/".format(*door.address, door.prefix), wait_until="commit")
        return float(opened.evaluate(_PAINTED))
    finally:
        context.close()


def _while_others_talk(
    browser: Browser, daemon: Daemon, door: Door, voices: list[str], history: int, plan: Plan
) -> Iterator[Row]:
    """At the end, where every message is drawn; and further up, where nothing may move under the reader's eye."""
    context = browser.new_context(viewport=VIEWPORT)
    try:
        opened = _open(context.new_page(), daemon, door)
        opened.evaluate("measured.longTasks.length = 0")
        _talk(daemon, voices, seconds=plan.talk_seconds)
        last_id = daemon.last_id()
        opened.wait_for_selector(f'[role="log"] [data-id="{last_id}"]', state="attached")
        tasks = opened.evaluate("measured.longTasks")
        figures = {"long_tasks": len(tasks), "longest_ms": max(tasks, default=0.0), "nodes": _nodes(opened)}
        name = f"page, {MESSAGES_PER_SECOND} messages/s, {door.name}"
        yield Row("page", name, figures, "longest_ms", history)
        opened.hover(".scroller")
        opened.mouse.wheel(0, -3_000)
        opened.wait_for_timeout(500)  # scrolling comes to rest, and earlier records come in
        before = opened.evaluate(_TOP_ROW)
        _talk(daemon, voices, seconds=plan.talk_seconds / 2)
        opened.wait_for_timeout(200)
        opened.set_viewport_size({"width": VIEWPORT["width"] - 200, "height": VIEWPORT["height"] - 150})
        opened.wait_for_timeout(200)
        opened.set_viewport_size(VIEWPORT)  # type: ignore[arg-type]
        opened.wait_for_timeout(200)
        after = opened.evaluate(_AT, before["id"])
        drift = abs(after - before["at"]) if after is not None else float("inf")
        yield Row("page", f"page, scroll drift, {door.name}", {"pixels": drift}, "pixels", history)
    finally:
        context.close()


def _nodes(opened: Page) -> float:
    return float(opened.evaluate("document.querySelectorAll('*').length"))


def _people(daemon: Daemon) -> list[str]:
    """The tokens of some people."""
    names = [f"person-{number}" for number in range(AUTHORS)]
    return [daemon.ask("POST", "/invites", {"alias": name, "kind": "human"})["token"] for name in names]


def _talk(daemon: Daemon, voices: list[str], *, seconds: float) -> None:
    """Post evenly for that long, from another thread than the one that watches."""

    def post() -> None:
        client = HTTPConnection(*daemon.door.address, timeout=60)
        for number in range(int(seconds * MESSAGES_PER_SECOND)):
            due = began + number / MESSAGES_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            body = json.dumps(
                {"text": f"Line {number}: the build of `part-{number}` is green; **nothing** left to do."}
            )
            client.request("POST", "/messages", body, {"Authorization": f"Bearer {voices[number % len(voices)]}"})
            client.getresponse().read()
        client.close()

    began = time.perf_counter()
    thread = threading.Thread(target=post)
    thread.start()
    thread.join()
