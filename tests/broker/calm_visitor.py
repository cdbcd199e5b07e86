"""A visitor who asks one thing after another and notes how long each took; a process, so that nobody's work is in the way.

Told `{"port", "path", "token"}` in a line, it answers every further line, a number, with so many `[status, milliseconds]`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]


@dataclass
class CalmVisitor:
    """The visitor, as their own process. Made by `calm_visitor`."""

    process: subprocess.Popen[str] = field(repr=False)

    def round(self, requests: int) -> tuple[set[int], float]:
        """The statuses of so many answers, and their p99 in milliseconds; no statuses if a request was not answered at all."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{requests}\n")
        self.process.stdin.flush()
        if not (line := self.process.stdout.readline()):
            return set(), float("inf")
        took = json.loads(line)
        return {status for status, _ in took}, float(sorted(ms for _, ms in took)[-max(2, requests // 100 + 1)])


@contextmanager
def calm_visitor(port: int, path: str, token: str) -> Iterator[CalmVisitor]:
    """A visitor who asks for `path`, as often as told, until the context ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.broker.calm_visitor"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps({"port": port, "path": path, "token": token}) + "\n")
        yield CalmVisitor(process)
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    told = json.loads(sys.stdin.readline())
    headers = {"Authorization": f"Bearer {told['token']}"}
    for line in sys.stdin:
        connection = HTTPConnection("127.0.0.1", told["port"], timeout=30)
        took: list[tuple[int, float]] = []
        for _ in range(int(line)):
            began = perf_counter()
            connection.request("GET", told["path"], headers=headers)
            answer = connection.getresponse()
            answer.read()
            took.append((answer.status, (perf_counter() - began) * 1000))
        connection.close()
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
