"""What a program that we start finds in its environment: our own, without any token. A token is for us alone."""

from __future__ import annotations

from collections.abc import Mapping

from agentgather.room.text import without_tokens

TOKEN_VARIABLE = "AGENTGATHER_TOKEN"  # noqa: S105 - a name, not a token


def without_any_token(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without the variable that hands us one, and without every other that holds one somewhere in it."""
    return {name: value for name, value in environ.items() if name != TOKEN_VARIABLE and without_tokens(value) == value}
