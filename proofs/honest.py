"""Somebody who means well, beside an attack: a process that posts, reads and asks for the status, over and over.

Told `{"port", "prefix", "token"}` in a line, it goes on until its stdin ends, and then says what it saw in a line:
`{"asked", "posted": [ids], "wrong": [what], "ms": [of each request]}`.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter
from typing import Any

from proofs.proof import Disproved

PAUSE_SECONDS = 0.02  # between two requests: fifty a second are felt by nobody
ANSWER_SECONDS_MAX = 30.0
ROOT = Path(__file__).parents[1]


@dataclass
class Seen:
    """What an honest client saw, once it was told to stop."""

    asked: int = 0
    posted: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def check(self, door: str) -> None:
        """Raise Disproved unless every request was answered well, and there were any."""
        if self.wrong or not self.asked:
            raise Disproved(f"an honest client at the {door} door: {self.asked} requests, wrong: {self.wrong[:3]}")


@contextmanager
def honest_client(port: int, prefix: str, token: str) -> Iterator[Seen]:
    """A client that asks all along; what is handed over is filled when the context ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "proofs.honest"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    seen = Seen()
    try:
        process.stdin.write(json.dumps({"port": port, "prefix": prefix, "token": token}) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "begun\n":
            raise Disproved("an honest client was not answered before anything began")
        yield seen
        said, _ = process.communicate(timeout=2 * ANSWER_SECONDS_MAX)
        vars(seen).update(json.loads(said))
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    told = json.loads(sys.stdin.readline())
    seen = Seen()
    client = HTTPConnection("127.0.0.1", told["port"], timeout=ANSWER_SECONDS_MAX)
    headers = {"Authorization": f"Bearer {told['token']}"}
    while True:
        began = perf_counter()
        try:
            _ask(client, told["prefix"], headers, seen)
        except (HTTPException, OSError, ValueError, KeyError) as error:
            seen.wrong.append(repr(error))
            client.close()
        seen.ms.append(round((perf_counter() - began) * 1000, 2))
        seen.asked += 1
        if seen.asked == 1 and not seen.wrong:
            print("begun", flush=True)
        if select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
            break
    print(json.dumps(vars(seen)), flush=True)


def _ask(client: HTTPConnection, prefix: str, headers: dict[str, str], seen: Seen) -> None:
    """One request: in turn a post, its record, the newest ones, the status."""
    kind = seen.asked % 4
    if kind == 0:
        answer = _answered(client, "POST", f"{prefix}/messages", headers, {"text": f"number {seen.asked}"})
        seen.posted.append(int(answer["message"]["id"]))
    elif kind == 1 and seen.posted:
        answer = _answered(client, "GET", f"{prefix}/messages/{seen.posted[-1]}", headers)
        if answer["message"]["text"] != f"number {seen.asked - 1}":
            raise ValueError(f"another record than the one that was posted: {answer}")
    elif kind == 2:
        _answered(client, "GET", f"{prefix}/messages?limit=5", headers)
    else:
        _answered(client, "GET", f"{prefix}/status", headers)


def _answered(
    client: HTTPConnection, method: str, path: str, headers: dict[str, str], body: object = None
) -> dict[str, Any]:
    client.request(method, path, None if body is None else json.dumps(body), headers)
    answer = client.getresponse()
    content = answer.read()
    if not 200 <= answer.status < 300:
        raise ValueError(f"{method} {path} was answered {answer.status} {content[:200]!r}")
    return dict(json.loads(content))


if __name__ == "__main__":
    main()
