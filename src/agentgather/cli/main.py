"""The `agentgather` command: finds the command that is meant, runs it, and turns every ending into an exit code."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from cyclopts import App, CycloptsError, Group, MissingArgumentError, UnknownCommandError, UnknownOptionError

from agentgather import __version__
from agentgather.cli import exit_codes
from agentgather.cli.failures import Failure, failure_of
from agentgather.cli.output import indented, json_line
from agentgather.cli.table import COMMANDS, FAMILIES, GROUPS, Row
from agentgather.client.errors import sole

if TYPE_CHECKING:
    from typing import TextIO

# The parser takes a lone hyphen for an option. Commands that read one get this instead; no argument can hold a NUL.
HYPHEN = "\0-"

PIPED_COLUMNS = 160  # of help that no terminal wraps: a line for an option
_HELP = "Rooms on your own machine, where agents and people work together."


def make_app(running: Row | None = None) -> App:
    """The commands as a cyclopts App. Only the command that runs is imported; `running` keeps its own, longer help."""
    app = App(name="agentgather", help=_HELP, version=__version__, version_flags=["--version", "-v"])
    app.help_format = "plaintext"
    app.help_formatter = "default" if sys.stdout.isatty() else "plain"
    groups = {name: Group(name, sort_key=place) for place, name in enumerate(GROUPS)}
    families = {"": app}
    for words, (line, group) in FAMILIES.items():
        parent, _, name = words.rpartition(" ")
        families[words] = App(name=name, help=line, group=groups[group])
        families[parent].command(families[words])
    for row in COMMANDS:
        parent, _, name = row.words.rpartition(" ")
        if row.words in families:  # what the family does when no word of it follows
            if row is running:
                families[row.words].default(_loaded(row.target))
            continue
        families[parent].command(
            row.target, name=name, help=None if row is running else row.line, group=groups[row.group]
        )
    return app


def _loaded(target: str) -> Callable[..., object]:
    module, _, name = target.partition(":")
    command: Callable[..., object] = getattr(import_module(module), name)
    return command


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code (docs/cli.md, Exit codes)."""
    words = list(sys.argv[1:] if words is None else words)
    logging.getLogger("agentgather").addHandler(
        logging.NullHandler()
    )  # standard error is for what a command says itself
    if not sys.stdout.isatty():
        os.environ.setdefault("COLUMNS", str(PIPED_COLUMNS))  # where rich looks for the width of help
    try:
        code = run(words)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has gone: there is nobody left to tell
        _let_go_of_output()
        code = exit_codes.INTERRUPTED
    except OSError as error:  # it could not be written, and the failing command may have said so already
        _let_go_of_output()
        code = _ended_by(error, is_json=_wants_json(words))
    sys.exit(code)


def _let_go_of_output() -> None:
    """What is still in the buffer of standard output goes nowhere: nothing complains about it at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(words: Sequence[str]) -> int:
    """Run the command that `words` name, tell how it failed on stderr if it did, and answer its exit code."""
    is_json = _wants_json(words)
    try:
        returned = make_app(_row_of(words))(
            _with_hyphens_kept(words),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except SystemExit as leaving:  # cyclopts leaves this way for an interrupt
        return leaving.code if isinstance(leaving.code, int) else exit_codes.BUG
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except CycloptsError as misused:
        return _tell(_usage(misused, words), is_json=is_json)
    except BaseException as raised:  # noqa: BLE001 - the one place where every error of a command ends
        error = sole(raised)
        if isinstance(error, OSError) and error.filename is None:
            raise error from None  # about our output, most likely: `main` knows what to do with it
        return _ended_by(error, is_json=is_json)
    return returned if isinstance(returned, int) else exit_codes.OK


def _ended_by(error: BaseException, *, is_json: bool) -> int:
    if isinstance(error, KeyboardInterrupt):
        return exit_codes.INTERRUPTED
    failure = failure_of(error)
    if failure is None:
        if os.environ.get("AGENTGATHER_DEBUG"):
            traceback.print_exception(error)
        failure = Failure(
            "internal_error",
            f"something unexpected went wrong in this command: {type(error).__name__}",
            hint="set AGENTGATHER_DEBUG=1 to see where, and please tell us",
        )
    return _tell(failure, is_json=is_json)


def _tell(failure: Failure, *, is_json: bool, to: TextIO | None = None) -> int:
    stream = to or sys.stderr
    if is_json:
        stream.write(json_line(failure.to_json()) + "\n")
    else:
        stream.write(f"error: {indented(failure.message)}\n")
        if failure.hint:
            stream.write(f"hint: {indented(failure.hint)}\n")
    stream.flush()
    return failure.exit_code


def _usage(misused: CycloptsError, words: Sequence[str]) -> Failure:
    known = _command_words(words)
    hint = f"see: {' '.join(['agentgather', *known])} --help"
    if isinstance(misused, UnknownCommandError):  # its own words would import every command to find a likeness
        return Failure("usage", _unknown_command(words, known), hint=hint)
    if isinstance(misused, UnknownOptionError):
        hint += "; put -- before words that begin with a hyphen"
    if isinstance(misused, MissingArgumentError) and not misused.tokens_so_far and misused.keyword is None:
        return Failure("usage", _missing(misused, known), hint=hint)
    return Failure("usage", str(misused).strip(), hint=hint)


def _missing(misused: MissingArgumentError, known: list[str]) -> str:
    """What was left out altogether, and what it may be; a likely slip of the pen is told by the parser's own words."""
    argument = misused.argument
    told = str(misused).strip()
    if argument is None or "Did you mean" in told:
        return told
    choices = argument.get_choices()
    return f"{' '.join(['agentgather', *known])} needs {argument.name}" + (f": {', '.join(choices)}" if choices else "")


def _unknown_command(words: Sequence[str], known: list[str]) -> str:
    from difflib import get_close_matches

    word = words[len(known)] if len(words) > len(known) else ""
    beside = [row.words.split() for row in COMMANDS] + [family.split() for family in FAMILIES]
    names = {path[len(known)] for path in beside if path[: len(known)] == known and len(path) > len(known)}
    near = get_close_matches(word, names, n=1)
    told = f"there is no command {' '.join([*known, word])!r}"
    return f"{told}; did you mean {' '.join([*known, near[0]])!r}?" if near else told


def _command_words(words: Sequence[str]) -> list[str]:
    row = _row_of(words)
    if row is not None:
        return row.words.split()
    known = [family.split() for family in FAMILIES if list(words[: len(family.split())]) == family.split()]
    return max(known, key=len, default=[])


def _row_of(words: Sequence[str]) -> Row | None:
    return next((row for row in COMMANDS if list(words[: len(row.words.split())]) == row.words.split()), None)


def _with_hyphens_kept(words: Sequence[str]) -> list[str]:
    row = _row_of(words)
    if row is None or not row.reads_hyphen:
        return list(words)
    end = words.index("--") if "--" in words else len(words)
    return [HYPHEN if word == "-" else word for word in words[:end]] + list(words[end:])


def _wants_json(words: Sequence[str]) -> bool:
    end = words.index("--") if "--" in words else len(words)
    return "--json" in words[:end]
