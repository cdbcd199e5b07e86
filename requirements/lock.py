"""Resolve the ranges of pyproject.toml to exact versions with hashes: run.lock for users, dev.lock for developers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
COMMON = [
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--quiet",
    "--upgrade",
]


def main() -> None:
    """Write both locks. The build backend is in each of them: an editable install needs it."""
    for name, extra in (("run", []), ("dev", ["--extra", "dev"])):
        lock = HERE / f"{name}.lock"
        command = [sys.executable, "-m", "piptools", "compile", *COMMON, *extra, "--all-build-deps", "--output-file", str(lock)]
        subprocess.run([*command, str(HERE.parent / "pyproject.toml")], check=True)  # noqa: S603 - our own words only


if __name__ == "__main__":
    main()
