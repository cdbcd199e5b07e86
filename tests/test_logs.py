"""What the log says of a bug: where it broke, and none of the values it broke on."""

from __future__ import annotations

import logging
import sys

import pytest

from agentgather.logs import LEAVES_MAX, JsonLines, TextLines

SECRET = "agt_what-somebody-said"


def logged(error: BaseException) -> str:
    try:
        raise error
    except BaseException:
        record = logging.LogRecord("agentgather", logging.ERROR, __file__, 1, "it broke", (), sys.exc_info())
    return TextLines().format(record)


def raised(error: Exception) -> Exception:
    """`error` with a trace of its own."""
    try:
        raise error
    except Exception as caught:
        return caught


def test_a_bug_is_placed_without_its_words() -> None:
    line = logged(ValueError(SECRET))
    assert "builtins.ValueError" in line
    assert "in logged" in line
    assert SECRET not in line


def test_a_group_of_bugs_says_what_each_of_them_was_however_deep() -> None:
    inner = ExceptionGroup(
        SECRET, [raised(KeyError(SECRET)), ExceptionGroup(SECRET, [raised(OSError(28, "No space"))])]
    )
    line = logged(ExceptionGroup(SECRET, [inner]))
    assert "builtins.KeyError" in line
    assert "builtins.OSError: No space" in line
    assert line.count("in raised") == 2
    assert SECRET not in line


def test_a_group_of_very_many_is_bounded() -> None:
    line = logged(ExceptionGroup("", [raised(ValueError(str(number))) for number in range(100)]))
    assert line.count("builtins.ValueError") == LEAVES_MAX


@pytest.mark.parametrize("lines", [TextLines(), JsonLines()])
def test_a_token_in_whatever_is_logged_is_left_out(lines: logging.Formatter) -> None:
    token = "agt_" + "aB3-_" * 8 + "xyz"
    record = logging.LogRecord("agentgather", logging.DEBUG, __file__, 1, "asked for %s", (token,), None)
    record.path = f"/nowhere/{token}"
    line = lines.format(record)
    assert token not in line
    assert "/nowhere/agt_***" in line
