"""Text that a command is given in a file, or on standard input where a lone `-` stands."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from agentgather.cli.failures import Failure
from agentgather.cli.main import HYPHEN

TEXT_BYTES_MAX = 4 * 1024 * 1024  # more than any limit of a room; whatever is larger was not meant to be said


def given_text(given: str, *, of: str) -> str:
    """`given` itself, or standard input for a lone `-`. `of` names it in errors. Raises Failure."""
    return file_text(given, of=of) if given == HYPHEN else given


def file_text(path: str, *, of: str) -> str:
    """The text in `path`; a lone `-` is standard input. Raises Failure, OSError."""
    if path in (HYPHEN, "-"):
        content = sys.stdin.buffer.read(TEXT_BYTES_MAX + 1)
    else:
        with Path(path).open("rb") as file:
            content = file.read(TEXT_BYTES_MAX + 1)
    if len(content) > TEXT_BYTES_MAX:
        raise Failure("usage", f"{of} is larger than {TEXT_BYTES_MAX} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Failure("usage", f"{of} is not text in UTF-8") from None


def is_file(text: str) -> bool:
    """Whether `text` names a file. What is too long or too odd for a name is no name, and no error either."""
    try:
        return stat.S_ISREG(Path(text).stat().st_mode)
    except (OSError, ValueError):
        return False
