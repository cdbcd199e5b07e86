"""How this program is called from where its user stands: a hint has to work when it is pasted."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "agentgather"


def own_name() -> str:
    """`agentgather` where that is on the PATH, else the way it was started, as it may be pasted into a shell."""
    started = Path(sys.argv[0])
    found = shutil.which(NAME)
    if started.name != NAME or not started.exists() or (found is not None and started.samefile(found)):
        return NAME
    return shlex.quote(sys.argv[0])
