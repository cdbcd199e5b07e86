"""What is printed: it reads back as it was, and nothing in it can drive a terminal or pass for a line of ours."""

from __future__ import annotations

import io
import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agentgather.cli.output import INDENT, Output, indented, json_line, single

any_text = st.text(alphabet=st.characters(codec=None, exclude_categories=()))  # lone surrogates too
hostile = st.text(alphabet=st.sampled_from("ab\x1b\x07\x9b\x00\r\n\t\u202e\u2028\ud800é中\u200b"))


def is_harmless(text: str) -> bool:
    return all(unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or one in "\n\t\u00ad" for one in text)


@given(text=any_text | hostile)
def test_json_is_one_harmless_line_that_reads_back(text: str) -> None:
    line = json_line({"text": text, text: [text]})
    assert json.loads(line) == {"text": text, text: [text]} or text == "text"
    assert "\n" not in line
    assert "\x1b" not in line
    assert not any(point in line for point in "\x7f\x9b\u202e\u2028\ud800\u200b")
    line.encode()


@given(text=hostile)
def test_a_single_line_stays_one(text: str) -> None:
    shown = single(text)
    assert "\n" not in shown
    assert is_harmless(shown)
    shown.encode()


@given(text=hostile)
def test_further_lines_are_indented(text: str) -> None:
    shown = indented(text)
    assert all(line.startswith(INDENT) for line in shown.split("\n")[1:])
    assert is_harmless(shown)
    shown.encode()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_want_them(monkeypatch: object) -> None:
    import os
    from unittest.mock import patch

    with patch.dict(os.environ, {"TERM": "xterm-256color"}):
        os.environ.pop("NO_COLOR", None)
        assert Output(is_json=False, stdout=Terminal()).paint("x", "1") == "\x1b[1mx\x1b[0m"
        assert Output(is_json=False, stdout=io.StringIO()).paint("x", "1") == "x"
        assert Output(is_json=True, stdout=Terminal()).paint("x", "1") == "x"
        os.environ["NO_COLOR"] = ""
        assert Output(is_json=False, stdout=Terminal()).paint("x", "1") == "x"
        del os.environ["NO_COLOR"]
        os.environ["TERM"] = "dumb"
        assert Output(is_json=False, stdout=Terminal()).paint("x", "1") == "x"
