from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from agentgather.cli.broker_serve import BrokerFlags
from agentgather.cli.broker_settings import ROWS, check_broker, config_file, registration_of, settle_broker
from agentgather.cli.failures import Failure
from agentgather.settings.choosing import Configured, SettingRefused, Source
from agentgather.settings.setting import Setting
from agentgather_broker.shape import BrokerSettings

_SAID = {
    "public_url": "http://localhost:1",
    "wildcard_domain": "rooms.example",
    "registration": "open",
    "keys_file": "/srv/keys",
    "state_file": "/srv/state",
    "admin_socket": "/srv/socket",
}


def settle(
    *, flags: dict[str, object] | None = None, environ: dict[str, str] | None = None, path: Path | None = None
) -> Configured[BrokerSettings]:
    return settle_broker(flags=flags or {}, environ=environ or {}, path=path)


def leaves(settings: object, place: str = "") -> set[str]:
    """The places of all values in a tree of dataclasses."""
    assert is_dataclass(settings)
    found: set[str] = set()
    for one in fields(settings):
        value = getattr(settings, one.name)
        found |= leaves(value, f"{place}{one.name}.") if is_dataclass(value) else {f"{place}{one.name}"}
    return found


def test_every_field_of_the_brokers_settings_has_its_row_and_nothing_else_does() -> None:
    assert {row.place for row in ROWS} == leaves(BrokerSettings())
    assert len({row.name for row in ROWS}) == len({row.flag for row in ROWS}) == len(ROWS)


def test_with_nothing_said_everything_is_the_default() -> None:
    settled = settle()
    assert settled.settings == BrokerSettings()
    assert {one.source for one in settled.chosen.values()} == {Source.DEFAULT}


@pytest.mark.parametrize("setting", ROWS, ids=lambda setting: setting.name)
def test_every_setting_can_be_said_in_every_place(setting: Setting, tmp_path: Path) -> None:
    default = ",".join(setting.default) if isinstance(setting.default, tuple) else str(setting.default).lower()
    given = _SAID[setting.name] if setting.default is None else default
    quoted = given if isinstance(setting.default, int | float) else f'"{given}"'
    file = tmp_path / "broker.toml"
    file.write_text(f"[broker]\n{setting.name} = {quoted}\n")
    said = [
        settle(flags={setting.name: given}),
        settle(environ={f"AGENTGATHER_BROKER_{setting.name.upper()}": given}),
        settle(path=file),
    ]
    assert said[0].settings == said[1].settings == said[2].settings
    assert [one.chosen[setting.name].source for one in said] == [Source.FLAG, Source.ENVIRONMENT, Source.FILE]
    assert said[2].chosen[setting.name].origin == f"{file}, broker.{setting.name}"


def test_values_of_all_three_parts_come_to_their_places() -> None:
    environ = {"AGENTGATHER_BROKER_WAITS_MAX": "7", "AGENTGATHER_BROKER_PARK_SECONDS": "1.5"}
    settings = settle(flags={"port": "0"}, environ=environ).settings
    assert (settings.port, settings.routes.waits_max, settings.relay.park_seconds) == (0, 7, 1.5)


def test_an_option_that_is_repeated_is_a_list() -> None:
    flags = BrokerFlags(trusted_proxies=["10.0.0.1", "192.168.0.0/16,::1"])  # type: ignore[call-arg]
    assert settle(flags=flags.given()).settings.trusted_proxies == ("10.0.0.1/32", "192.168.0.0/16", "::1/128")


def test_a_slip_in_a_variable_is_refused_and_the_hosts_own_variables_are_left_alone() -> None:
    with pytest.raises(SettingRefused, match=r"did you mean AGENTGATHER_BROKER_WAITS_MAX\?"):
        settle(environ={"AGENTGATHER_BROKER_WAIT_MAX": "7"})
    others = {"AGENTGATHER_BROKER_URL": "https://x", "AGENTGATHER_BROKER_CONFIG": "x", "AGENTGATHER_PORT": "x"}
    assert settle(environ=others).settings == BrokerSettings()


def test_a_key_that_nobody_knows_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "broker.toml"
    file.write_text("[broker]\nwait_max = 7\n")
    with pytest.raises(SettingRefused, match=r"did you mean broker\.waits_max\?"):
        settle(path=file)
    file.write_text("[daemon]\nport = 7\n")
    with pytest.raises(SettingRefused, match=r"did you mean broker\.port\?"):
        settle(path=file)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    assert config_file(None, environ={}) is None
    with pytest.raises(FileNotFoundError):
        config_file(None, environ={"AGENTGATHER_BROKER_CONFIG": str(tmp_path / "nowhere")})


def test_by_default_strangers_prove_a_listed_key_and_this_machine_need_not() -> None:
    assert registration_of(BrokerSettings()) == "open"
    assert registration_of(BrokerSettings(public_url="http://localhost:1")) == "open"
    assert registration_of(BrokerSettings(public_url="https://rooms.example")) == "keys"
    assert registration_of(BrokerSettings(public_url="https://rooms.example", registration="open")) == "open"


@pytest.mark.parametrize(
    ("settings", "code", "field"),
    [
        (BrokerSettings(public_url="https://rooms.example"), "no_keys_file", "keys_file"),
        (BrokerSettings(public_url="https://rooms.example", registration="keys"), "no_keys_file", "keys_file"),
        (BrokerSettings(public_url="http://rooms.example", registration="open"), "insecure_remote", "public_url"),
        (BrokerSettings(host="0.0.0.0", registration="open"), "insecure_remote", "public_url"),
        (BrokerSettings(allow_unkeyed=True, registration="closed"), "usage", "allow_unkeyed"),
    ],
)
def test_what_would_let_strangers_in_by_accident_is_refused(settings: BrokerSettings, code: str, field: str) -> None:
    with pytest.raises(Failure) as refused:
        check_broker(settings)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.hint


@pytest.mark.parametrize(
    "settings",
    [
        BrokerSettings(),
        BrokerSettings(allow_unkeyed=True),
        BrokerSettings(public_url="https://rooms.example", keys_file="/srv/keys"),
        BrokerSettings(public_url="https://rooms.example", registration="open", host="0.0.0.0"),
        BrokerSettings(public_url="https://rooms.example", registration="closed"),
    ],
)
def test_what_was_meant_is_served(settings: BrokerSettings) -> None:
    check_broker(settings)
