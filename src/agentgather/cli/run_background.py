"""`run --detach`: the same command as a process of its own, which goes on when whoever asked for it has gone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from agentgather.cli.background import errors, first_line, spawn
from agentgather.cli.failures import Failure
from agentgather.cli.flags import Flags
from agentgather.cli.output import output_for, single
from agentgather.room.names import Alias
from agentgather.store.private_files import make_private_directory

RUNNING_SECONDS = 60.0  # for the seat to be taken and the program to be there
END_SECONDS = 20.0
FOLDER = "agents"


def run_in_background(flags: Flags, alias: Alias, command: Sequence[str], *, options: Sequence[str]) -> int:
    """Start it and say that it runs. Raises Failure with its own reason when it ends before."""
    home = flags.open_home()
    folder = home.root / FOLDER
    make_private_directory(folder)
    log = folder / f"{alias}.log"
    chosen = [("--room", flags.room), ("--token-file", _absolute(flags.token_file)), ("--url", flags.url)]
    words = ["run", "--alias", alias, "--json", "--home", str(home.root), "--in-background", str(Path.cwd())]
    words += [word for name, value in chosen if value is not None for word in (name, value)]
    process = spawn([*words, *options, "--", *command], log=log)
    line = first_line(process, until=monotonic() + RUNNING_SECONDS)
    if line is None or not line.endswith(b"\n"):
        raise _failed(process, log)
    told = json.loads(line)
    if told["what"] == "ended":
        process.wait()
        shown = "".join(f"; {single(one)}" for one in told["said"])
        raise Failure("usage", f"the program ended at once, with exit status {told['status']}{shown}", field="command")
    process.returncode = 0  # it stays when we go, so nobody is to wait for it
    answer = {**told, "supervisor": process.pid, "log": str(log)}
    seen = f"; look at it with: {single(' '.join(answer['attach']))}" if "attach" in answer else ""
    output_for(is_json=flags.json).answer(
        answer,
        f"{alias} runs in {single(answer['room'])}{seen}",
        f"to end it: kill {process.pid}; it logs to {log}",
    )
    return 0


def _failed(process: subprocess.Popen[bytes], log: Path) -> Failure:
    process.terminate()
    try:
        code = process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    last = next(errors(log), None)
    if last is None:
        return Failure("usage", f"the agent did not come to run (exit code {code})", hint=f"see {log}")
    told = str(last.get("message"))
    return Failure(str(last.get("error")), told, hint=last.get("hint"), field=last.get("field"), ends_with=code)


def _absolute(path: str | None) -> str | None:
    return str(Path(path).absolute()) if path is not None else None
