"""What an invitation says, in whatever shape it was handed over: a link, an Attend Card, or the command for one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from agentgather.cli.failures import Failure
from agentgather.cli.seats import checked_url

_BEARING = r"[A-Za-z0-9._~%+/=-]{8,4096}"
_LINK = re.compile(rf"(https?://[^\s\"'<>#?]+)(?:\?[0-9a-f]*)?#token=({_BEARING})")
_QUERY = re.compile(rf"(https?://[^\s\"'<>#?]+)/card\?(?:[^\s\"'#]*&)?token=({_BEARING})")
_BEARER = re.compile(rf"[Aa]uthorization:\s*Bearer\s+({_BEARING})")
_ENDPOINT = re.compile(r"(https?://[^\s\"'<>#?]+)/(?:card|join|status|messages|wait)\b")

_WHAT_IT_IS = "give the link, the card or the command you were invited with, as a file or - for standard input"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where a room is, and the token of the seat in it."""

    base_url: str
    token: str = field(repr=False)


def read_invitation(text: str) -> Invitation:
    """The invitation in `text`. A card quotes the room's brief with `|`: what stands there invites nobody.

    Raises Failure when there is none, or more than one.
    """
    lines = [line for line in _unwrapped(text).splitlines() if not line.lstrip().startswith("|")]
    plain = "\n".join(lines)
    found = {(match[1], match[2]) for match in _LINK.finditer(plain)}
    found |= {(match[1], match[2]) for match in _QUERY.finditer(plain)}
    if not found:
        tokens = {match[1] for match in _BEARER.finditer(plain)}
        urls = {match[1] for match in _ENDPOINT.finditer(plain)}
        found = {(url, token) for url in urls for token in tokens}
    invitations = {Invitation(checked_url(url), unquote(token)) for url, token in found}
    if len(invitations) == 1:
        return invitations.pop()
    told = (
        "there is no invitation in that text" if not invitations else "there is more than one invitation in that text"
    )
    raise Failure("usage", told, hint=_WHAT_IT_IS)


def _unwrapped(text: str) -> str:
    """The text of an invitation that came as JSON: its link, which says all."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    link = value.get("browser_url") if isinstance(value, dict) else None
    return link if isinstance(link, str) else text
