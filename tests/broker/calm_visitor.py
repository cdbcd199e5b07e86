"""A visitor who asks one thing after another and notes how long each took; a process, so that nobody's work is in the way.

Told `{"port", "path", "token"}` in a line, it answers every further line, a number, with so many `[status, milliseconds]`.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection
from time import perf_counter


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
