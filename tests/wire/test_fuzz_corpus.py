"""What fuzzing has found worth keeping is replayed at every run; where atheris is, it also looks on for a moment."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import fuzz_codec, fuzz_link, fuzz_requests

ROOT = Path(__file__).parents[2]
EXPLORERS = {"codec": fuzz_codec.explore, "link": fuzz_link.explore, "requests": fuzz_requests.explore}
SECONDS = 5


@pytest.mark.parametrize("target", EXPLORERS)
def test_the_corpus_finds_nothing(target: str) -> None:
    inputs = sorted((ROOT / "fuzz" / "corpus" / target).iterdir())
    assert len(inputs) >= 20
    for path in inputs:
        try:
            EXPLORERS[target](path.read_bytes())
        except Exception as found:
            raise AssertionError(f"fuzz/corpus/{target}/{path.name}") from found


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("target", EXPLORERS)
def test_a_short_run_finds_nothing(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fuzz.engine", target, f"-max_total_time={SECONDS}", "-max_len=1024"]
    command += [f"-artifact_prefix={tmp_path}/finding-", str(tmp_path), str(ROOT / "fuzz" / "corpus" / target)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stderr[-3_000:]
    assert "DONE" in run.stderr
