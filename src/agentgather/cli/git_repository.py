"""The git repository that a command stands in: what is about to be committed, and where its hooks are."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from agentgather.cli.failures import Failure
from agentgather.client.environ import without_any_token

GIT_SECONDS = 60.0  # git reads an index; whatever takes longer hangs


@dataclass(frozen=True, slots=True)
class Repository:
    """`top` is the directory that all paths of a commit are told from."""

    top: Path

    @staticmethod
    def here() -> Repository:
        """The repository of the working directory. Raises Failure."""
        top = os.fsdecode(_git("rev-parse", "--show-toplevel", at=Path.cwd()).removesuffix(b"\n"))
        if not top:
            raise _no_repository()
        return Repository(Path(top))

    def staged_paths(self) -> tuple[str, ...]:
        """Every path that the next commit touches: added, changed, removed, and of a renamed file both names.

        Of a merge only what it changes itself: what the other side brings was committed there.
        """
        paths = self._staged_since("HEAD" if self._commit("HEAD") else None)
        if self._commit("MERGE_HEAD"):
            taken = frozenset(self._staged_since("MERGE_HEAD"))
            paths = tuple(path for path in paths if path in taken)
        return paths

    def hook_file(self, name: str) -> Path:
        """Where git looks for the hook `name`: core.hooksPath counts, and all worktrees of a repository share theirs."""
        path = os.fsdecode(_git("rev-parse", "--git-path", f"hooks/{name}", at=self.top).removesuffix(b"\n"))
        return self.top / path

    def is_own(self, path: Path) -> bool:
        """Whether `path` lies within this repository, and so no other one has it in common with it."""
        common = os.fsdecode(_git("rev-parse", "--git-common-dir", at=self.top).removesuffix(b"\n"))
        real = path.parent.resolve()
        return any(real.is_relative_to(place.resolve()) for place in (self.top, self.top / common))

    def _staged_since(self, commit: str | None) -> tuple[str, ...]:
        words = ("diff", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")
        listed = _git(*words, *([commit] if commit else []), "--", at=self.top)
        return tuple(os.fsdecode(path) for path in listed.split(b"\0") if path)

    def _commit(self, name: str) -> bool:
        """Whether there is a commit of this name; of `HEAD` there is none before the first."""
        return _run("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}", at=self.top).returncode == 0


def _git(*words: str, at: Path) -> bytes:
    ended = _run(*words, at=at)
    if ended.returncode == 0:
        return ended.stdout
    if words[0] == "rev-parse":
        raise _no_repository()
    told = ended.stderr.decode(errors="replace").strip()
    raise Failure("git_failed", f"git {words[0]} ended with {ended.returncode}: {told}")


def _run(*words: str, at: Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - git, with words of our own
            ["git", *words],  # noqa: S607 - whichever the caller uses
            cwd=at,
            env=without_any_token(os.environ),
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise Failure("no_repository", "git is not on this machine's PATH") from None
    except subprocess.TimeoutExpired:
        raise Failure("git_failed", f"git {words[0]} did not end within {GIT_SECONDS:g} s") from None


def _no_repository() -> Failure:
    return Failure("no_repository", "this is no working tree of a git repository", hint="go to one first")
