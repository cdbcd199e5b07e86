from __future__ import annotations

from pathlib import Path

import pytest

from agentgather.settings.values import (
    base_url,
    bind_host,
    domain,
    file_path,
    names,
    networks,
    seconds,
    slug,
    switch,
    whole,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Rooms.Example.org/", "https://rooms.example.org"),
        ("https://rooms.example.org:443/lab//", "https://rooms.example.org/lab"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8787/", "http://[::1]:8787"),
        ("", None),
    ],
)
def test_a_url_is_kept_without_what_it_does_not_need(given: str, kept: str | None) -> None:
    assert base_url(given) == kept


@pytest.mark.parametrize(
    "given",
    ["rooms.example.org", "ftp://a", "https://", "https://u:p@a", "https://a?x=1", "https://a#t", "https://a b", "https://[x",
     "https://a:99999", "https://a/$(id)", "https://a/`id`", "https://a%00b", "https://é", 'https://a/"', 7],
)  # fmt: skip
def test_a_url_that_could_mislead_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="an http or https URL"):
        base_url(given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("[::1]", "::1"), ("0.0.0.0", "0.0.0.0"), ("LocalHost", "localhost"), (" 127.0.0.1 ", "127.0.0.1")],
)
def test_a_host_is_an_address_or_a_name(given: str, kept: str) -> None:
    assert bind_host(given) == kept


@pytest.mark.parametrize("given", ["", "127.0.0.1:80", "a b", "1.2.3", "-x", "http://a", None, 4])
def test_a_host_is_nothing_else(given: object) -> None:
    with pytest.raises(ValueError, match="without a port"):
        bind_host(given)


def test_numbers_may_be_written_for_people() -> None:
    assert whole(least=1, most=100_000)("64_000") == 64_000
    assert seconds(least=0, most=10)("2.5") == 2.5


@pytest.mark.parametrize("given", ["", "1__0", "_1", "1.0", "0x10", "1e3", True, 1.0, None, "101", 0])
def test_a_whole_number_is_nothing_else(given: object) -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to 100"):
        whole(least=1, most=100)(given)


@pytest.mark.parametrize("given", ["inf", "nan", True, None, "-1", [1]])
def test_seconds_are_nothing_else(given: object) -> None:
    with pytest.raises(ValueError, match="a number of seconds"):
        seconds(least=0, most=10)(given)


@pytest.mark.parametrize(("given", "is_on"), [(True, True), ("yes", True), ("1", True), ("Off", False), ("0", False)])
def test_a_switch_knows_the_usual_words(given: object, is_on: bool) -> None:
    assert switch(given) is is_on


@pytest.mark.parametrize(("given", "kept"), [("lab", "lab"), ("a-1", "a-1"), ("a" * 64, "a" * 64), ("", None)])
def test_a_slug_is_what_a_room_may_be_called(given: str, kept: str | None) -> None:
    assert slug(given) == kept


@pytest.mark.parametrize("given", ["A", "a" * 65, "a.b", "a/b", "a b", "é", "..", 7, None])
def test_what_is_no_slug_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="1 to 64 lowercase letters"):
        slug(given)


@pytest.mark.parametrize(
    ("given", "kept"), [("Rooms.Example.org.", "rooms.example.org"), ("localhost", "localhost"), ("", None)]
)
def test_a_domain_is_kept_in_lower_case(given: str, kept: str | None) -> None:
    assert domain(given) == kept


@pytest.mark.parametrize("given", ["*.a.org", "a..b", "-a.org", "https://a.org", "a.org:443", "a.org/x", "é.org", 7])
def test_what_is_no_domain_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="a domain name"):
        domain(given)


def test_networks_are_kept_in_cidr_notation() -> None:
    assert networks("10.1.2.3, ::1, 192.168.7.1/16") == ("10.1.2.3/32", "::1/128", "192.168.0.0/16")
    with pytest.raises(ValueError, match="addresses or networks"):
        networks("proxy.example")


def test_a_path_is_made_absolute() -> None:
    assert file_path("keys.txt") == str(Path.cwd() / "keys.txt")
    assert file_path("~/keys.txt") == str(Path.home() / "keys.txt")
    assert file_path(" ") is None
    for given in ("a\0b", 7, "a" * 5_000):
        with pytest.raises(ValueError, match="the path of a file"):
            file_path(given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a, b", ("a", "b")), (["a", "b"], ("a", "b")), (("a,b", "c"), ("a", "b", "c")), ("", ()), ([], ())],
)
def test_several_are_a_list_a_repeated_option_or_one_text_with_commas(given: object, kept: tuple[str, ...]) -> None:
    assert names(given) == kept


@pytest.mark.parametrize("given", [7, [7], ["a", None], True])
def test_what_is_no_text_is_no_list_of_texts(given: object) -> None:
    with pytest.raises(ValueError, match="commas"):
        names(given)
