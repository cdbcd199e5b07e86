"""The names under which rooms are published."""

from __future__ import annotations

import re

from agentgather_broker.refusals import Refused

# Paths and host names that a broker, or whoever runs one, needs for itself, or that would pass for something official.
RESERVED = frozenset(
    (
        "_host abuse about account admin api app assets auth autoconfig autodiscover broker cdn console contact "
        "dashboard dns docs favicon-ico forum ftp healthz help host hosts imap key keys legal localhost login logout "
        "mail metrics mx ns ns1 ns2 oauth openapi ping pop postmaster privacy readyz register root security signin "
        "signup smtp static status support system terms tunnel webmail well-known www"
    ).split()
)
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_slug(text: str) -> bool:
    return SLUG.fullmatch(text) is not None and text not in RESERVED


def check_slug(text: str) -> None:
    """Raise Refused `invalid_registration` for a name that no room can be published under."""
    if not SLUG.fullmatch(text):
        raise Refused(
            "invalid_registration",
            "a subdomain has 1 to 63 letters a-z, digits and hyphens, and begins and ends with a letter or digit",
        )
    if text in RESERVED:
        raise Refused("invalid_registration", "this subdomain is kept for the broker itself; choose another")
