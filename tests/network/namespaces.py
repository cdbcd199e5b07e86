"""Two machines in one: network namespaces joined by a cable (veth) that can be cut so that nobody is told.

Cutting is the kernel's own DROP in both directions: no FIN, no RST, no ICMP, as when a laptop leaves its network.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache

import pytest

CLONE_NEWNET = 0x4000_0000  # linux/sched.h
COMMAND_SECONDS = 10
NETWORK = "198.18.0"  # RFC 2544: for labs; never leaves the two namespaces

# Not at `output`: what is redirected below still seems to leave by lo there.
CUT = """
table inet cut {
    chain incoming { type filter hook prerouting priority -300; iifname != "lo" drop; }
    chain outgoing { type filter hook postrouting priority 300; oifname != "lo" drop; }
}
"""

# The near machine's loopback ports lead to the far one: a broker at loopback is dialled without TLS, one elsewhere is not.
REDIRECT = """
table ip lead {{
    chain output {{ type nat hook output priority -100; ip daddr 127.0.0.1 tcp dport {port} dnat to {address}:{port}; }}
    chain away {{ type nat hook postrouting priority 100; oifname != "lo" masquerade; }}
}}
"""


@dataclass(frozen=True)
class Machine:
    """One namespace and its address on the cable."""

    name: str
    address: str

    @property
    def entering(self) -> tuple[str, ...]:
        """The words before a command that is to run in it; they leave the process its pid."""
        return "ip", "netns", "exec", self.name

    def run(self, *words: str, told: str | None = None) -> None:
        _run(*self.entering, *words, told=told)

    def socket(self) -> socket.socket:
        """A socket of this machine, in our process: sockets stay in the namespace in which they were made."""
        made: list[socket.socket | OSError] = []

        def make() -> None:
            try:
                with open(f"/run/netns/{self.name}") as namespace:
                    libc = ctypes.CDLL(None, use_errno=True)
                    if libc.setns(namespace.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                made.append(socket.socket())
            except OSError as error:
                made.append(error)

        thread = threading.Thread(target=make)  # it never leaves the namespace, so it is used once
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]


@dataclass(frozen=True)
class Cable:
    """`near` and `far` hear each other until `drop`, and again after `restore`."""

    near: Machine
    far: Machine

    def drop(self) -> None:
        self.near.run("nft", "-f", "-", told=CUT)

    def restore(self) -> None:
        self.near.run("nft", "delete", "table", "inet", "cut")

    def lead(self, port: int) -> None:
        """Let 127.0.0.1:`port` of `near` be the same port of `far`."""
        self.near.run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
        self.near.run("nft", "-f", "-", told=REDIRECT.format(port=port, address=self.far.address))


@contextmanager
def cable() -> Iterator[Cable]:
    """Two new namespaces, joined, until the context ends. Skips where that is not permitted; in CI, that is a failure."""
    if reason := _hindrance():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no network namespaces here: {reason}")
    near, far = (Machine(f"ag{os.getpid()}{end}", f"{NETWORK}.{number}") for number, end in ((1, "near"), (2, "far")))
    with ExitStack() as stack:
        for machine in (near, far):
            _run("ip", "netns", "add", machine.name)
            stack.callback(_run, "ip", "netns", "del", machine.name)
        # made inside: nothing of it ever shows outside of the two
        near.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", far.name)
        for machine in (near, far):
            machine.run("ip", "address", "add", f"{machine.address}/24", "dev", "cable")
            machine.run("ip", "link", "set", "cable", "up")
            machine.run("ip", "link", "set", "lo", "up")
        yield Cable(near, far)


@cache
def _hindrance() -> str | None:
    """Why there can be none; None where there can."""
    missing = [tool for tool in ("ip", "nft", "sysctl") if shutil.which(tool) is None]
    if missing:
        return f"{' and '.join(missing)} missing (Debian: iproute2, nftables, procps)"
    name = f"ag{os.getpid()}probe"
    try:
        _run("ip", "netns", "add", name)
    except subprocess.CalledProcessError as refused:
        return str(refused.stderr).strip()
    try:
        _run("ip", "netns", "exec", name, "nft", "list", "ruleset")
    except subprocess.CalledProcessError as refused:
        return str(refused.stderr).strip()
    finally:
        _run("ip", "netns", "del", name)
    return None


def _run(*words: str, told: str | None = None) -> None:
    subprocess.run(words, input=told, check=True, capture_output=True, text=True, timeout=COMMAND_SECONDS)
