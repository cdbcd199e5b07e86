"""The processes of this machine, as pane finding needs them: whose child, on which terminal, in front there or not."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_PS_SECONDS = 5
_PS_FIELDS = "pid=,ppid=,pgid=,tpgid=,tty=,lstart=,args="
_INTERPRETERS = ("node", "bun", "deno", "python", "ruby")
_ENDINGS = (".py", ".js", ".mjs", ".cjs", ".ts")
# What agents run beside themselves, on the same terminal and under their own name: it shows nothing and reads no prompt.
HELPER_WORDS = frozenset(
    {"app-server", "exec-server", "mcp", "mcp-server", "mcp-proxy", "acp", "lsp", "daemon", "wake"}
)


@dataclass(frozen=True, slots=True)
class Process:
    """One process. `started` differs when a pid is given out again; `tty` is a path, empty without a terminal."""

    pid: int
    parent: int
    group: int
    front_group: int  # the process group that its terminal's input goes to
    tty: str
    started: str
    words: tuple[str, ...]

    @property
    def is_in_front(self) -> bool:
        """Whether what is typed at its terminal is read by it, and not by a shell or a program over it."""
        return bool(self.tty) and self.group == self.front_group

    @property
    def program(self) -> str:
        """The name of what runs: of the script, where an interpreter runs one."""
        words = [word for word in self.words if word.strip()]
        if not words:
            return ""
        name = words[0].split()[0].rpartition("/")[2].removeprefix("-")  # a login shell is called -bash
        if name.rstrip("0123456789.") in _INTERPRETERS:
            script = next((word for word in words[1:] if not word.startswith("-")), "").rpartition("/")[2]
            name = script or name
        for ending in _ENDINGS:
            name = name.removesuffix(ending)
        return name

    @property
    def is_helper(self) -> bool:
        """Whether it is something that an agent runs beside itself."""
        return any(word in HELPER_WORDS for word in self.words[1:4])


def process(pid: int) -> Process | None:
    """The process with this pid; None where there is none, or it is a zombie."""
    if not PROC.joinpath("self/stat").exists():
        return next((one for one in _by_ps("-p", str(pid)) if one.pid == pid), None)
    return _from_proc(PROC / str(pid), {})


def processes() -> list[Process]:
    """All processes that this user may see."""
    if not PROC.joinpath("self/stat").exists():
        return _by_ps("-A")
    ttys: dict[int, str] = {}
    found = (_from_proc(folder, ttys) for folder in PROC.iterdir() if folder.name.isdigit())
    return [one for one in found if one is not None]


def _from_proc(folder: Path, ttys: dict[int, str]) -> Process | None:
    """proc_pid_stat(5): the name in parentheses may hold anything, so fields are counted after the last of them."""
    try:
        stat = folder.joinpath("stat").read_bytes()
        line = folder.joinpath("cmdline").read_bytes()
        fields = stat.rpartition(b")")[2].split()
        state, parent, group, _, device, front = fields[:6]
        if state in (b"Z", b"X"):
            return None
        words = tuple(word.decode(errors="replace") for word in line.rstrip(b"\0").split(b"\0"))
        number = int(device) & 0xFFFFFFFF
        if number not in ttys:
            ttys[number] = _tty_of(number)
        started = fields[19].decode()
        return Process(int(folder.name), int(parent), int(group), int(front), ttys[number], started, words)
    except (OSError, ValueError, IndexError):
        return None  # it ended while we looked, or is not ours to see


def _tty_of(device: int) -> str:
    """The path of a terminal by its device number, which is 0 for none."""
    major, minor = os.major(device), os.minor(device)
    names = [f"/dev/pts/{minor + 256 * (major - 136)}"] if 136 <= major <= 143 else [f"/dev/tty{minor}"]
    for name in names:
        try:
            if Path(name).stat().st_rdev == device:
                return name
        except OSError:
            continue
    return ""


def _by_ps(*which: str) -> list[Process]:
    """Where there is no /proc. `lstart` is five words, in whatever language: it is only compared with itself."""
    told = subprocess.run(  # noqa: S603 - fixed words and a number
        ["ps", "-ww", *which, "-o", _PS_FIELDS],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=_PS_SECONDS,
        env={**os.environ, "LC_ALL": "C"},
    )
    found = []
    for line in told.stdout.splitlines():
        fields = line.split(None, 10)
        if len(fields) < 11:
            continue
        pid, parent, group, front, tty = fields[:5]
        words = tuple(fields[10].split())
        path = "" if tty.startswith("?") or tty == "-" else f"/dev/{tty}"
        found.append(Process(int(pid), int(parent), int(group), int(front), path, " ".join(fields[5:10]), words))
    return found
