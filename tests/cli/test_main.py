"""The command line itself: help, mistakes, exit codes, and what is imported for what."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from agentgather.cli import exit_codes, main
from agentgather.cli.table import COMMANDS, FAMILIES, GROUPS


def ended(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main.run(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for family in ("", *FAMILIES):
        code, out, _ = ended(*family.split(), "--help", capsys=capsys)
        assert code == 0
        for row in COMMANDS:
            if row.words.rpartition(" ")[0] == family:
                assert row.line in out


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.words)
def test_every_command_has_its_own_help_and_the_common_options(row: object, capsys: pytest.CaptureFixture[str]) -> None:
    words = row.words.split()  # type: ignore[attr-defined]
    code, out, _ = ended(*words, "--help", capsys=capsys)
    assert code == 0
    assert "--json" in out
    assert "--home" in out


def test_every_row_stands_in_a_group_that_is_shown() -> None:
    assert {row.group for row in COMMANDS} | {group for _, group in FAMILIES.values()} <= set(GROUPS)


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["--version"], ["-v"]])
def test_help_and_version_are_quick_because_nothing_heavy_is_imported(words: list[str]) -> None:
    program = (
        "import sys; from agentgather.cli import main\n"
        f"code = main.run({words!r})\n"
        "heavy = {'trio', 'httpx', 'quart', 'hypercorn', 'h11', 'agentgather.keep'} & set(sys.modules)\n"
        "print(code, sorted(heavy), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr == "0 []\n"
    assert ran.stdout


def test_a_command_that_serves_nothing_imports_no_server() -> None:
    program = (
        "import sys; import agentgather.cli.send, agentgather.cli.attend, agentgather.cli.messages\n"
        "print(sorted({'quart', 'hypercorn', 'h2', 'agentgather.keep', 'agentgather.http'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sned"], "did you mean 'send'?"),
        (["room", "strat"], "did you mean 'room start'?"),
        (["room", "brief", "wiew"], "did you mean 'room brief view'?"),
        (["frobnicate"], "there is no command 'frobnicate'"),
        (["send", "--jsn", "bob", "hi"], "--jsn"),
        (["send", "bob", "-x"], "put -- before words"),
        (["reply", "one", "two"], "int"),
        (["attend", "--until", "doomsday"], "doomsday"),
        (["send"], "whom is it for?"),
        (["send", "bob"], "nothing to say"),
        (["send", "bob", "hi", "--text", "hi"], "twice"),
        (["watch", "--hold", "-1"], "--hold"),
        (["handoff", "bob"], "once"),
        (["wake"], "agentgather wake needs --via: program, tmux, "),
        (["wake", "--via"], "--via requires an argument"),
        (["ack", "12"], "agentgather ack needs PROOF"),
    ],
)
def test_a_mistake_is_told_with_exit_code_two(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ended(*words, capsys=capsys)
    assert (code, out) == (exit_codes.USAGE, "")
    assert err.startswith("error: ")
    assert told in err


def test_a_mistake_is_one_json_object_on_stderr_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ended("sned", "--json", capsys=capsys)
    assert (code, out) == (exit_codes.USAGE, "")
    told = json.loads(err)
    assert (told["ok"], told["error"]) == (False, "usage")
    assert "agentgather --help" in told["hint"]


def test_after_two_hyphens_json_is_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = ended("send", "--", "NOT AN ALIAS", "--json", capsys=capsys)
    assert err.startswith("error: ")


def test_a_bug_is_told_without_a_trace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(running: object) -> None:
        raise ZeroDivisionError("the secret of the universe")

    monkeypatch.setattr(main, "make_app", broken)
    code, _, err = ended("send", "bob", "hi", capsys=capsys)
    assert code == exit_codes.BUG
    assert "ZeroDivisionError" in err
    assert "secret" not in err
    assert "Traceback" not in err


def test_errors_wrapped_by_nurseries_are_what_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrapped(running: object) -> None:
        raise BaseExceptionGroup("nursery", [BaseExceptionGroup("nursery", [KeyboardInterrupt()])])

    monkeypatch.setattr(main, "make_app", wrapped)
    code, out, err = ended("attend", capsys=capsys)
    assert (code, out, err) == (exit_codes.INTERRUPTED, "", "")


def test_a_commands_own_help_tells_more_than_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ended("attend", "--help", capsys=capsys)
    assert "without a gap" in " ".join(out.split())
    assert "Seconds one wait is held" in out
    assert "--max-turns INT: With --exec:" in out
    _, out, _ = ended("run", "--help", capsys=capsys)
    assert "--detach" in out
    assert "--in-background" not in out
