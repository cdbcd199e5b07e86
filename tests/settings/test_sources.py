from __future__ import annotations

from pathlib import Path

import pytest

from agentgather.settings.shape import Settings
from agentgather.settings.sources import Configuration, SettingRefused, Source, configure
from agentgather.settings.table import SETTINGS, Setting


def settle(
    home: Path,
    *,
    flags: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    toml: str | None = None,
) -> Configuration:
    if toml is not None:
        (home / "agentgather.toml").write_text(toml)
    return configure(flags=flags or {}, environ=environ or {}, home=home)


def refusal(home: Path, **sources: object) -> SettingRefused:
    with pytest.raises(SettingRefused) as refused:
        settle(home, **sources)  # type: ignore[arg-type]
    return refused.value


def test_with_nothing_said_every_setting_is_the_contracts_default(tmp_path: Path) -> None:
    settled = settle(tmp_path)
    assert settled.settings == Settings()
    assert {one.source for one in settled.chosen.values()} == {Source.DEFAULT}


def test_the_defaults_are_the_numbers_of_the_contract() -> None:
    defaults = {setting.name: setting.default for setting in SETTINGS}
    expected = {
        "body_bytes_max": 64_000,
        "brief_units_max": 16_000,
        "text_units_max": 24_000,
        "display_name_units_max": 60,
        "log_records_max": 50_000,
        "posts_per_minute": 120,
        "writes_per_minute": 60,
        "acks_per_minute": 240,
        "deliveries_max": 20_000,
        "loop_posts_max": 30,
        "hold_seconds": 25,
        "hold_seconds_max": 55,
        "stale_after_seconds": 90,
        "held_waits_max": 8,
        "context_bytes_max": 4_096,
        "context_depth_max": 6,
        "page_records_max": 1_000,
        "keepalive_seconds": 15,
        "presence_flush_seconds": 5,
        "expiry_warning_seconds": 900,
        "drain_seconds": 10,
        "ttl": "24h",
        "port": 8787,
        "host": "127.0.0.1",
    }
    assert {name: defaults[name] for name in expected} == expected


def test_a_flag_wins_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    toml = "[api]\nhold_seconds = 11\n[room]\nloop_posts_max = 5\n[daemon]\nport = 1\n"
    environ = {"AGENTGATHER_HOLD_SECONDS": "12", "AGENTGATHER_PORT": "2"}
    settled = settle(tmp_path, flags={"port": "3", "host": None}, environ=environ, toml=toml)
    assert settled.settings.daemon.port == 3
    assert settled.settings.api.hold_seconds == 12
    assert settled.settings.room.loop_posts_max == 5
    assert settled.chosen["port"].origin == "--port"
    assert settled.chosen["hold_seconds"].origin == "AGENTGATHER_HOLD_SECONDS"
    assert settled.chosen["loop_posts_max"].origin == f"{tmp_path / 'agentgather.toml'}, room.loop_posts_max"
    assert settled.chosen["host"].source is Source.DEFAULT


# Of the settings that say nothing by default, each allows "" for that and has a value here.
_POSSIBLE = {"public_url": "http://localhost:1", "broker_url": "http://localhost:1", "subdomain": "lab"}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_can_be_said_in_every_place(setting: Setting, tmp_path: Path) -> None:
    given = _POSSIBLE[setting.name] if setting.default is None else str(setting.default).lower()
    quoted = f'"{given}"' if setting.default is None or isinstance(setting.default, str) else given
    by_flag = settle(tmp_path, flags={setting.name: given})
    by_env = settle(tmp_path, environ={setting.env: given})
    by_file = settle(tmp_path, toml=f"[{setting.area}]\n{setting.name} = {quoted}\n")
    assert by_flag.settings == by_env.settings == by_file.settings
    for settled, source in ((by_flag, Source.FLAG), (by_env, Source.ENVIRONMENT), (by_file, Source.FILE)):
        assert settled.chosen[setting.name].source is source


_FINE = {("subdomain", "-1"), ("subdomain", "10000000000000000000")}
_IMPOSSIBLE = ("", "-1", "10000000000000000000", "n a n", "a b", "\0")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (one, value)
        for one in SETTINGS
        for value in _IMPOSSIBLE
        if (value or one.name not in _POSSIBLE) and (one.name, value) not in _FINE
    ],
    ids=lambda case: case.name if isinstance(case, Setting) else repr(case),
)
def test_an_impossible_value_is_refused_by_name_and_origin(setting: Setting, value: str, tmp_path: Path) -> None:
    refused = refusal(tmp_path, environ={setting.env: value})
    assert refused.field == setting.name
    assert setting.name in refused.message
    assert setting.env in refused.message
    assert "it is " in refused.message


@pytest.mark.parametrize("value", ["true", "[1]", "{}", "1.5", "2026-01-01", '"12x"'])
def test_a_value_of_the_wrong_type_in_the_file_is_refused(value: str, tmp_path: Path) -> None:
    refused = refusal(tmp_path, toml=f"[room]\nto_max = {value}\n")
    assert "room.to_max" in refused.message
    assert "a whole number from 0 to 1_000" in refused.message


def test_a_true_is_not_a_one(tmp_path: Path) -> None:
    assert refusal(tmp_path, toml="[daemon]\ndrain_seconds = true\n").field == "drain_seconds"


def test_an_unknown_key_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    assert "did you mean room.posts_per_minute?" in refusal(tmp_path, toml="[room]\nposts_per_minit = 3\n").message


def test_a_key_in_the_wrong_table_is_refused_with_the_right_one(tmp_path: Path) -> None:
    assert "did you mean daemon.port?" in refusal(tmp_path, toml="[room]\nport = 3\n").message


def test_a_key_outside_every_table_is_refused(tmp_path: Path) -> None:
    assert "did you mean daemon.port?" in refusal(tmp_path, toml="port = 3\n").message


def test_a_file_that_is_no_toml_is_refused_by_its_line(tmp_path: Path) -> None:
    refused = refusal(tmp_path, toml="[room]\nposts_per_minute = \n")
    assert "agentgather.toml" in refused.message
    assert "line 2" in refused.message


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agentgather.toml").write_bytes(b"\xff\xfe")
    assert "agentgather.toml" in refusal(tmp_path).message


def test_a_directory_in_the_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agentgather.toml").mkdir()
    assert "cannot be read" in refusal(tmp_path).message


def test_a_slip_in_a_variable_is_refused_and_a_strangers_variable_is_left_alone(tmp_path: Path) -> None:
    slip = refusal(tmp_path, environ={"AGENTGATHER_POST_PER_MINUTE": "3"})
    assert "did you mean AGENTGATHER_POSTS_PER_MINUTE?" in slip.message
    others = {"AGENTGATHER_HOME": "/x", "AGENTGATHER_TOKEN": "t", "AGENTGATHER_TOKEN_FILE": "f", "PATH": "/bin"}
    assert settle(tmp_path, environ=others).settings == Settings()


def test_a_brokers_variables_are_its_own_and_only_our_own_among_them_can_be_mistyped(tmp_path: Path) -> None:
    brokers = {"AGENTGATHER_BROKER_HEADER_COUNT_MAX": "x", "AGENTGATHER_BROKER_PUBLIC_URL": "https://rooms.example"}
    assert settle(tmp_path, environ=brokers).settings == Settings()
    named = {"AGENTGATHER_BROKER_URL": "https://rooms.example"}
    assert settle(tmp_path, environ=named).settings.tunnel.broker_url == "https://rooms.example"
    slip = refusal(tmp_path, environ={"AGENTGATHER_BROKER_ULR": "https://rooms.example"})
    assert "did you mean AGENTGATHER_BROKER_URL?" in slip.message


def test_a_wait_cannot_get_more_unasked_than_it_may_ask_for(tmp_path: Path) -> None:
    refused = refusal(tmp_path, flags={"hold_seconds": "30"}, environ={"AGENTGATHER_HOLD_SECONDS_MAX": "20"})
    assert "--hold-seconds" in refused.message
    assert "AGENTGATHER_HOLD_SECONDS_MAX" in refused.message


def test_the_wire_lets_through_what_the_api_may_want_to_read(tmp_path: Path) -> None:
    assert settle(tmp_path, flags={"body_bytes_max": "4_000_000"}).settings.serving.body_bytes_max == 4_000_000


def test_names_flags_and_keys_are_unambiguous() -> None:
    for column in ("name", "flag", "env", "key"):
        assert len({getattr(setting, column) for setting in SETTINGS}) == len(SETTINGS)


def test_every_field_of_the_settings_has_its_row() -> None:
    for area in ("room", "api", "daemon", "tunnel", "serving", "start"):
        fields = set(type(getattr(Settings(), area)).__dataclass_fields__)
        if area == "serving":
            fields.remove("body_bytes_max")  # follows the API's
        assert fields == {setting.name for setting in SETTINGS if setting.area == area}
