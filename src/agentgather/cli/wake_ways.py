"""The ways in which `wake` wakes, by name, and the options of each."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.wake.adapter import Adapter

Via = Literal["program", "tmux", "claude-channel", "codex", "opencode", "webhook"]

SECRET_BYTES_MAX = 4096
Switch = Annotated[bool, Parameter(negative=())]
Many = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]


@Parameter(name="*", group="Ways")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    exec: str | None = None
    "program: the command, run once a wake. No shell reads it, and nothing is added to its words."

    seconds: float = 3600.0
    "program: how long it may run, then it is ended."

    to: str | None = None
    "webhook: the URL. codex, opencode: the server's."

    secret_file: str | None = None
    "webhook: the file with the secret that signs. Only you may read it."

    allow: Many = ()
    "webhook: a network beside the public internet that the URL may lead into, such as 127.0.0.1 or 10.0.0.0/8."

    session: str | None = None
    "codex: the thread. opencode: the session."

    steer: Switch = False
    "codex: let the pointer join a turn that runs, in place of waiting for its end."

    password_from: str | None = None
    "codex, opencode: the name of the variable that holds the token or password."

    pane: str | None = None
    "tmux: the pane, such as %3 or main:0.1."

    pid: int | None = None
    "tmux: the agent's own process."

    program: str | None = None
    "tmux: the name of what it runs, such as claude; exactly one pane may run it."

    prompt: str | None = None
    "tmux: a regular expression for what stands before its input."

    socket: str | None = None
    "tmux: the server's socket, as for tmux -L."

    user: str = "opencode"
    "opencode: the user that the password is for."


NO_WAYS = Ways()


@asynccontextmanager
async def open_way(via: Via, ways: Ways) -> AsyncIterator[Adapter]:
    """The adapter called `via`. Raises Failure for options that it cannot be made of."""
    async with _OPEN[via](ways) as adapter:
        yield adapter


@asynccontextmanager
async def _program(ways: Ways) -> AsyncIterator[Adapter]:
    from agentgather.wake.program import ProgramUnusable, open_program, words_of

    command = _needed("program", "exec", ways.exec)
    try:
        words_of(command)
    except ProgramUnusable as unusable:
        raise Failure("usage", f"--exec: {unusable}", field="exec") from None
    async with open_program(command, deadline_seconds=ways.seconds) as program:
        yield program


@asynccontextmanager
async def _webhook(ways: Ways) -> AsyncIterator[Adapter]:
    from agentgather.wake.target import TargetRefused, settled, target_of
    from agentgather.wake.webhook import SecretRefused, open_webhook, secret_of

    url = _needed("webhook", "to", ways.to)
    path = Path(_needed("webhook", "secret-file", ways.secret_file))
    try:
        target = target_of(url, allow=ways.allow)
        await settled(target)
    except TargetRefused as refused:
        raise Failure("usage", f"--to: {refused}", field="to", hint="--allow names a network that is meant") from None
    try:
        secret = secret_of(_private_text(path))
    except SecretRefused as refused:
        raise Failure("usage", f"--secret-file: {refused}", field="secret-file") from None
    async with open_webhook(target, secret) as webhook:
        yield webhook


@asynccontextmanager
async def _opencode(ways: Ways) -> AsyncIterator[Adapter]:
    from agentgather.settings.exposure import is_local_url
    from agentgather.wake.opencode import open_opencode

    url = _needed("opencode", "to", ways.to)
    session = _needed("opencode", "session", ways.session)
    if not url.startswith("https://") and not is_local_url(url):
        raise Failure("usage", "--to: a server elsewhere is spoken to by https alone", field="to")

    def password() -> tuple[str, str] | None:
        held = None if ways.password_from is None else os.environ.get(ways.password_from)
        return None if held is None else (ways.user, held)

    if ways.password_from is not None and password() is None:
        raise Failure("usage", f"--password-from: there is no variable {ways.password_from}", field="password-from")
    async with open_opencode(url, session, password=password) as opencode:
        yield opencode


@asynccontextmanager
async def _codex(ways: Ways) -> AsyncIterator[Adapter]:
    from agentgather.settings.exposure import is_local_url
    from agentgather.wake.codex import open_codex

    url = _needed("codex", "to", ways.to)
    thread = _needed("codex", "session", ways.session)
    is_local = url.startswith("ws://") and is_local_url("http://" + url.removeprefix("ws://"))
    if not url.startswith("wss://") and not is_local:
        raise Failure("usage", "--to: an app-server elsewhere is spoken to by wss alone", field="to")

    def token() -> str | None:
        return None if ways.password_from is None else os.environ.get(ways.password_from)

    if ways.password_from is not None and token() is None:
        raise Failure("usage", f"--password-from: there is no variable {ways.password_from}", field="password-from")
    async with open_codex(url, thread, token=token, may_steer=ways.steer) as codex:
        yield codex


@asynccontextmanager
async def _tmux(ways: Ways) -> AsyncIterator[Adapter]:
    import re

    from agentgather.wake.binding import Unbound, bind
    from agentgather.wake.tmux import Tmux
    from agentgather.wake.tmux_pane import TmuxPane

    tmux = Tmux(socket_name=ways.socket)
    try:
        prompt = re.compile(ways.prompt) if ways.prompt is not None else None
        bound = await bind(tmux, pane=ways.pane, pid=ways.pid, program=ways.program)
    except re.error as wrong:
        raise Failure("usage", f"--prompt is no regular expression: {wrong}", field="prompt") from None
    except Unbound as unbound:
        hint = "say which agent with --pane, --pid or --program; agentgather run starts one in a pane of its own"
        raise Failure("usage", str(unbound), hint=hint) from None
    yield TmuxPane(tmux, bound, prompt=prompt)


_OPEN: dict[str, Callable[[Ways], AbstractAsyncContextManager[Adapter]]] = {
    "program": _program,
    "tmux": _tmux,
    "webhook": _webhook,
    "codex": _codex,
    "opencode": _opencode,
}


def _needed(via: str, option: str, given: str | None) -> str:
    if not given:
        raise Failure("usage", f"--via {via} needs --{option}", field=option)
    return given


def _private_text(path: Path) -> str:
    """The text of a file that nobody else can read. Raises Failure, or OSError."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise Failure("file_refused", f"{path}: others can read it", hint=f"chmod 600 {path}")
        return file.read(SECRET_BYTES_MAX).decode("utf-8", "replace")
