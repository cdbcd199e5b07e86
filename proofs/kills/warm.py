"""A process that has imported the whole command, and forks real ones from itself at a tenth of what a start costs.

It hears a JSON object a line on standard input and answers each with a line. {"words", "environ", "log", "is_exec"}
starts a command, in a session of its own, and answers its pid; with `is_exec` the command is executed anew like any other.
{"reap": pid} answers how it ended. At the end of the input it kills what still runs.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import agentgather
from agentgather.cli.failures import failure_of
from agentgather.cli.main import make_app
from agentgather.cli.output import json_line
from agentgather.client.errors import sole


def main() -> None:
    for module in pkgutil.walk_packages(agentgather.__path__, "agentgather."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # what is shared with the commands stays shared
    running: set[int] = set()
    try:
        for line in sys.stdin:
            told = json.loads(line)
            if "reap" in told:
                running.discard(told["reap"])
                answer = os.waitstatus_to_exitcode(os.waitpid(told["reap"], 0)[1])
            else:
                answer = _started(told)
                running.add(answer)
            print(answer, flush=True)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _started(told: dict[str, Any]) -> int:
    """The pid of a new command."""
    words = tuple(told["words"])
    if words[:2] == ("room", "serve"):
        _parsed(words)  # once for all the daemons that are started with the same words
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(told["environ"])
        if told["is_exec"]:
            os.execv(sys.executable, [sys.executable, "-m", "agentgather", *words])
        code = _run(words)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    finally:
        os._exit(99)  # never back into the loop of its parent


@lru_cache(maxsize=16)
def _parsed(words: tuple[str, ...]) -> Callable[[], object]:
    """The command that `words` name, with what they say."""
    command, bound, _ = make_app().parse_args(words, exit_on_error=False)
    return lambda: command(*bound.args, **bound.kwargs)


def _run(words: tuple[str, ...]) -> int:
    """Run a command to its end, and tell how it failed as it tells it itself; its exit code."""
    try:
        returned = _parsed(words)()
        return returned if isinstance(returned, int) else 0
    except BaseException as error:
        failure = failure_of(sole(error))
        if failure is None:
            traceback.print_exception(error)
            return 1
        print(json_line(failure.to_json()), file=sys.stderr)
        return failure.exit_code


if __name__ == "__main__":
    main()
