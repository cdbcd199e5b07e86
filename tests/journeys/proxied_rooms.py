"""A room on the public web, as far as one machine can be it: proxy, broker and room are processes of their own.

TLS visitor -> Caddy or nginx, from docs/deploy/ -> `agentgather broker serve` -> link -> `agentgather room serve`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from tests.cli.terminal import environment, tell
from tests.journeys.proxies import PATH_SHAPE, WILDCARD_SHAPE, Name, Proxy, proxy
from tests.ports import free_ports

SLUG = "lab"
DOMAIN = "rooms.localhost"
START_SECONDS = 30
END_SECONDS = 40  # a broker gives what runs 30 seconds


@dataclass
class Program:
    """A command of ours that runs, and what it printed so far."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def wait_for(self, text: str, *, where: Path | None = None, seconds: float = START_SECONDS) -> str:
        """The first line that has `text` in it. Raises AssertionError with all that was printed when none comes."""
        deadline = monotonic() + seconds
        while True:
            is_over = self.process.poll() is not None or monotonic() > deadline
            for line in (where or self.out).read_text().splitlines(keepends=True):
                if text in line and line.endswith("\n"):
                    return line
            assert not is_over, self.out.read_text() + self.err.read_text()
            sleep(0.02)

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log, which is JSON."""
        return [json.loads(line) for line in self.err.read_text().splitlines()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@dataclass
class ProxiedRoom:
    """A room that is reached at `url`, through all of it. `token` is its host's."""

    url: str
    proxy: Proxy
    broker: Program
    room: Program
    home: Path
    admin_socket: Path
    broker_port: int
    token: str = field(repr=False)

    def curl(self, *words: str, seconds: float = 60) -> str:
        """What curl prints that trusts the proxy's authority."""
        command = ["curl", "-sS", "--cacert", str(self.proxy.ca), "--max-time", str(seconds), *words]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 10)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def ask(self, method: str, path: str, body: object | None = None, *, token: str | None = None) -> dict[str, Any]:
        """The JSON of an answer. The token goes in by a file, as a careful agent does it."""
        words = ["-X", method, self.url + path, "-H", f"@{self.header_file(token or self.token)}"]
        if body is not None:
            words += ["-H", "Content-Type: application/json", "--data-binary", json.dumps(body)]
        return dict(json.loads(self.curl(*words)))

    def header_file(self, token: str) -> Path:
        path = self.home / f"header-{token[-8:]}"
        path.write_text(f"Authorization: Bearer {token}\n", encoding="utf-8")
        return path

    def invite(self, alias: str, **more: Any) -> dict[str, Any]:
        answer = self.ask("POST", "/invites", {"alias": alias, **more})
        assert answer["ok"], answer
        return answer


@contextmanager
def proxied_room(
    name: Name,
    folder: Path,
    *,
    is_wildcard: bool = False,
    has_tunnel_beside: bool = False,
    broker_flags: tuple[str, ...] = (),
    room_flags: tuple[str, ...] = (),
) -> Iterator[ProxiedRoom]:
    """A room that answers at its public URL, until the context ends.

    `has_tunnel_beside`: its link is held by `tunnel run`, which asks the room's server over HTTP, not by the room's daemon.
    """
    port, broker_port = free_ports(2)
    public_url = f"https://localhost:{port}"
    home, admin_socket = folder / "home", folder / "admin.sock"
    with ExitStack() as stack:
        wildcard = ("--wildcard-domain", DOMAIN) if is_wildcard else ()
        words = ("broker", "serve", "--port", str(broker_port), "--public-url", public_url, *wildcard)
        words += ("--registration", "open", "--state-file", str(folder / "leases.json"))
        words += ("--admin-socket", str(admin_socket), "--log-format", "json", *broker_flags)
        broker = stack.enter_context(program(folder / "broker", home, *words))
        broker.wait_for("admin socket")
        before = stack.enter_context(
            proxy(
                name,
                folder,
                upstream_port=broker_port,
                sites=WILDCARD_SHAPE if is_wildcard else PATH_SHAPE,
                port=port,
            )
        )
        assert tell(home, "room", "start", SLUG, "--alias", "ops", "--brief", "Move the index.").code == 0
        token = json.loads((home / "current-room.json").read_text())["token"]
        trust = {"SSL_CERT_FILE": str(before.ca)}
        publish = ("--broker", public_url, "--subdomain", SLUG)
        words = ("room", "serve", "--port", "0", "--log-format", "json", *room_flags)
        if has_tunnel_beside:
            room = stack.enter_context(program(folder / "room", home, *words))
            room.wait_for("serving")
            trust["AGENTGATHER_LOG_FORMAT"] = "json"
            link = stack.enter_context(program(folder / "tunnel", home, "tunnel", "run", *publish, environ=trust))
        else:
            room = link = stack.enter_context(program(folder / "room", home, *words, *publish, environ=trust))
        url = json.loads(link.wait_for('"event":"published"', where=link.err))["url"]
        yield ProxiedRoom(url, before, broker, room, home, admin_socket, broker_port, token)


@contextmanager
def program(folder: Path, home: Path, *words: str, environ: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Run `agentgather` with `words` in a process of its own until the context ends; it prints into files in `folder`."""
    folder.mkdir()
    out, err = folder / "out", folder / "err"
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            [sys.executable, "-m", "agentgather", *words],
            stdin=subprocess.DEVNULL,
            stdout=to_out,
            stderr=to_err,
            start_new_session=True,  # as a service: no terminal whose end a SIGHUP could mean
            env=environment(home, environ),
        )
    try:
        yield Program(process, out, err)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(END_SECONDS)
