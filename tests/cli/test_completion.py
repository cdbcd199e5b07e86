from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import tell


def complete(script: str, *words: str) -> list[str]:
    """What bash offers after `words`, the last of which is being typed."""
    asked = "\n".join(
        [
            script,
            f"COMP_WORDS=({' '.join(repr(word) for word in words)})",
            f"COMP_CWORD={len(words) - 1}",
            "_agentgather",
            'printf "%s\\n" "${COMPREPLY[@]}"',
        ]
    )
    ran = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True, timeout=30, check=True)
    return [line.strip() for line in ran.stdout.split("\n") if line.strip()]


def test_bash_completes_commands_families_and_options(tmp_path: Path) -> None:
    script = tell(tmp_path, "completion", "bash").out
    assert {"send", "attend", "room", "up"} <= set(complete(script, "agentgather", ""))
    assert complete(script, "agentgather", "hand") == ["handoff"]
    assert {"start", "serve", "invite", "join", "scrub"} <= set(complete(script, "agentgather", "room", ""))
    assert complete(script, "agentgather", "room", "serve", "--log-f") == ["--log-format"]
    assert {"agent", "human"} == set(complete(script, "agentgather", "room", "invite", "bob", "--kind", ""))


@pytest.mark.parametrize(("shell", "mark"), [("zsh", "#compdef agentgather"), ("fish", "complete -c agentgather")])
def test_the_other_shells_have_theirs(shell: str, mark: str, tmp_path: Path) -> None:
    answer = tell(tmp_path, "completion", shell, "--json").answer
    assert mark in answer["script"]
    assert "invite-card" in answer["script"]
    assert tell(tmp_path, "completion", shell).out.rstrip("\n") == answer["script"].rstrip("\n")


def test_another_shell_is_refused(tmp_path: Path) -> None:
    assert tell(tmp_path, "completion", "tcsh", "--json").code == 2
