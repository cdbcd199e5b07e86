"""One room and every door to it: its own port, a broker, and `ssh -R`, all live at once."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agentgather.store.home import Home
from bench.broker import SUBDOMAIN, broker_serving
from bench.daemon import Daemon, serving
from bench.door import Door
from bench.ssh import NoSsh, ssh_remote, ssh_server


@dataclass(frozen=True, slots=True)
class Opened:
    """A room that is served, and its doors; the direct one comes first. `missing` says which one is not there, and why."""

    daemon: Daemon
    doors: tuple[Door, ...]
    missing: str = ""


@contextlib.contextmanager
def all_doors(home: Home) -> Iterator[Opened]:
    with ExitStack() as stack:
        broker = stack.enter_context(broker_serving())
        daemon = stack.enter_context(serving(home, ["--broker", broker.public_url, "--subdomain", SUBDOMAIN]))
        doors, missing = [daemon.door, broker.door(near=daemon.tree)], ""
        try:
            keys = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ssh-")))
            server, port = stack.enter_context(ssh_server(keys))
            doors.append(
                stack.enter_context(ssh_remote(keys, server, via=port, room=daemon.door.address, room_tree=daemon.tree))
            )
        except NoSsh as problem:
            missing = str(problem)
        yield Opened(daemon, tuple(doors), missing)
