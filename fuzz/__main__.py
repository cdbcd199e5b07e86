"""Runs the fuzz targets one after the other, each from its corpus; a finding is kept below fuzz/out and fails the run."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
TARGETS = ("codec", "link", "requests")
DICTIONARIES = {"codec": "wire", "link": "wire", "requests": "requests"}
INPUT_BYTES_MAX = 2_048  # longer ones find no more, and take longer
INPUT_SECONDS_MAX = 10  # one that takes longer is a finding
MEMORY_MB_MAX = 1_024


def engine(target: str, *options: str) -> int:
    """Run libFuzzer on `target`; its exit status."""
    command = [sys.executable, "-m", "fuzz.engine", target, f"-dict={FOLDER / DICTIONARIES[target]}.dict", *options]
    return subprocess.run(command, cwd=FOLDER.parent, check=False).returncode


def explore(target: str, *, seconds: int) -> int:
    """Look for findings; new inputs that reach new code are kept in fuzz/out."""
    found = FOLDER / "out" / target
    found.mkdir(parents=True, exist_ok=True)
    return engine(
        target,
        f"-max_total_time={seconds}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-timeout={INPUT_SECONDS_MAX}",
        f"-rss_limit_mb={MEMORY_MB_MAX}",
        f"-artifact_prefix={found}/finding-",
        "-print_final_stats=1",
        str(found),
        str(FOLDER / "corpus" / target),
    )


def minimise(target: str) -> int:
    """Make the corpus the least that reaches all that it and fuzz/out reach."""
    corpus, found = FOLDER / "corpus" / target, FOLDER / "out" / target
    least = FOLDER / "out" / f"{target}-least"
    least.mkdir(parents=True, exist_ok=True)
    for old in least.iterdir():
        old.unlink()
    inputs = [str(path) for path in (least, corpus, found) if path.exists()]
    status = engine(target, "-set_cover_merge=1", f"-max_len={INPUT_BYTES_MAX}", *inputs)
    if status == 0 and any(least.iterdir()):
        for old in corpus.iterdir():
            old.unlink()
        for kept in least.iterdir():
            kept.rename(corpus / kept.name)
    return status


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="|".join(TARGETS), help="default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--minimise", action="store_true", help="make the corpus as small as it can be, and keep it")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return 2
    targets = asked.targets or TARGETS
    if asked.minimise:
        return max(minimise(target) for target in targets)
    return max(explore(target, seconds=asked.seconds) for target in targets)


if __name__ == "__main__":
    sys.exit(main())
