"""Who can reach the daemon, decided before it listens: tokens never cross a network in the clear.

Where the daemon listens and under which name it is published are two things: a tunnel or a proxy that ends TLS on this
machine publishes a daemon that listens on loopback only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from agentgather.settings.shape import DaemonSettings
from agentgather.settings.sources import Chosen, SettingRefused


def check_exposure(daemon: DaemonSettings, *, chosen: Mapping[str, Chosen]) -> None:
    """Raise SettingRefused unless the daemon stays on this machine, or is let out knowingly and under an https URL."""
    is_bound_here = is_loopback(daemon.host)
    url = daemon.public_url
    is_url_here = url is None or is_local_url(url)
    if is_bound_here and is_url_here:
        return
    what = (
        f"listening on {daemon.host} ({chosen['host'].origin}) lets the network in"
        if not is_bound_here
        else f"publishing {url} ({chosen['public_url'].origin}) lets people beyond this machine in"
    )
    if not daemon.allow_remote:
        raise SettingRefused(f"{what}; if that is meant, add --allow-remote", field="allow_remote")
    if url is None or is_url_here or not url.startswith("https://"):
        raise SettingRefused(
            f"{what}, and tokens would travel in the clear; put TLS before it and name it: --url https://…",
            field="public_url",
        )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine's own loopback, by name or by address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_local_url(url: str) -> bool:
    """Whether `url` leads to this machine's loopback."""
    return is_loopback(urlsplit(url).hostname or "")
