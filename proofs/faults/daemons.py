"""Daemons as they are run, on a disk that may be full, under a clock that may jump."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cli.terminal import END_SECONDS, Drain, environment

from proofs.faults.small_disk import SmallDisk
from proofs.proof import Disproved

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Process:
    """`agentgather` with `words`, at `home` on `disk`. `url` changes with every start."""

    def __init__(self, disk: SmallDisk, home: Path, *words: str, environ: Mapping[str, str] | None = None) -> None:
        self.disk = disk
        self.home = home
        self.url = ""
        self._words = words
        self._environ = environment(home, {"PYTHONFAULTHANDLER": "1", **(environ or {})})
        self._process: subprocess.Popen[bytes] | None = None
        self._said: Drain | None = None
        self.bugs: list[str] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Return once it says that it serves."""
        command = [*self.disk.entering, sys.executable, "-m", "agentgather", *self._words, "--json"]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=self._environ,
        )
        self._process = process
        assert process.stdout is not None
        assert process.stderr is not None
        self._said = Drain(process.stderr)
        line = process.stdout.readline()
        if not line:
            raise Disproved(f"{self._words[0]} did not start: {self._said.text()[-2000:]}")
        Drain(process.stdout)
        self.url = str(json.loads(line)["url"])

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop in order; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise Disproved(f"{self._words[0]} did not end within {END_SECONDS} s of being told to") from None
        assert self._said is not None
        self.bugs += [line for line in self._said.text().splitlines() if '"bug"' in line or "Traceback" in line]
        self._process = self._said = None
        return code

    def limit(self, kind: int, most: int) -> int:
        """Lower (or raise again) a soft limit of the running process; the hard one."""
        _, hard = resource.prlimit(self.pid, kind)
        resource.prlimit(self.pid, kind, (hard if most == resource.RLIM_INFINITY else most, hard))
        return hard

    def open_files(self) -> list[int]:
        return sorted(int(name) for name in os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self) -> float:
        """What it has used so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """However the context ends, the process does too."""
    try:
        yield process
    finally:
        if process.is_up:
            process.kill()
