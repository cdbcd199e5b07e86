"""`agentgather completion`: what makes a shell complete our commands and their options."""

from __future__ import annotations

import sys
from typing import Literal

from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.main import make_app
from agentgather.cli.output import output_for

Shell = Literal["bash", "zsh", "fish"]


def completion(shell: Shell, *, flags: HomeFlags = NO_FLAGS) -> None:
    """Print the completion of a shell, to be kept where the shell looks for it (docs/cli.md, Completion).

    Parameters
    ----------
    shell
        bash, zsh or fish.
    """
    script = make_app().generate_completion(prog_name="agentgather", shell=shell)
    if flags.json:
        output_for(is_json=True).answer({"ok": True, "shell": shell, "script": script})
        return
    sys.stdout.write(script if script.endswith("\n") else script + "\n")
