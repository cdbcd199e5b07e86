"""What every process of this machine's people can see of the processes below one: their words and their environment."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from proofs.secrets.meant import Leak, what_of
from proofs.secrets.shape import found

# Variables that a person may hand a token to a command in: the environment is readable to its owner alone (proc(5)), the
# words of a command are not.
HANDED = (b"AGENTGATHER_TOKEN=", b"TOKEN=")
STARTS = frozenset(("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn"))


class ProcessWatch:
    """Looks at the processes below `root` until it is stopped. `leaks` is what it saw, by what was seen."""

    def __init__(self, root: int, *, interval_seconds: float) -> None:
        self.leaks: set[Leak] = set()
        self.seen: set[tuple[int, str]] = set()
        self._root = root
        self._interval_seconds = interval_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        for pid, started in _below(self._root):
            for name in ("cmdline", "environ"):
                with suppress(OSError):
                    words = Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
                    self.leaks |= leaks_in(words, of=name)
            self.seen.add((pid, started))

    def _keep_looking(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            self.look()


def leaks_in(words: Iterable[bytes], *, of: str) -> set[Leak]:
    """Secrets in the words or the environment of one process."""
    words = [word for word in words if of == "cmdline" or not word.startswith(HANDED)]
    secrets = set().union(*(found(word) for word in words), set())
    shown = b" ".join(words[:3]) if of == "cmdline" else b""
    for secret in secrets:
        shown = shown.replace(secret, b"SECRET")
    return {Leak(f"{of} of a process", f"{what_of(secrets)} {shown[:80]!r}")} if secrets else set()


def watch_starts(leaks: set[Leak]) -> None:
    """From now on, what this very process starts is looked at before it runs, however short its life. There is no end to it."""

    def started(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STARTS:
            return
        words, environ = _words_of(event, arguments)
        leaks.update(leaks_in(map(os.fsencode, words), of="cmdline"))
        leaks.update(leaks_in((os.fsencode(f"{name}={value}") for name, value in environ.items()), of="environ"))

    sys.addaudithook(started)


def _words_of(event: str, arguments: tuple[Any, ...]) -> tuple[list[Any], dict[str, Any]]:
    """The words and the environment of what is started; the names and arguments of these events are python's."""
    words, environ = (arguments[1], arguments[3]) if event == "subprocess.Popen" else (arguments[1], arguments[-1])
    if not isinstance(words, list | tuple):
        words = [words] if words is not None else []
    shown = {os.fsdecode(name): os.fsdecode(value) for name, value in environ.items()} if environ else {}
    return list(words), shown


def _below(root: int) -> list[tuple[int, str]]:
    """The processes that `root` started, and those they started, each with when it began; not `root` itself."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1]), fields[19]
    found_pids: list[tuple[int, str]] = []
    for pid, (parent, started) in parents.items():
        while parent not in (root, 0) and parent in parents:
            parent = parents[parent][0]
        if parent == root and pid != root:
            found_pids.append((pid, started))
    return found_pids
