from __future__ import annotations

from pathlib import Path

import pytest

from agentgather.settings.exposure import check_exposure, is_loopback
from agentgather.settings.sources import SettingRefused, configure


def expose(tmp_path: Path, **flags: object) -> None:
    configuration = configure(flags=flags, environ={}, home=tmp_path)
    check_exposure(configuration.settings.daemon, chosen=configuration.chosen)


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"host": "::1"},
        {"host": "localhost", "public_url": "http://localhost:9000"},
        {"allow_remote": True},
        {"public_url": "https://rooms.example.org", "allow_remote": True},
        {"host": "0.0.0.0", "public_url": "https://rooms.example.org", "allow_remote": True},
    ],
)
def test_a_daemon_may_stay_here_or_be_published_over_tls(flags: dict[str, object], tmp_path: Path) -> None:
    expose(tmp_path, **flags)


@pytest.mark.parametrize(
    "flags",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.0.2.7"},
        {"host": "rooms.example.org"},
        {"public_url": "https://rooms.example.org"},
        {"public_url": "http://rooms.example.org"},
        {"public_url": "http://localhost.example.org"},
    ],
)
def test_letting_the_network_in_has_to_be_said(flags: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="add --allow-remote"):
        expose(tmp_path, **flags)


@pytest.mark.parametrize(
    "flags",
    [
        {"host": "0.0.0.0"},
        {"host": "0.0.0.0", "public_url": "http://127.0.0.1:8787"},
        {"host": "0.0.0.0", "public_url": "https://localhost"},
        {"host": "0.0.0.0", "public_url": "http://rooms.example.org"},
        {"public_url": "http://rooms.example.org"},
    ],
)
def test_tokens_never_cross_a_network_in_the_clear(flags: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="in the clear") as refused:
        expose(tmp_path, allow_remote=True, **flags)
    assert refused.value.field == "public_url"


def test_loopback_is_known_by_its_parsed_name() -> None:
    assert all(map(is_loopback, ("LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]")))
    assert not any(map(is_loopback, ("localhost.example.org", "127.0.0.1.example.org", "0.0.0.0", "::", "")))
