"""Globs: what each matches, and that two meet exactly where some path is matched by both."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentgather.room.leases.globs import GLOB_UNITS_MAX, can_meet, covers, read_glob
from agentgather.room.leases.refusals import InvalidGlob

ALPHABET = "abé"
NAME_PARTS = st.sampled_from(["a", "b", "é", "*", "?", "[ab]", "[!a]", "[^a-b]", "[a-b]"])
PATH_PARTS = st.sampled_from(["a", "b", "*", "?", "[!a]", "**"])


def as_expression(glob: str) -> re.Pattern[str]:
    """The same by another way: what Python's regular expressions know how to do."""
    names = glob.split("/")
    if names[-1] == "**":
        names[-1:] = ["*", "**"]
    elif not set(names[-1]) & set("*?["):
        names.append("**")
    written = ""
    for place, name in enumerate(names):
        if name == "**":
            written += "(?:/[^/]+)*"
        else:
            signs = re.findall(r"\[[!^]?[^]]*\]|.", name)
            written += "/" + "(?=[^/])" + "".join(map(sign_as_expression, signs)) + "(?![^/])"
        assert place < 9
    return re.compile(written)


def sign_as_expression(sign: str) -> str:
    if sign == "*":
        return "[^/]*"
    if sign == "?":
        return "[^/]"
    return re.sub(r"^\[!", "[^", sign) if sign.startswith("[") else re.escape(sign)


def words(letters: str, length_max: int) -> list[str]:
    return ["".join(one) for length in range(1, length_max + 1) for one in itertools.product(letters, repeat=length)]


NAMES = words(ALPHABET, 5)  # longer than what two times three parts may ask for
PATHS = ["/".join(word) for word in NAMES]  # each name one letter long


@given(st.lists(NAME_PARTS, min_size=1, max_size=3), st.lists(NAME_PARTS, min_size=1, max_size=3))
@settings(max_examples=250, deadline=None)
def test_names_meet_exactly_where_some_text_fits_both(one: list[str], other: list[str]) -> None:
    agree(f"x/{''.join(one)}", f"x/{''.join(other)}", [f"x/{name}" for name in NAMES])


@given(st.lists(PATH_PARTS, min_size=1, max_size=3), st.lists(PATH_PARTS, min_size=1, max_size=3))
@settings(max_examples=250, deadline=None)
def test_paths_meet_exactly_where_some_path_fits_both(one: list[str], other: list[str]) -> None:
    agree("/".join(one), "/".join(other), PATHS)


def agree(one: str, other: str, paths: list[str]) -> None:
    left, right = (as_expression(read_glob(text).text) for text in (one, other))
    both = [path for path in paths if left.fullmatch("/" + path) and right.fullmatch("/" + path)]
    first, second = read_glob(one), read_glob(other)
    assert can_meet(first, second) is can_meet(second, first) is bool(both), (one, other, both[:3])
    for path in both[:5]:
        assert covers(first, path)
        assert covers(second, path)
    for path in paths[:: len(paths) // 20]:
        assert covers(first, path) is bool(left.fullmatch("/" + path)), (one, path)


@given(st.text(alphabet="ab*?[]!-/.é", max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_can_be_read_reads_as_its_normal_form(text: str) -> None:
    try:
        glob = read_glob(text)
    except InvalidGlob:
        return
    assert read_glob(glob.text) == glob
    assert can_meet(glob, glob)
    assert can_meet(glob, read_glob("**"))


@pytest.mark.parametrize(
    ("glob", "matched", "not_matched"),
    [
        ("src/http", ["src/http", "src/http/app.py", "src/http/a/b"], ["src", "src/https", "http", "a/src/http"]),
        ("src/http/", ["src/http/app.py"], ["src/http"]),
        ("./src//./http", ["src/http/app.py"], ["src/app.py"]),
        ("src/*", ["src/app.py", "src/.env", "src/a b\nc"], ["src/http/app.py", "src"]),
        ("src/*.py", ["src/app.py", "src/.py"], ["src/app.pyc", "src/app.py/x"]),
        ("**", ["a", "a/b/c", ".git"], []),
        ("**/tests", ["tests", "a/tests/b", "a/b/tests"], ["a/tests2"]),
        ("a/**/b?", ["a/b1", "a/x/y/b1"], ["a/b", "a/b1/c"]),
        ("[!a-c]*[*]", ["d*", "é*", "dx*"], ["a*", "d"]),
        ("[]-]", ["]", "-"], ["a"]),
        ("caf\u00e9", ["cafe\u0301", "caf\u00e9/x"], ["cafe"]),
        ("cafe\u0301", ["caf\u00e9"], ["cafe"]),
    ],
)
def test_a_glob_matches_as_git_does(glob: str, matched: list[str], not_matched: list[str]) -> None:
    read = read_glob(glob)
    assert [path for path in matched if not covers(read, path)] == []
    assert [path for path in not_matched if covers(read, path)] == []


NO_PATHS = ["", "/", ".", "./", "/etc/passwd", "../x", "a/../b", "a\\b", "a\x00", "a\n", "\u202eb", "\ud800"]
NO_SETS = ["[a", "[]", "a[b/c]d", "[z-a]", "[é]", "[[:alpha:]]", "[a]" * 6]
TOO_LONG = ("x" * (GLOB_UNITS_MAX + 1), "x" * GLOB_UNITS_MAX + "/", "\u0958" * 60)


@pytest.mark.parametrize("text", [*NO_PATHS, *NO_SETS, *TOO_LONG])
def test_what_is_no_glob_of_a_path_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(InvalidGlob, match=r"^the glob `.*` \w"):
        read_glob(text)


def test_globs_made_to_be_hard_cost_as_little_as_any() -> None:
    """The work is bounded by their length: whoever tries one way after the other is still at it tomorrow."""
    stars = read_glob("*a" * (GLOB_UNITS_MAX // 2))
    other = read_glob("*b" * (GLOB_UNITS_MAX // 2 - 1) + "*c")
    deep, deeper = read_glob("**/a*/" * 16 + "x*"), read_glob("**/*b/" * 16 + "*y")
    sets = read_glob("*[!a]" * 5 + "*b" * 30)
    assert not can_meet(stars, other)
    assert can_meet(deep, deeper)
    assert not can_meet(sets, stars)
    assert not covers(stars, "a" * 20 + "b" * 2_000)
