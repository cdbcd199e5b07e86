"""Whom a process of ours dials, looks up and starts: python tells an audit hook before it does so (PEP 578).

The hook is installed by the `sitecustomize` of a folder on the process's path, so that what runs is the command itself.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOOK = """
import json, os, sys

# Opened before anything of ours runs; one short line a write, so that lines of several threads stay whole.
_told = os.open(os.environ["WATCHED_BY"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_CALLS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
_STARTS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "webbrowser.open"}

def _hear(event, args):
    if event in _CALLS:
        one, address = args[0], args[1] if len(args) > 1 else None
        said = [event, int(one.family), address if isinstance(address, str | tuple) else repr(address)]
    elif event in _LOOKUPS:
        said = [event, 0, repr(args)]
    elif event in _STARTS:
        said = [event, 0, repr(args)[:500]]
    elif event == "socket.bind":
        said = [event, int(args[0].family), repr(args[1])]
    else:
        return
    os.write(_told, json.dumps(said).encode() + b"\\n")

sys.addaudithook(_hear)
"""


@dataclass(frozen=True)
class Watch:
    """What was heard of one process. `environ` makes a command be heard."""

    folder: Path

    @property
    def environ(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(self.folder), "WATCHED_BY": str(self.folder / "heard")}

    @property
    def heard(self) -> list[list[Any]]:
        """`[event, address family, what it was about]`, in order."""
        return [json.loads(line) for line in (self.folder / "heard").read_text().splitlines()]

    @property
    def dialled(self) -> set[tuple[str, int]]:
        """Host and port of whoever was dialled or written to over a network."""
        networks = (socket.AF_INET, socket.AF_INET6)
        calls = [about for event, family, about in self.heard if family in networks and event != "socket.bind"]
        return {(str(about[0]), int(about[1])) for about in calls}

    @property
    def looked_up(self) -> list[str]:
        """Names that a resolver was asked for. A numeric address that is only taken apart is none."""
        lookups = [about for event, _, about in self.heard if event.startswith("socket.get")]
        return [about for about in lookups if not about.startswith(("('127.0.0.1'", "(b'127.0.0.1'"))]

    @property
    def started(self) -> list[str]:
        """What was started as another process, since it first listened: trio's import has ldconfig look for a library."""
        events = [event for event, _, _ in self.heard]
        since = self.heard[events.index("socket.bind") :]
        return [about for event, _, about in since if not event.startswith("socket.")]

    @property
    def has_heard(self) -> bool:
        """Whether the hook was there at all: every daemon of ours listens somewhere."""
        return any(event == "socket.bind" for event, _, _ in self.heard)


def watch(folder: Path) -> Watch:
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HOOK)
    return Watch(folder)


@dataclass(frozen=True)
class Canary:
    """A port that nobody has a reason to dial."""

    socket: socket.socket

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def was_dialled(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@contextmanager
def canary() -> Iterator[Canary]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield Canary(listening)
