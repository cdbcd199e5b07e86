"""Where `run` runs an agent: in a session of tmux, or in a pseudo-terminal of ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import trio

from agentgather.cli.failures import Failure
from agentgather.wake.binding import Unbound
from agentgather.wake.started import HIDDEN, Started
from agentgather.wake.tmux import Tmux, TmuxTrouble

Kind = Literal["tmux", "pty"]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """`session` and `socket` are of tmux."""

    kind: Kind
    session: str | None = None
    socket: str | None = None


def place_of(kind: Kind | None, *, session: str | None, socket: str | None) -> RunPlace:
    """The place that was asked for, or tmux where it is installed, as it can be looked at from everywhere. Raises Failure."""
    has_tmux = shutil.which("tmux") is not None
    is_named = session is not None or socket is not None
    if kind == "pty" and is_named:
        raise Failure("usage", "--session and --socket are of tmux, and --in pty runs no tmux", field="in")
    if not has_tmux and (kind == "tmux" or is_named):
        raise Failure("usage", "there is no tmux here", field="in", hint="install tmux, or run it with --in pty")
    return RunPlace(kind or ("tmux" if has_tmux else "pty"), session, socket)


def open_run(
    place: RunPlace, words: Sequence[str], *, name: str, environ: Mapping[str, str], folder: Path | None
) -> AbstractAsyncContextManager[Started]:
    """Run `words` there, without a shell; they are gone when the context ends. Raises Failure, EndedAtOnce, OSError.

    `folder`: where it runs, for an agent in the background, whom nobody looks at. `name`: of its session, by default.
    """
    if place.kind == "pty":
        return _in_pty(words, environ=environ, folder=folder)
    return _in_tmux(place, words, name=place.session or name, environ=environ, folder=folder)


@asynccontextmanager
async def _in_tmux(
    place: RunPlace, words: Sequence[str], *, name: str, environ: Mapping[str, str], folder: Path | None
) -> AsyncIterator[Started]:
    from agentgather.wake.tmux_session import start_in_tmux

    for hidden in HIDDEN:  # a tmux server that we start would keep them for everybody
        os.environ.pop(hidden, None)
    try:
        with trio.CancelScope(shield=True):  # else it might be started and nobody know
            started = await start_in_tmux(
                Tmux(socket_name=place.socket), words, name=name, environ=environ, folder=folder or Path.cwd()
            )
    except TmuxTrouble as trouble:
        raise Failure(
            "usage", f"tmux started no session {name}: {trouble}", hint="--session gives another name"
        ) from None
    except Unbound as unbound:
        raise Failure("usage", f"the program did not come to run: {unbound}", field="command") from None
    try:
        yield started
    finally:
        with trio.CancelScope(shield=True):
            await started.end()


@asynccontextmanager
async def _in_pty(words: Sequence[str], *, environ: Mapping[str, str], folder: Path | None) -> AsyncIterator[Started]:
    from agentgather.wake.terminal.onlooker import Onlooker, onlooker
    from agentgather.wake.terminal.session import open_in_pty

    person = onlooker() if folder is None else Onlooker()
    async with open_in_pty(words, environ=environ, folder=folder or Path.cwd(), onlooker=person) as started:
        yield started
