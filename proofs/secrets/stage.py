"""A room, its broker and everybody in them, as processes that say all they have to say; and what they leave behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from tests.cli.terminal import Ran, tell
from tests.journeys.people import Somebody
from tests.journeys.proxied_rooms import Program, program

from proofs.secrets.shape import PASS

SLUG = "lab"


@dataclass
class Stage:
    """`home` is the host's, `folder` holds what everybody wrote. `words` are secrets without a shape, by what they are."""

    folder: Path
    home: Path
    broker: Program
    daemon: Program
    host: Somebody
    public: str
    admin_socket: Path
    told: dict[str, bytes] = field(default_factory=dict)  # what was answered or printed that nobody's token is in
    words: dict[str, bytes] = field(default_factory=dict)

    @property
    def broker_url(self) -> str:
        return self.public.rpartition("/")[0]

    def tell(self, *words: str, stdin: str = "", is_secret: bool = False) -> Ran:
        """Run a command of the host's. What it prints is searched, unless it is what somebody is meant to be handed."""
        ran = tell(self.home, *words, stdin=stdin)
        if not is_secret:
            self.told[f"what {' '.join(words)[:60]} printed"] = (ran.out + ran.err).encode()
        return ran

    def keep(self, name: str, answer: httpx.Response) -> None:
        """Keep what was answered, its headers too; without a pass to read on, which is for who is answered."""
        head = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
        self.told[f"the answer to {name}"] = head + b"\n\n" + re.sub(PASS, b"", answer.content)


@contextmanager
def set_up(folder: Path, *, log_format: str) -> Iterator[Stage]:
    """A room that is served and published, everything logged that can be, until the context ends."""
    home, operator = folder / "home", folder / "operator"
    operator.mkdir()
    logged = ("--log-level", "debug", "--log-format", log_format)
    with ExitStack() as stack:
        # A socket's path has to be short (unix(7)), and a folder of the tests may not be.
        admin_socket = Path(stack.enter_context(TemporaryDirectory())) / "admin.sock"
        kept = ("--state-file", str(operator / "leases.json"), "--admin-socket", str(admin_socket))
        words = ("broker", "serve", "--port", "0", "--registration", "open", "--park-seconds", "0.5", *kept, *logged)
        broker = stack.enter_context(program(folder / "broker", operator, *words, "--json"))
        broker_url = json.loads(broker.wait_for('"url"'))["url"]
        assert tell(home, "room", "start", SLUG, "--alias", "ops", "--brief", "Move the index.").code == 0
        publish = ("--broker", broker_url, "--subdomain", SLUG)
        daemon = stack.enter_context(
            program(folder / "daemon", home, "room", "serve", "--port", "0", *publish, *logged, "--json")
        )
        served = json.loads(daemon.wait_for('"url"'))
        token = json.loads((home / "current-room.json").read_text())["token"]
        stage = Stage(
            folder, home, broker, daemon, Somebody(served["url"], token), f"{broker_url}/{SLUG}", admin_socket
        )
        stage.words["the seed of the host's key"] = (home / "host.key").read_bytes().strip().rpartition(b":")[2]
        yield stage
