"""`agentgather mcp install`: one program's settings, with our server among them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.mcp_programs import FILE_BYTES_MAX, PROGRAMS
from agentgather.cli.output import output_for, single
from agentgather.store.private_files import temporary_beside

BACKUP = ".before-agentgather"


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
        Show what the file would be, and write nothing.
    host
        Let the server open and serve the folder's room when nobody does; --no-host: only join one that is there.
    """
    output = output_for(is_json=flags.json)
    chosen = PROGRAMS[program]
    path = chosen.place(os.environ, Path.home(), Path.cwd())
    path = path.resolve()  # a link of somebody who keeps their settings elsewhere stays one
    before = _read(path)
    words = [_command(), "mcp", *(["--host"] if host else []), *(["--home", flags.home] if flags.home else [])]
    after = chosen.merge(before or "", words, path)
    answer = {"ok": True, "for": program, "path": str(path), "changed": after != before, "backup": None}
    if print_only:
        output.answer({**answer, "text": after}, f"# {single(str(path))}", after.rstrip("\n"))
        return
    if after == before:
        output.answer(answer, f"{single(str(path))} has it already")
        return
    if before is not None:
        backup = path.with_name(path.name + BACKUP)
        shutil.copy2(path, backup)
        answer["backup"] = str(backup)
    _write(path, after)
    output.answer(answer, f"{single(str(path))} starts agentgather mcp now", f"  {chosen.then}")


def _command() -> str:
    """What starts us: our name where the PATH finds this very program, else where we are."""
    started = Path(sys.argv[0])
    found = shutil.which("agentgather")
    if started.name != "agentgather" or not started.exists():
        return "agentgather"
    return "agentgather" if found is not None and started.samefile(found) else str(started.resolve())


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX).decode()
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Replace the file whole, with the mode that it had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    try:
        temporary.write_text(text, encoding="utf-8")
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
