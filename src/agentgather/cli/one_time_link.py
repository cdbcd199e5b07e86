"""Opening a link with a token in it: no place for a browser's command line, so that gets a link that works once.

The browser is sent to a loopback address of ours with a random path, and from there, once, to the link itself.
"""

from __future__ import annotations

import secrets
import webbrowser

import h11
import trio

WAIT_SECONDS = 20.0  # for the browser to start and to come
_REQUEST_BYTES_MAX = 65_536


async def open_once(link: str, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Open `link` in the browser of this machine; whether a browser came for it in time."""
    secret_path = f"/{secrets.token_urlsafe(16)}"
    came = trio.Event()

    async def answer(stream: trio.SocketStream) -> None:
        with trio.move_on_after(wait_seconds):
            if await _redirect(stream, secret_path, link=link):
                came.set()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    with trio.move_on_after(wait_seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, answer, listeners)
            url = f"http://127.0.0.1:{port}{secret_path}"
            if await trio.to_thread.run_sync(webbrowser.open, url, abandon_on_cancel=True):
                await came.wait()
            nursery.cancel_scope.cancel()
    return came.is_set()


async def _redirect(stream: trio.SocketStream, secret_path: str, *, link: str) -> bool:
    """Answer one request; whether it was the one with the secret path. Anybody else learns nothing."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_REQUEST_BYTES_MAX)
    async with stream:
        try:
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await stream.receive_some())
                    continue
                break
            if not isinstance(event, h11.Request):
                return False
            is_meant = secrets.compare_digest(event.target, secret_path.encode())
            headers = [("Content-Length", "0"), ("Cache-Control", "no-store"), ("Connection", "close")]
            if is_meant:
                headers += [("Location", link), ("Referrer-Policy", "no-referrer")]
            response = h11.Response(status_code=303 if is_meant else 404, headers=headers)
            await stream.send_all((connection.send(response) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        except (h11.ProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
            return False
    return is_meant
