"""The proxies that stand before a broker, as real processes, from the very files of docs/deploy/.

One way fills both files: the values of proxy.env are variables of the environment. Caddy reads them itself; in nginx.conf
`${NAME}` is replaced, as `envsubst` does it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

import pytest

from tests.ports import free_ports
from tests.serving.process import Caller

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
NAMES = ("caddy", "nginx")
START_SECONDS = 20  # for a proxy to answer; making a certificate authority is most of it
END_SECONDS = 10
PATH_SHAPE = "localhost"
SEARCHED = f"{os.environ['PATH']}:/usr/sbin"  # Debian keeps nginx there, off most people's path
WILDCARD_SHAPE = "localhost *.rooms.localhost"  # python finds localhost, curl and browsers also what is below

Name = Literal["caddy", "nginx"]


@dataclass(frozen=True)
class Proxy:
    """A proxy that answers. `port` speaks TLS, `plain_port` only sends people there; `ca` is what its visitors trust."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    plain_port: int
    ca: Path
    logs: Path

    def call(self, name: str = "localhost", *, protocol: str = "http/1.1") -> TLSCaller:
        return TLSCaller(self, name, protocol=protocol)

    def logged(self) -> str:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(self.logs.iterdir()))


class TLSCaller(Caller):
    """One raw connection through TLS, to the site `name`."""

    def __init__(self, proxy: Proxy, name: str, *, protocol: str) -> None:
        super().__init__(proxy.port)
        context = ssl.create_default_context(cafile=str(proxy.ca))
        context.set_alpn_protocols([protocol])
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name)
        except OSError:
            self.socket.close()
            raise


@contextmanager
def proxy(
    name: Name, folder: Path, *, upstream_port: int, sites: str = PATH_SHAPE, port: int | None = None
) -> Iterator[Proxy]:
    """The proxy `name` at `port` (None: any) before `upstream_port`, until the context ends.

    The test is skipped where the proxy is not installed; in CI it fails.
    """
    if shutil.which(name, path=SEARCHED) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"there is no {name} here: sh requirements/system.sh")
    running = _started(name, folder, upstream_port=upstream_port, sites=sites, port=port)
    try:
        yield running
        assert running.process.poll() is None, running.logged()
    finally:
        running.process.send_signal(signal.SIGTERM)
        try:
            running.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()


def values(folder: Path, *, upstream_port: int, sites: str, port: int | None = None) -> dict[str, str]:
    """Every value of proxy.env, for a proxy that lives in `folder`."""
    https, http = free_ports(2)
    told = {
        "AGENTGATHER_PROXY_SITES": sites,
        "AGENTGATHER_PROXY_UPSTREAM": f"127.0.0.1:{upstream_port}",
        "AGENTGATHER_PROXY_HTTP_PORT": str(http),
        "AGENTGATHER_PROXY_HTTPS_PORT": str(port or https),
        "AGENTGATHER_PROXY_TLS": "internal",
        "AGENTGATHER_PROXY_CADDY_ADMIN": "off",
        "AGENTGATHER_PROXY_CERTIFICATE": str(folder / "certificate.pem"),
        "AGENTGATHER_PROXY_CERTIFICATE_KEY": str(folder / "key.pem"),
        "AGENTGATHER_PROXY_NGINX_STATE": str(folder / "state"),
        "AGENTGATHER_PROXY_NGINX_LOGS": str(folder / "logs"),
    }
    assert set(told) == set(documented_values()), "proxy.env and the tests know the same values"
    return told


def documented_values() -> dict[str, str]:
    lines = (DEPLOY / "proxy.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def nginx_conf(told: Mapping[str, str]) -> str:
    """nginx.conf with its values in it."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    return re.sub(r"\$\{(AGENTGATHER_\w+)\}", lambda found: told[found[1]], text)


def _started(name: Name, folder: Path, *, upstream_port: int, sites: str, port: int | None) -> Proxy:
    for _ in range(3):  # somebody may take a free port before the proxy does
        told = values(folder, upstream_port=upstream_port, sites=sites, port=port)
        for sub in ("logs", "state"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        started = _caddy(folder, told) if name == "caddy" else _nginx(folder, told)
        if _answers(started, sites.split()[0]):
            return started
    raise AssertionError(started.logged())


def _caddy(folder: Path, told: Mapping[str, str]) -> Proxy:
    data = folder / "data"
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    extra = {**told, "XDG_DATA_HOME": str(data), "XDG_CONFIG_HOME": str(folder / "config"), "HOME": str(folder)}
    return _run("caddy", command, folder, told, extra, ca=data / "caddy/pki/authorities/local/root.crt")


def _nginx(folder: Path, told: Mapping[str, str]) -> Proxy:
    certificate = folder / "certificate.pem"
    make_certificate(certificate, folder / "key.pem", names=told["AGENTGATHER_PROXY_SITES"].split())
    conf = folder / "nginx.conf"
    conf.write_text(nginx_conf(told), encoding="utf-8")
    # where to run is the only thing that is not in the file: Debian's unit says it the same way
    command = ["nginx", "-c", str(conf), "-g", f"daemon off; pid {folder / 'nginx.pid'};"]
    return _run("nginx", command, folder, told, {}, ca=certificate)


def _run(
    name: str, command: list[str], folder: Path, told: Mapping[str, str], extra: Mapping[str, str], *, ca: Path
) -> Proxy:
    logs = folder / "logs"
    with (logs / "output").open("ab") as output:
        process = subprocess.Popen(
            [shutil.which(command[0], path=SEARCHED) or command[0], *command[1:]],
            env={"PATH": SEARCHED, **extra},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return Proxy(
        name,
        process,
        int(told["AGENTGATHER_PROXY_HTTPS_PORT"]),
        int(told["AGENTGATHER_PROXY_HTTP_PORT"]),
        ca=ca,
        logs=logs,
    )


def _answers(started: Proxy, site: str) -> bool:
    """Whether it greets in time; False when it ended instead."""
    deadline = monotonic() + START_SECONDS
    while started.process.poll() is None:
        try:
            started.call(site).socket.close()
        except OSError:
            if monotonic() > deadline:
                started.process.kill()
                started.process.wait()
                raise AssertionError(started.logged()) from None
            sleep(0.05)
        else:
            return True
    return False


def make_certificate(certificate: Path, key: Path, *, names: list[str]) -> None:
    """A certificate for `names` that is its own authority."""
    listed = ",".join(f"DNS:{name}" for name in names)
    kind = ["-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2"]
    subject = ["-subj", "/CN=a proxy of tests", "-addext", f"subjectAltName={listed}"]
    subprocess.run(
        ["openssl", "req", *kind, *subject, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
