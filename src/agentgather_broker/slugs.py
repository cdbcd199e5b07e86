"""The names under which rooms are published."""

from __future__ import annotations

import re

from agentgather_broker.refusals import Refused

# Paths and host names that a broker, or whoever runs one, needs for itself, or that would pass for something official.
RESERVED = frozenset(
    word
    for line in (
        "_host abuse about account admin api app assets auth autoconfig autodiscover broker cdn console contact dashboard",
        "dns docs forum ftp healthz help host hosts imap key keys legal localhost login logout mail metrics mx ns ns1 ns2",
        "oauth openapi ping pop postmaster privacy readyz register root security signin signup smtp static status support",
        "system terms tunnel webmail well-known www",
    )
    for word in line.split()
)
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # of a host name (RFC 1123)


def is_slug(text: str, *, is_label: bool = False) -> bool:
    """Whether a room can be published as `text`; `is_label`: also as a part of a host name."""
    return (_LABEL if is_label else _SLUG).fullmatch(text) is not None and text not in RESERVED


def check_slug(text: str, *, is_label: bool = False) -> None:
    """Raise Refused `invalid_registration` for a name that no room can be published under."""
    if is_slug(text, is_label=is_label):
        return
    if text in RESERVED:
        raise Refused("invalid_registration", "this subdomain is kept for the broker itself; choose another")
    message = "a subdomain has 1 to 64 characters: letters a-z, digits and hyphens"
    if is_label:
        message += "; here it is part of a host name: at most 63, and no hyphen first or last"
    raise Refused("invalid_registration", message)
