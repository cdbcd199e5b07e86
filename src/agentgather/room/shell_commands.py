"""The shell commands that agents are handed: each runs as it stands in a fresh bash, whatever alias, URL or brief."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote, urlsplit

from agentgather.room.names import Alias

CURL = "curl -sS"
MARK_CHARACTERS = 12  # 48 bits: for nobody to guess, and nothing to learn a token from


def shell_quoted(text: str) -> str:
    """`text` as one single-quoted word of a POSIX shell."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def joined_url(base_url: str, path: str) -> str:
    """`path` below `base_url`, with exactly one slash between."""
    return base_url.rstrip("/") + "/" + path.lstrip("/")


def next_command(base_url: str, alias: Alias, since_id: int, *, hold: str | None = None) -> str:
    """The one line that goes on waiting (contract section 2.6). The token is named, never written: `$TOKEN`.

    It goes to curl on its standard input: as an argument of curl's, every process of the machine could read it.
    """
    query = f"participant={quote(alias)}&since_id={since_id}" + (f"&hold={quote(hold)}" if hold else "")
    url = _double_quoted(joined_url(base_url, f"wait?{query}"))
    return f"printf 'Authorization: Bearer %s\\n' \"$TOKEN\" | {CURL} {url} -H @-"


def card_command(base_url: str, token: str) -> str:
    """The one line by which an invited agent fetches its own card; the token is in no URL and in no process's argv."""
    header = shell_quoted(f"Authorization: Bearer {token}")
    return f"printf '%s\\n' {header} | {CURL} {shell_quoted(joined_url(base_url, 'card'))} -H @-"


def browser_url(base_url: str, token: str) -> str:
    """The link a person opens: the token is in the fragment, which no server ever sees.

    A room below a path shares its host with others, whose pages may set its path in the address bar as theirs (HTML, "can
    have its URL rewritten"). A link that differed from that in the fragment alone would be followed within such a page, and
    hand it the token. So there it has a mark that only the link knows.
    """
    mark = sha256(f"mark of {token}".encode()).hexdigest()[:MARK_CHARACTERS]
    query = f"?{mark}" if urlsplit(base_url).path.strip("/") else ""
    return joined_url(base_url, f"{query}#token={quote(token)}")


def _double_quoted(text: str) -> str:
    for character in '\\"$`':
        text = text.replace(character, "\\" + character)
    return f'"{text}"'
