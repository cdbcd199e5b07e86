"""Resolve the ranges of pyproject.toml to exact versions with hashes: run.lock for users, dev.lock for developers."""

from __future__ import annotations

import os
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
        output = ["--output-file", str(HERE / f"{name}.lock")]
        command = [sys.executable, "-m", "piptools", "compile", *COMMON, *extra, "--all-build-deps", *output]
        subprocess.run([*command, str(HERE.parent / "pyproject.toml")], check=True, env=_environment())  # noqa: S603


def _environment() -> dict[str, str]:
    """This process's, without the wheels that only this machine has: no hash of theirs may get into a lock."""
    local = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL")
    kept = {name: value for name, value in os.environ.items() if name not in local}
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


if __name__ == "__main__":
    main()
