"""A home and a project's folder for agent programs that are thrown away, and how they are run there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from agentgather.store.home import Home

Json = dict[str, Any]
SECONDS_MAX = 180.0
MODULES = Path(__file__).parent / "node_modules"
QUIET = {  # what they would look for outside, were there an outside
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
}


@dataclass(frozen=True)
class Ended:
    """How a program ended, and all that it said."""

    code: int
    said: str


@dataclass
class Place:
    """`home` stands for a person's, `folder` for a project: nothing of this process's environment is known there but the path."""

    home: Path
    folder: Path
    model_url: str
    more: dict[str, str] = field(default_factory=dict)

    @property
    def rooms(self) -> Home:
        return Home(self.home / ".agentgather")

    def write(self, path: str, text: str) -> None:
        """A file of the home."""
        place = self.home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def environment(self) -> Mapping[str, str]:
        path = ":".join([str(MODULES / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.home), "TERM": "xterm-256color", "LANG": "C.UTF-8", **QUIET, **self.more}

    async def run(self, *words: str) -> Ended:
        """Run it to its end, with nothing to read. Raises trio.TooSlowError."""
        with trio.fail_after(SECONDS_MAX):
            ended = await trio.run_process(
                words,
                stdin=b"",
                capture_stdout=True,
                stderr=subprocess.STDOUT,
                check=False,
                env=self.environment(),
                cwd=self.folder,
            )
        return Ended(ended.returncode, ended.stdout.decode(errors="replace"))

    async def ask(self, *words: str) -> Json:
        """The JSON of an `agentgather` command. Raises ValueError for one that failed."""
        ended = await self.run("agentgather", *words, "--json")
        answer: Json = json.loads(ended.said.splitlines()[-1])
        if ended.code != 0:
            raise ValueError(f"agentgather {' '.join(words)}: {ended.said.strip()[-300:]}")
        return answer

    @asynccontextmanager
    async def beside(self, *words: str) -> AsyncIterator[Iterator[str]]:
        """Run it beside us, and end it afterwards. Answers what it has said, looked up anew at each use."""
        log = self.home / f"beside-{words[0]}-{len(list(self.home.glob('beside-*')))}.log"
        with log.open("wb") as file:
            process = await trio.lowlevel.open_process(
                words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=self.environment(), cwd=self.folder
            )
        try:
            yield _lines(log)
        finally:
            process.terminate()
            with trio.CancelScope(shield=True), trio.move_on_after(20):
                await process.wait()
            if process.returncode is None:
                process.kill()


def _lines(log: Path) -> Iterator[str]:
    """All that stands in `log` now, at each `next`."""
    while True:
        yield log.read_text(errors="replace")


async def said(lines: Iterator[str], word: str) -> str:
    """All that was said, once `word` is in it. Raises trio.TooSlowError."""
    with trio.fail_after(SECONDS_MAX):
        while word not in (text := next(lines)):  # noqa: ASYNC110 - a file that another process writes
            await trio.sleep(0.2)
    return text
