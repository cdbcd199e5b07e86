"""`agentgather mcp install`: one program's settings, with our server among them."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.mcp_programs import BY_HAND, FILE_BYTES_MAX, PROGRAMS
from agentgather.cli.output import output_for, single
from agentgather.store.private_files import write_private

BACKUP = ".before-agentgather"
_NEW_MODE = 0o644  # it holds no secret of ours


def install(
    *,
    program: Annotated[Literal["claude-code", "codex", "gemini", "opencode"], Parameter(name="--for")],
    print_only: Annotated[bool, Parameter(name="--print", negative=())] = False,
    host: Annotated[bool, Parameter(negative="--no-host")] = True,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Write `agentgather mcp` into the settings of a program that runs agents. What else stands there stays.

    Parameters
    ----------
    program
        claude-code (.mcp.json of this folder), codex, gemini or opencode (their own files in your home).
    print_only
        Show what the file would be, and write nothing. Of a file that is left alone: what to add by hand.
    host
        Let the server open and serve the folder's room when nobody does; --no-host: only join one that is there.
    """
    output = output_for(is_json=flags.json)
    chosen = PROGRAMS[program]
    place = chosen.place(os.environ, Path.home(), Path.cwd())
    path = place.resolve()  # a link of somebody who keeps their settings elsewhere stays one
    words = [_command(), "mcp", *(["--host"] if host else []), *(["--home", flags.home] if flags.home else [])]
    try:
        if chosen.is_of_a_project and not path.is_relative_to(place.parent.resolve()):
            raise Failure("file_refused", f"{place} is a link out of its folder, to {path}", hint=BY_HAND)
        before = _read(path)
        after = chosen.merge(before or "", words, path)
    except Failure:
        if not print_only:
            raise
        before, after = None, chosen.merge("", words, path)
    answer = {"ok": True, "for": program, "path": str(path), "changed": after != before, "backup": None}
    if print_only:
        output.answer({**answer, "text": after}, f"# {single(str(path))}", after.rstrip("\n"))
        return
    if after == before:
        output.answer(answer, f"{single(str(path))} has it already")
        return
    if before is not None:
        backup = path.with_name(path.name + BACKUP)
        _write(backup, before, like=path)
        answer["backup"] = str(backup)
    _write(path, after, like=path)
    output.answer(answer, f"{single(str(path))} starts agentgather mcp now", f"  {chosen.then}")


def _command() -> str:
    """What starts us: our name where the PATH finds this very program, else where we are."""
    started = Path(sys.argv[0])
    found = shutil.which("agentgather")
    if started.name != "agentgather" or not started.exists():
        return "agentgather"
    return "agentgather" if found is not None and started.samefile(found) else str(started.resolve())


def _read(path: Path) -> str | None:
    """What stands in the file; None when there is none. Raises Failure for what could not be written back as it was."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise Failure("file_refused", f"{path} is larger than {FILE_BYTES_MAX} bytes", hint=BY_HAND)
        return content.decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise Failure("file_refused", f"{path} is not UTF-8", hint=BY_HAND) from None


def _write(path: Path, text: str, *, like: Path) -> None:
    """Replace the file whole, with the mode of `like`: settings hold secrets, and are at no moment readable by more people.

    What stands in its place, a link of a project's included, makes way and is not written through.
    """
    mode = stat.S_IMODE(like.stat().st_mode) if like.exists() else _NEW_MODE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, text.encode(), mode=mode)
