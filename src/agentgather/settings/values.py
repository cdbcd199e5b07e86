"""What a value may be: reads one from text or TOML, and says what is allowed when it is none."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from agentgather.api.durations import parse_ttl
from agentgather.room.refusals import InvalidTtl

Value = int | float | str | bool | tuple[str, ...] | None
Read = Callable[[object], Value]
"""Reads a value from what a source holds (text, or what TOML made of it). Raises ValueError telling what is allowed."""

_WHOLE = re.compile(r"-?[0-9]{1,18}(_[0-9]{1,18})*")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}(?<!-)")
_NEVER_IN_URL = re.compile(r"[^!#%&()*+,./0-9:;=?@A-Z\[\]_a-z~-]")  # what a shell or a page could stumble over
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,190}}$){_LABEL}(?:\.{_LABEL})*")  # a slug of 63 and its dot still fit before it
_PATH_CHARACTERS_MAX = 4_096
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


def whole(*, least: int, most: int) -> Read:
    """A whole number from `least` to `most`."""

    def read(given: object) -> int:
        number = given
        if isinstance(given, str) and _WHOLE.fullmatch(given.strip()):
            number = int(given)
        if type(number) is not int or not least <= number <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}".replace(",", "_"))
        return number

    return read


def number(of: str, *, least: float, most: float) -> Read:
    """A number `of` something from `least` to `most`, fractions included."""

    def read(given: object) -> float:
        try:
            value = given if not isinstance(given, bool) and isinstance(given, int | float) else float(str(given))
        except ValueError:
            value = math.nan
        if isinstance(given, bool) or not least <= value <= most:
            raise ValueError(f"a number of {of} from {least:g} to {most:g}")
        return value

    return read


def seconds(*, least: float, most: float) -> Read:
    """A number of seconds from `least` to `most`, fractions included."""
    return number("seconds", least=least, most=most)


def choice(*allowed: str) -> Read:
    def read(given: object) -> str:
        if given not in allowed:
            raise ValueError("one of: " + ", ".join(allowed))
        return str(given)

    return read


def switch(given: object) -> bool:
    """true or false; an environment variable may also say 1, yes, on, 0, no or off."""
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    if word not in _YES | _NO:
        raise ValueError("true or false")
    return word in _YES


def ttl(given: object) -> str:
    try:
        parse_ttl(given if isinstance(given, str) else "")
    except InvalidTtl as refusal:
        raise ValueError("a length of time such as 24h, 90m or 1h30m, at most 3650d, or none") from refusal
    return str(given).strip().lower()


def bind_host(given: object) -> str:
    """An address or a name to listen at, without a port. IPv6 with or without its brackets."""
    text = given.strip() if isinstance(given, str) else ""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        if _HOST_NAME.fullmatch(bare) and not re.fullmatch(r"[0-9.]+", bare):
            return bare.lower()
    raise ValueError("an IP address or a host name, without a port")


def base_url(given: object) -> str | None:
    """An http or https URL to reach a room at, as it is kept: no default port, no trailing slash. Empty: none."""
    text = given.strip() if isinstance(given, str) else "?"
    if not text:
        return None
    allowed = "an http or https URL without user, query and fragment, such as https://rooms.example.org"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(allowed) from None
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or _NEVER_IN_URL.search(text):
        raise ValueError(allowed)
    try:
        bind_host(host)
    except ValueError:
        raise ValueError(allowed) from None
    if parts.username is not None or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError(allowed)
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        shown += f":{port}"
    return f"{parts.scheme}://{shown}{parts.path.rstrip('/')}"


def names(given: object) -> tuple[str, ...]:
    """Several texts: a list in TOML, an option that is repeated, or one text with commas between them."""
    kept: list[str] = []
    for one in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(one, str):
            raise ValueError("a text, or several with commas between them")  # noqa: TRY004 - as every reader
        kept += [part.strip() for part in one.split(",") if part.strip()]
    return tuple(kept)


def slug(given: object) -> str | None:
    """A room's name at a broker, which may have a stricter rule. Empty: none."""
    text = given.strip() if isinstance(given, str) else "?"
    if text and not _SLUG.fullmatch(text):
        raise ValueError("1 to 64 lowercase letters, digits and hyphens")
    return text or None


def domain(given: object) -> str | None:
    """The name of a domain, as it is kept: lower case, no dot at its end. Empty: none."""
    text = given.strip().lower().rstrip(".") if isinstance(given, str) else "?"
    if text and not _DOMAIN.fullmatch(text):
        raise ValueError("a domain name such as rooms.example.org, without a star, scheme or port")
    return text or None


def networks(given: object) -> tuple[str, ...]:
    """Addresses, or networks in CIDR notation."""
    several = names(given)
    try:
        return tuple(str(ipaddress.ip_network(one, strict=False)) for one in several)
    except ValueError:
        raise ValueError("addresses or networks such as 127.0.0.0/8, with commas between them") from None


def file_path(given: object) -> str | None:
    """The path of a file, made absolute. Empty: none."""
    if not isinstance(given, str) or "\0" in given or len(given) > _PATH_CHARACTERS_MAX:
        raise ValueError("the path of a file")
    return str(Path(given.strip()).expanduser().absolute()) if given.strip() else None


def optional(read: Read) -> Read:
    """What `read` reads, or an empty text for none."""

    def read_or_none(given: object) -> Value:
        return None if isinstance(given, str) and not given.strip() else read(given)

    return read_or_none
