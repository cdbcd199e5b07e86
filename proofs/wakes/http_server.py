"""Stands in for an OpenCode server and for whoever takes a webhook: real HTTP, in a process of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION = "ses_e00354d16ffeSW826E7W533a2m"
PASSWORD = "stand-in-password"
SECRET = b"a stand-in secret of some length"
TURN_SECONDS = 0.02
PAGE = b"<!doctype html><title>for browsers</title>"


class Agent:
    """What it took in. Its lock is held for every look and change."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lines: list[str] = []
        self.roles: list[str] = []
        self.forged = 0
        self.cancelled = 0
        self.cancelled_unshown = 0
        self.works_until = 0.0
        self.is_shown = False  # somebody was told of the turn that runs
        self.begins_seconds: float | None = None
        self.deaf = 0  # requests that are answered with something that means nothing
        self.mute = 0  # those that are carried out, and never answered

    @property
    def is_working(self) -> bool:
        return time.monotonic() < self.works_until

    def work(self, seconds: float) -> None:
        self.is_shown = self.is_shown and self.is_working
        self.works_until = max(self.works_until, time.monotonic() + seconds)

    def be_prompted(self, line: str) -> None:
        """A prompt that comes into a turn ends that one here, which is the worst that programs do with one."""
        if self.is_working:
            self.cancelled += self.is_shown
            self.cancelled_unshown += not self.is_shown
            self.works_until = 0.0
        self.lines.append(line)
        self.roles += ["user", "assistant"]
        self.work(TURN_SECONDS)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # an answer leaves in one piece
    agent = Agent()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        agent = self.agent
        if not self._is_admitted():
            return
        with agent.lock:
            match self.path:
                case "/global/health":
                    self._answer(200, {"healthy": True, "version": "1.18.33"})
                case "/session/status":
                    agent.is_shown = agent.is_working
                    self._answer(200, {SESSION: {"type": "busy"}} if agent.is_shown else {})
                    if agent.begins_seconds is not None:
                        agent.work(agent.begins_seconds)
                        agent.begins_seconds = None
                case path if path == f"/session/{SESSION}":
                    self._answer(200, {"id": SESSION})
                case path if path == f"/session/{SESSION}/message":
                    infos = [{"info": {"role": role, "id": f"msg_{n}"}} for n, role in enumerate(agent.roles)]
                    self._answer(200, infos)
                case path if path.startswith("/session/"):
                    self._answer(404, {"name": "NotFoundError"})
                case _:
                    self._raw(200, PAGE, "text/html")

    def do_POST(self) -> None:
        agent, body = self.agent, self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/hook":
            self._hook(body)
        elif not self._is_admitted():
            return
        elif self.path == f"/session/{SESSION}/prompt_async":
            with agent.lock:
                if agent.deaf:
                    agent.deaf -= 1
                    self._raw(200, PAGE, "text/html")
                    return
                agent.be_prompted(json.loads(body)["parts"][0]["text"])
                self._done()
        else:
            self._raw(200, PAGE, "text/html")

    def _hook(self, body: bytes) -> None:
        agent = self.agent
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        right = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
        with agent.lock:
            if not hmac.compare_digest(right, self.headers["webhook-signature"] or ""):
                agent.forged += 1
                self._answer(401, {})
            elif agent.deaf:
                agent.deaf -= 1
                self._answer(503, {})
            else:
                agent.lines.append(json.loads(body)["line"])
                self._done()

    def _done(self) -> None:
        if self.agent.mute:
            self.agent.mute -= 1
            self.close_connection = True
            return
        self.send_response(204)
        self.end_headers()

    def _is_admitted(self) -> bool:
        right = "Basic " + base64.b64encode(f"opencode:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == right:
            return True
        self._answer(401, {})
        return False

    def _answer(self, status: int, value: object) -> None:
        self._raw(status, json.dumps(value).encode(), "application/json")

    def _raw(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def do(agent: Agent, command: dict[str, Any]) -> dict[str, Any]:
    with agent.lock:
        match command:
            case {"work": seconds}:
                agent.work(seconds)
            case {"begin": seconds}:
                agent.begins_seconds = seconds
            case {"deaf": count}:
                agent.deaf = count
            case {"mute": count}:
                agent.mute = count
        return {
            "lines": agent.lines,
            "cancelled": agent.cancelled,
            "cancelled_unshown": agent.cancelled_unshown,
            "forged": agent.forged,
            "is_working": agent.is_working,
        }


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    for line in sys.stdin:
        print(json.dumps(do(Handler.agent, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
