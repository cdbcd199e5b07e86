"""How many connections fit into the files a process may open. Each case runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from agentgather.serving.open_files import connections_that_fit
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(connections_that_fit(wanted), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "fits", "soft_then"),
    [
        (1_000, 1_000, 500, 500, 1_000),
        (256, 1_000, 500, 500, 628),
        (256, 400, 500, 272, 400),
        (64, 64, 500, 1, 64),
    ],
)
def test_the_soft_limit_rises_as_far_as_it_may(soft: int, hard: int, wanted: int, fits: int, soft_then: int) -> None:
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard), str(wanted)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert told.stdout.split() == [str(fits), str(soft_then)]
