"""The host of a room who means harm to another room of the same broker: it serves whatever page and headers it likes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import trio

from agentgather.wire.frames import Open
from tests.broker.brokers import HandHost, hand_host, next_open

SCRIPT = Path(__file__).with_name("hostile_room.js").read_text(encoding="utf-8")
_PROBE = "try { window.loot = JSON.stringify(localStorage) } catch (error) { window.loot = error.name }"
_WORKER = (
    "const tell = (to) => indexedDB.databases().then((all) => to.postMessage(self.origin + JSON.stringify(all)));"
    "if ('onconnect' in self) self.onconnect = ({ ports: [port] }) => tell(port); else tell(self);"
)
HTML = "text/html; charset=utf-8"
CHILD = f"<!doctype html><body><script>{_PROBE}</script>"
# What a page would need to be more than the sandbox lets it. None of it is for a host to grant.
GRANTS = {
    "access-control-allow-origin": "*",
    "access-control-allow-credentials": "true",
    "clear-site-data": '"*"',
    "content-security-policy": "default-src * 'unsafe-inline' 'unsafe-eval' data: blob:",
    "link": "</>; rel=preload",
    "origin-agent-cluster": "?0",
    "refresh": "0;url=/",
    "service-worker-allowed": "/",
    "set-cookie": "tossed=1; Path=/",
    "x-frame-options": "ALLOWALL",
}
GRANTS_KEPT = {"content-security-policy", "x-frame-options"}  # they can only take something away

PAGES: Mapping[str, tuple[int, str, str]] = {
    "/": (200, HTML, f"<!doctype html><title>friendly</title><body><script>{SCRIPT}</script>"),
    "/child": (200, HTML, CHILD),
    "/missing": (404, "TEXT/HTML", CHILD),
    "/error": (500, "text/html;charset=utf-8", CHILD),
    "/xhtml": (
        200,
        "application/xhtml+xml",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body/><script>{_PROBE}</script></html>',
    ),
    "/svg": (200, "image/svg+xml", f'<svg xmlns="http://www.w3.org/2000/svg"><script>{_PROBE}</script></svg>'),
    "/xml": (200, "text/xml", f'<a><script xmlns="http://www.w3.org/1999/xhtml">{_PROBE}</script></a>'),
    "/assets/x.html": (200, HTML, CHILD),
    "/sw.js": (200, "text/javascript", "addEventListener('fetch', () => {})"),
    "/worker.js": (200, "text/javascript", _WORKER),
}
DOCUMENTS = [path for path, (_, kind, _) in PAGES.items() if kind != "text/javascript" and path != "/"]


@contextmanager
def hostile_host(broker_url: str, slug: str) -> Iterator[str]:
    """Serve PAGES as the room `slug` until the context ends; its URL."""
    begun: SimpleQueue[tuple[str, trio.lowlevel.TrioToken, trio.CancelScope] | BaseException] = SimpleQueue()

    async def serve() -> None:
        with trio.CancelScope() as scope:
            async with hand_host(broker_url, slug) as host:
                begun.put((host.base_url, trio.lowlevel.current_trio_token(), scope))
                while (opened := await next_open(host)) is not None:
                    await _answer(host, opened)

    def run() -> None:
        try:
            trio.run(serve)
        except BaseException as error:
            begun.put(error)
            raise

    thread = threading.Thread(target=run, name="hostile host")
    thread.start()
    first = begun.get()
    if isinstance(first, BaseException):
        raise first
    url, token, scope = first
    try:
        yield url
    finally:
        token.run_sync_soon(scope.cancel)
        thread.join()


async def _answer(host: HandHost, opened: Open) -> None:
    path = opened.target.decode().partition("?")[0]
    status, kind, body = PAGES.get(path, (404, "text/plain", "nothing"))
    content = body.encode()
    headers = {"content-type": kind, "content-length": str(len(content)), **GRANTS}
    host.end.answer(opened.stream, status, tuple((name.encode(), value.encode()) for name, value in headers.items()))
    if opened.method != "HEAD":
        assert host.end.sendable(opened.stream) >= len(content)
        while content:
            host.end.send_data(opened.stream, content[:32_768])
            content = content[32_768:]
    host.end.end(opened.stream)
    await host.flush()
