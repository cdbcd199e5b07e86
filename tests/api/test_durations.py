from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.api.durations import DURATION_MAX, format_duration, parse_duration, parse_ttl
from agentgather.room.refusals import InvalidTtl


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("24h", timedelta(hours=24)),
        ("90m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("45s", timedelta(seconds=45)),
        ("2d", timedelta(days=2)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        (" 2H ", timedelta(hours=2)),
        ("none", None),
        ("NONE", None),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, length: timedelta | None) -> None:
    assert parse_ttl(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "24",
        "h",
        "-1h",
        "1.5h",
        "1m1h",
        "1h1h",
        "0s",
        "0h0m",
        "1w",
        "3651d",
        "999999999d",
        "١h",
        "1h\n2m",
        "nonee",
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(InvalidTtl) as refused:
        parse_ttl(text, field="ttl_of_invite")
    assert refused.value.field == "ttl_of_invite"
    assert "ttl_of_invite" in refused.value.message


def test_none_is_no_duration_where_an_end_is_needed() -> None:
    with pytest.raises(InvalidTtl):
        parse_duration("none", field="hold")


@given(st.integers(min_value=1, max_value=int(DURATION_MAX.total_seconds())))
def test_what_is_written_reads_back(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_ttl(format_duration(length)) == length


def test_no_end_and_nothing_left_have_their_words() -> None:
    assert format_duration(None) == "none"
    assert format_duration(timedelta(seconds=-5)) == "0s"
    assert format_duration(timedelta(hours=1, minutes=30, microseconds=7)) == "1h30m"
