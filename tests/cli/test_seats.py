"""Which seat a command acts as."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentgather.cli.failures import Failure
from agentgather.cli.flags import Flags
from agentgather.cli.seats import acting_seat, checked_url
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home, Seat


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three seats: two in lab, one in den, which is the current one."""
    home = Home(tmp_path / "home")
    for room, alias in (("lab", "bob"), ("lab", "rev"), ("den", "bob")):
        home.keep_seat(Seat(RoomId(room), Alias(alias), f"http://127.0.0.1:8787/{room}", f"agt_{room}-{alias}"))
    return home


def chosen(home: Home, environ: dict[str, str] | None = None, **flags: str) -> tuple[object, ...]:
    seat = acting_seat(Flags(**flags), home, environ=environ or {})  # type: ignore[arg-type]
    return seat.room, seat.alias, seat.token, seat.base_url


def test_the_current_seat_is_the_default(home: Home) -> None:
    assert chosen(home) == ("den", "bob", "agt_den-bob", "http://127.0.0.1:8787/den")


def test_room_and_alias_name_a_seat(home: Home) -> None:
    assert chosen(home, room="lab@rev")[2] == "agt_lab-rev"
    assert chosen(home, room="den")[2] == "agt_den-bob"


def test_a_room_with_two_seats_asks_for_one(home: Home) -> None:
    with pytest.raises(Failure, match="lab@bob, lab@rev"):
        acting_seat(Flags(room="lab"), home, environ={})
    home.keep_seat(Seat(RoomId("lab"), Alias("rev"), "http://127.0.0.1:8787/lab", "agt_lab-rev"))
    assert chosen(home, room="lab")[1] == "rev"  # the current one of them


def test_a_seat_one_does_not_have_is_not_found(home: Home) -> None:
    with pytest.raises(Failure) as failure:
        acting_seat(Flags(room="loft"), home, environ={})
    assert failure.value.exit_code == 4


def test_no_seat_at_all_is_not_found_and_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        acting_seat(Flags(), Home(tmp_path / "none"), environ={})
    assert (failure.value.code, failure.value.exit_code) == ("no_room", 4)
    assert "room join" in str(failure.value.hint)


def test_a_token_file_goes_with_a_url_or_the_stored_one(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("agt_from-a-file\n")
    assert chosen(home, token_file=str(file), url="https://host.example/lab/") == (
        None, None, "agt_from-a-file", "https://host.example/lab",
    )  # fmt: skip
    assert chosen(home, token_file=str(file), room="lab@rev") == (
        "lab", None, "agt_from-a-file", "http://127.0.0.1:8787/lab",
    )  # fmt: skip


def test_the_environment_comes_before_the_current_seat_and_after_a_named_one(home: Home) -> None:
    environ = {"AGENTGATHER_TOKEN": "agt_env", "AGENTGATHER_URL": "https://host.example"}
    assert chosen(home, environ) == (None, None, "agt_env", "https://host.example")
    assert chosen(home, environ, room="lab@bob")[2] == "agt_lab-bob"


def test_a_stored_token_never_goes_to_another_url(home: Home) -> None:
    with pytest.raises(Failure, match="--token-file"):
        acting_seat(Flags(url="https://elsewhere.example"), home, environ={})
    assert chosen(home, {"AGENTGATHER_URL": "https://elsewhere.example"})[3] == "http://127.0.0.1:8787/den"


@pytest.mark.parametrize("content", ["", "\n", "two words", "a\nb", "tök", "x" * 5_000, "\x00"])
def test_a_file_without_a_token_is_refused_and_never_shown(home: Home, tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    with pytest.raises(Failure) as failure:
        acting_seat(Flags(token_file=str(file)), home, environ={})
    assert failure.value.exit_code == 2
    assert "two words" not in str(failure.value)


@pytest.mark.parametrize(
    "url", ["", "host", "ftp://host", "http://", "http://u:p@host", "http://host?x=1", "http://[x"]
)
def test_what_is_no_rooms_url_is_refused(url: str) -> None:
    with pytest.raises(Failure):
        checked_url(url)


def test_the_same_seat_is_chosen_again_by_the_command_that_goes_on(home: Home) -> None:
    assert acting_seat(Flags(), home, environ={}).again == ()
    assert acting_seat(Flags(room="den"), home, environ={}).again == ("--room", "den@bob")


def test_a_seat_does_not_show_its_token(home: Home) -> None:
    assert "agt_" not in repr(acting_seat(Flags(), home, environ={}))
