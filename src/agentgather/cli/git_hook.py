"""The pre-commit hook that asks for leases: written where there is none, and taken away again; another's is never touched."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from pathlib import Path
from secrets import token_hex

from agentgather.cli.failures import Failure
from agentgather.cli.own_name import NAME

HOOK = "pre-commit"
_MARK = "# agentgather lease guard: keeps a commit off what somebody else has leased"
_HOW = "# Written by `agentgather lease guard --install`, taken away by `agentgather lease guard --uninstall`."
_HOOK_BYTES_MAX = 16_384  # ours is far smaller
_LINES = 8


def install(hook: Path, *, words: tuple[str, ...], is_strict: bool) -> bool:
    """Write the hook that runs this program with `words`; answers whether it replaces an older one of ours.

    Raises Failure (`hook_exists`) where another's stands, and says how to have both.
    """
    command = [*_program(), "lease", "guard", "--check", *words, *(["--strict"] if is_strict else [])]
    is_there = os.path.lexists(hook)
    if is_there and not is_ours(hook):
        raise Failure(
            "hook_exists",
            f"{hook} is another's hook, and stays as it is",
            hint=f"to have both, add this line to it: {shlex.join(command)} || exit $?",
        )
    hook.parent.mkdir(parents=True, exist_ok=True)
    _write(hook, _script(command, is_strict=is_strict), is_new=not is_there)
    return is_there


def uninstall(hook: Path) -> bool:
    """Take our hook away; answers whether there was one. Raises Failure (`hook_exists`) where another's stands."""
    if not os.path.lexists(hook):
        return False
    if not is_ours(hook):
        raise Failure(
            "hook_exists", f"{hook} is another's hook, and stays as it is", hint="take our line out of it by hand"
        )
    hook.unlink()
    return True


def is_ours(hook: Path) -> bool:
    """Whether the file is what `install` writes: whoever added a line to it has made it theirs. Raises OSError."""
    if hook.is_symlink() or not hook.is_file():
        return False
    with hook.open("rb") as file:
        lines = file.read(_HOOK_BYTES_MAX).decode(errors="replace").splitlines()
    return len(lines) == _LINES and lines[1:3] == [_MARK, _HOW]


def _script(command: list[str], *, is_strict: bool) -> str:
    program = shlex.quote(command[0])
    lines = (
        "#!/bin/sh",
        _MARK,
        _HOW,
        f"if [ ! -x {program} ]; then",
        f"    echo agentgather: {program} is gone: leases were not looked at >&2",
        f"    exit {int(is_strict)}",
        "fi",
        f"exec {shlex.join(command)}",
    )
    return "\n".join(lines) + "\n"


def _write(hook: Path, script: str, *, is_new: bool) -> None:
    """Whole or not there; a hook that somebody else wrote in this moment stays."""
    beside = hook.with_name(f".{hook.name}.{token_hex(4)}")
    try:
        beside.write_text(script, encoding="utf-8", errors="surrogateescape")
        beside.chmod(0o755)
        if is_new:
            os.link(beside, hook)
        else:
            beside.replace(hook)
    except FileExistsError:
        raise Failure("hook_exists", f"{hook} was written by another just now, and stays as it is") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


def _program() -> list[str]:
    """How a hook starts this program: by its place, since nobody knows on which PATH git is run."""
    started = Path(sys.argv[0]).absolute()
    if started.name == NAME and os.access(started, os.X_OK):
        return [str(started)]
    return [sys.executable, "-m", NAME]
