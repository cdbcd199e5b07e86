"""`ssh -R` on loopback with throw-away keys: what a tunnel in C costs. Nothing of the machine's own SSH is read or used."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.door import Door
from bench.line import BenchFailed
from bench.processes import ProcessTree

START_SECONDS_MAX = 10.0
PRIVILEGE_SEPARATION = Path("/run/sshd")  # sshd of root wants it, empty; Debian's unit makes it at every start
_SSHD = """
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host_key
PidFile none
AuthorizedKeysFile {home}/user_key.pub
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
PrintMotd no
AllowTcpForwarding remote
LogLevel FATAL
"""
# One client until it ends; then the next. `exec` would leave nobody to start it again.
_AGAIN = 'while :; do "$@"; sleep 0.1; done'


class NoSsh(Exception):
    """Why there is no SSH to stand beside."""


@contextlib.contextmanager
def ssh_server(home: Path) -> Iterator[tuple[ProcessTree, int]]:
    """An sshd in `home`, which must be a directory of its own, and its port. Raises NoSsh."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if sshd is None or shutil.which("ssh") is None:
        raise NoSsh("OpenSSH is not installed")
    is_ours = os.geteuid() == 0 and not PRIVILEGE_SEPARATION.exists()
    if is_ours:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755)
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / name)], check=True)
    port = free_port()
    (home / "sshd_config").write_text(_SSHD.format(port=port, home=home))
    server = subprocess.Popen([sshd, "-D", "-e", "-f", str(home / "sshd_config")])
    try:
        _reach(port, server)
        yield ProcessTree(server.pid), port
    finally:
        _end(server)
        if is_ours:
            PRIVILEGE_SEPARATION.rmdir()


@contextlib.contextmanager
def ssh_remote(
    home: Path, server: ProcessTree, *, via: int, room: tuple[str, int], room_tree: ProcessTree, again: bool = False
) -> Iterator[Door]:
    """`ssh -N -R` to the sshd at port `via`, live. `again`: started again 0.1 s after each end, as a unit would."""
    port = free_port()
    command = [
        *("ssh", "-F", "none", "-N", "-i", str(home / "user_key"), "-p", str(via)),
        *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={home}/known_hosts", "-o", "LogLevel=ERROR"),
        *("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", "Compression=no"),
        *("-o", "ExitOnForwardFailure=yes", "-o", "ConnectTimeout=1"),
        *("-R", f"127.0.0.1:{port}:{room[0]}:{room[1]}", "127.0.0.1"),
    ]
    quiet = subprocess.DEVNULL if again else None  # that it is refused while the network is away is what is measured
    client = _started(["bash", "-c", _AGAIN, "again", *command] if again else command, stderr=quiet)
    try:
        _reach(port, client)
        yield Door("ssh -R", ("127.0.0.1", port), near=(ProcessTree(client.pid), room_tree), far=(server,))
    finally:
        _end_group(client)


def free_port() -> int:
    """A port that was free a moment ago; for programs that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _started(command: Sequence[str], *, stderr: int | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stderr, start_new_session=True)


def _reach(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.perf_counter() + START_SECONDS_MAX
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise BenchFailed(f"{process.args!r} left with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise BenchFailed(f"nothing listens at {port} after {START_SECONDS_MAX:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(START_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 15)
    process.wait()
