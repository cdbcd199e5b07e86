"""What can be asked, and done wrong, with a secret in hand: each way that it could get into what is written down."""

from __future__ import annotations

import random
import socket
import subprocess
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from tests.journeys.curl_agent import by_purpose, environment
from tests.journeys.people import Somebody

from proofs.secrets.stage import Stage

PATIENCE_SECONDS = 30
HELD_SECONDS = 1  # of the wait during which processes are looked at
EXPORTS = ("md", "json", "jsonl", "html")


def everything_over_http(stage: Stage, guest: Somebody, choices: random.Random) -> None:
    """Each request below is made at the room and through the broker, in an order of the trial's."""
    token = guest.token
    own = {"Authorization": f"Bearer {token}"}
    asked: list[tuple[str, str, dict[str, str], bytes | None]] = [
        ("GET", "/status", own, None),
        ("GET", "/messages", own, None),
        ("GET", "/log", own, None),
        ("GET", "/search?q=index", own, None),
        ("GET", "/profile", own, None),
        ("GET", "/brief", own, None),
        ("GET", "/transcript.html", own, None),
        ("GET", "/export/parts?format=html", own, None),
        *(("GET", f"/export?format={kind}", own, None) for kind in EXPORTS),
        ("GET", "/wait?hold=0", own, None),
        ("POST", "/messages", own, b"{"),
        ("POST", "/messages", own, b"x" * 70_000),
        ("POST", "/close", own, b"{}"),
        ("DELETE", "/status", own, None),
        ("GET", "/nowhere", own, None),
        ("GET", f"/nowhere/{token}", own, None),
        ("GET", f"/messages/{token}", own, None),
        ("GET", f"/status?token={token}", {}, None),
        ("GET", f"/wait?since_id={token}", own, None),
        ("GET", f"/wait?participant={token}", own, None),
        ("GET", f"/export?format={token}", own, None),
        ("GET", f"/search?q=x&type={token}", own, None),
        ("GET", "/status", {"Authorization": f"Bearer {token}x"}, None),
        ("GET", "/status", {"Authorization": "Basic " + b64encode(f"ops:{token}".encode()).decode()}, None),
        ("GET", "/status", {"Cookie": f"token={token}"}, None),
        ("GET", "/status", own | {"User-Agent": token, "Referer": f"http://x.example/#token={token}"}, None),
        ("GET", "/status", own | {"X-Forwarded-For": token}, None),
        ("GET", "/status", own | {"Host": f"{token}.example"}, None),
        ("POST", "/messages", own | {"Origin": f"http://{token.replace('_', '-')}.example"}, b"{}"),
        ("POST", "/transcript.html", {}, f"token={token}x".encode()),
        ("POST", "/transcript.html", {}, f"token={token}".encode()),
        ("POST", "/transcript.html", {}, f"token={token}&before_id=2".encode()),
        ("POST", "/transcript.html", {}, b"pass=" + token.encode()),
        ("POST", f"/participants/{token}/remove", {"Authorization": f"Bearer {stage.host.token}"}, b"{}"),
        ("POST", "/invites", {"Authorization": f"Bearer {stage.host.token}"}, b'{"alias":"%s"}' % token.encode()),
        ("POST", "/messages", own, b'{"text":"x","type":"%s"}' % token.encode()),
        ("POST", "/messages", own, b'{"text":"x","to":["%s"]}' % token.encode()),
        ("GET", "/", {}, None),
        ("GET", "/openapi.json", {}, None),
        ("GET", "/healthz", own, None),
    ]
    choices.shuffle(asked)
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        for where, url in (("the room", stage.host.url), ("the broker", stage.public)):
            for number, (method, path, headers, body) in enumerate(asked):
                answer = client.request(method, url + path, headers=headers, content=body)
                stage.keep(f"{number} {method} {path.replace(token, 'TOKEN')[:60]} at {where}", answer)
    for url in (stage.host.url, stage.broker_url):
        _no_http(url, token)


def _no_http(url: str, token: str) -> None:
    """What is no request at all, with a token in each part of it."""
    where = urlsplit(url)
    for content in (
        f"{token} /lab/status HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET /{token} HTTP/9.9\r\n\r\n",
        f"GET /lab/status HTTP/1.1\r\nHost: x\r\nAuthorization Bearer {token}\r\n\r\n",
        f"GET /lab/status HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n",
        f"GET http://x/{token} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET /_host/link HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {token}\r\n\r\n",
        f"POST /lab/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{token}\r\n",
    ):
        with socket.create_connection((where.hostname, where.port), timeout=PATIENCE_SECONDS) as caller:
            caller.sendall(content.encode())
            caller.shutdown(socket.SHUT_WR)
            while caller.recv(65_536):
                pass


def the_commands(stage: Stage, guest: Somebody) -> None:
    """What a host types, and what an operator types; exports are files that are left behind."""
    stage.tell("send", "@bob move the index")
    for words in (
        ("room", "status"),
        ("room", "seats"),
        ("room", "list"),
        ("messages",),
        ("search", "index"),
        ("doctor",),
        ("config",),
        ("tunnel", "status"),
        ("instructions",),
        ("nonsense", guest.token),
        ("room", "join", "nowhere", "--token-file", str(stage.home / "missing")),
    ):
        stage.tell(*words)
        stage.tell(*words, "--json")
    for kind in EXPORTS:
        stage.tell("export", "--format", kind, "--output", str(stage.folder / f"export.{kind}"))
    stage.tell("room", "join", "-", stdin=f"http://127.0.0.1:9/#token={guest.token}")  # where nobody listens
    stage.tell("room", "join", "-", stdin=f"{stage.host.url}/#token={guest.token}x")
    for words in (("broker", "routes"), ("broker", "keys")):
        stage.tell(*words, "--admin-socket", str(stage.admin_socket))
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(stage.admin_socket)), timeout=PATIENCE_SECONDS) as operator:
        for path in ("metrics", "routes", "healthz"):
            stage.keep(f"GET /{path} at the admin socket", operator.get(f"http://broker/{path}"))


def an_agent_of_the_cards(stage: Stage, guest: Somebody, home: Path) -> None:
    """The commands of a card in a shell, `next_cmd` among them, whose wait is held while processes are looked at."""
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        card = client.get(f"{guest.url}/card", headers={"Authorization": f"Bearer {guest.token}"}).text
    told = by_purpose(card)
    script = "\n".join(
        (
            told.setup,
            told.join,
            told.token,
            f"next=$({told.wait} | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"next_cmd\"])')",
            f'eval "$(printf %s "$next" | sed "s/wait?/wait?hold={HELD_SECONDS}\\&/")"',
            told.post,
            told.status,
        )
    )
    path = home / "agent.sh"
    env = environment(home)
    path.write_text(script.replace(told.setup, ". ./setup.sh"))
    (home / "setup.sh").write_text(told.setup)
    ran = subprocess.run(
        ["bash", path.name], cwd=home, env=env, capture_output=True, timeout=PATIENCE_SECONDS * 2, check=False
    )
    stage.told["what a card's commands printed"] = ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stderr
    assert b'"heartbeat":true' in ran.stdout, ran.stdout


def a_host_that_is_away(stage: Stage, guest: Somebody) -> None:
    """The daemon dies in the middle: what a broker says then, and what the daemon said last."""
    stage.daemon.process.kill()
    stage.daemon.process.wait(PATIENCE_SECONDS)
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        for accept in ("text/html", "application/json"):
            headers = {"Authorization": f"Bearer {guest.token}", "Accept": accept, "Sec-Fetch-Mode": "navigate"}
            stage.keep(
                f"a {accept} while the host is away", client.get(f"{stage.public}/{guest.token}", headers=headers)
            )
