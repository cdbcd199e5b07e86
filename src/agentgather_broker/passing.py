"""What the broker passes on, byte by byte and header by header. Pure; nothing here is normalised, only let through or not.

Where rooms share the broker's origin, every answer is sandboxed: a page then has an opaque origin, and can read neither the
storage nor the pages of another room. Its requests come with `Origin: null`, and may read the answers: without cookies the
only authority is a token in a header, which another room's page does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from agentgather_broker.refusals import Refused

Headers = tuple[tuple[bytes, bytes], ...]
Pairs = Iterable[tuple[bytes, bytes]]  # a request's have lower-case names, and can be gone through again

TARGET_BYTES_MAX = 8_192  # as the room's own server takes
USER_AGENT_BYTES_MAX = 256  # enough to tell clients apart; it is a visitor's to choose
PREFLIGHT_SECONDS = 600  # a browser does not ask again

_REQUEST = frozenset(
    b"accept accept-encoding authorization content-type if-none-match last-event-id mcp-method mcp-name mcp-protocol-version "
    b"mcp-session-id origin referer user-agent".split()
)
_LISTS = frozenset((b"accept", b"accept-encoding", b"if-none-match"))  # may stand several times, and mean then one
_ANSWER_ONCE = frozenset(
    b"content-disposition content-encoding content-type etag last-modified location mcp-session-id referrer-policy retry-after "
    b"x-frame-options".split()
)
_ANSWER = _ANSWER_ONCE | frozenset(
    b"allow cache-control content-language content-length content-security-policy cross-origin-opener-policy "
    b"cross-origin-resource-policy permissions-policy vary www-authenticate".split()
)
# A sandboxed page is never its own origin: what is for the same origin only would be kept from the room's own page, and
# a browser does not show a sandboxed page that asks for an opener policy.
_NOT_IN_A_SANDBOX = frozenset((b"cross-origin-opener-policy", b"cross-origin-resource-policy"))
_SANDBOX: Headers = (
    (
        b"content-security-policy",
        b"sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals",
    ),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"vary", b"origin"),
)
_READABLE: Headers = (
    (b"access-control-allow-origin", b"null"),
    (b"access-control-expose-headers", b"etag, retry-after"),
)
READABLE_REFUSAL: Headers = (*_READABLE, (b"vary", b"origin"))  # a page has to tell its reader why it was refused
_PREFLIGHT: Headers = (
    (b"access-control-allow-origin", b"null"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type, if-none-match, last-event-id"),
    (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
    (b"vary", b"origin"),
)

_TARGET = re.compile(rb"/[!-~]*")
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_ENCODED_PERCENT = re.compile(rb"%(?:25)+")
_ENCODED_DOT = re.compile(rb"%2e", re.IGNORECASE)
_ENCODED_SLASH = re.compile(rb"%2f|%5c|\\", re.IGNORECASE)
_LOCATION = re.compile(rb"[!-\[\]-~]*")  # what browsers strip or turn into slashes is in none of ours
_SCHEME = re.compile(rb"[^/?#]*:")

_CLASSES = {
    b"": "shell",
    b"room.css": "asset",
    b"room.js": "asset",
    b"assets": "asset",
    b"brief": "brief",
    b"attendance": "attendance",
    b"status": "status",
    b"messages": "messages",
    b"search": "search",
    b"wait": "wait",
    b"events": "events",
    b"card": "card",
    b"profile": "profile",
    b"join": "join",
    b"mcp": "mcp",
    b"leave": "leave",
    b"close": "close",
}
HELD_CLASSES = frozenset(("wait", "events", "mcp"))  # whose answers take their time


def check_target(target: bytes) -> None:
    """Raise Refused `bad_target` for a request target that two readers could take for different things.

    Only a path from the root passes (RFC 9112 section 3.2.1), of printable ASCII, that no way of decoding and resolving
    it leads to another host or above where it begins.
    """
    if not _TARGET.fullmatch(target) or len(target) > TARGET_BYTES_MAX or b"\\" in target or b"#" in target:
        raise Refused("bad_target", "the target of a request is a path of printable ASCII; encode everything else")
    if _leads_away(_resolvable(target.partition(b"?")[0])):
        raise Refused("bad_target", "that path could lead out of its room; leave extra slashes and dots out")


def split_slug(target: bytes) -> tuple[str, bytes]:
    """The slug that `target` begins with, and the target below it as it came, with its query.

    What is below is empty when nothing is, not even a slash: then it is the route that is asked about. The slug is
    whatever stands there. Raises Refused `bad_target`.
    """
    check_target(target)
    path, mark, query = target.partition(b"?")
    slug, slash, below = path[1:].partition(b"/")
    if not slash:
        return slug.decode("ascii"), b""
    rest = b"/" + below + mark + query
    check_target(rest)
    return slug.decode("ascii"), rest


def path_class(target: bytes) -> str:
    """What is asked for, in a word of a closed set; `target` is below the slug. Only the first part of the path counts."""
    return _CLASSES.get(target.partition(b"?")[0][1:].partition(b"/")[0], "other")


def is_from_sandbox(headers: Pairs) -> bool:
    """Whether a page that has no origin asks: where rooms share one, that is how a room's own page asks."""
    return (b"origin", b"null") in ((name, value) for name, value in headers)


def preflight_headers(headers: Pairs) -> Headers | None:
    """The headers of a 204 to a browser's OPTIONS that asks for a sandboxed page; None for an OPTIONS of any other kind."""
    asks = any(name == b"access-control-request-method" for name, _ in headers)
    return _PREFLIGHT if asks and is_from_sandbox(headers) else None


def request_headers(headers: Pairs, *, is_own_origin: bool, public_origin: str) -> Headers:
    """What the host gets of a visitor's headers, each name once. Raises Refused `bad_target`.

    Where rooms share an origin, a sandboxed page's `Origin: null` goes on as the public one: it is the room's own page.
    """
    passed: dict[bytes, bytes] = {}
    for name, value in headers:
        if name not in _REQUEST:
            continue
        if not _VALUE.fullmatch(value):
            raise Refused("bad_target", "a header holds a control character; leave it out")
        if name in passed and name not in _LISTS:
            raise Refused("bad_target", f"the header {name.decode()} stands twice; send it once")
        passed[name] = passed[name] + b", " + value if name in passed else value
    if not is_own_origin and passed.get(b"origin") == b"null":
        passed[b"origin"] = public_origin.encode()
    if b"user-agent" in passed:
        passed[b"user-agent"] = passed[b"user-agent"][:USER_AGENT_BYTES_MAX]
    return tuple(passed.items())


def answer_headers(headers: Pairs, *, is_own_origin: bool, is_from_sandbox: bool, public_url: str) -> Headers:
    """What the visitor gets of an answer's headers. `public_url`: the room's own, without a trailing slash.

    A redirect passes when it leads to somewhere in the room. A content-length passes as often as it comes: what it is
    worth is for the relay to say.
    """
    passed: list[tuple[bytes, bytes]] = []
    for name, value in ((name.lower(), value) for name, value in headers):
        is_again = name in _ANSWER_ONCE and any(name == earlier for earlier, _ in passed)
        if name not in _ANSWER or is_again or not _VALUE.fullmatch(value):
            continue
        if name == b"location" and not _stays(value, is_own_origin=is_own_origin, public_url=public_url):
            continue
        if name in _NOT_IN_A_SANDBOX and not is_own_origin:
            continue
        passed.append((name, value))
    passed.append((b"x-content-type-options", b"nosniff"))
    if not is_own_origin:
        passed += _SANDBOX
        if is_from_sandbox:
            passed += _READABLE
    return tuple(passed)


def _stays(location: bytes, *, is_own_origin: bool, public_url: str) -> bool:
    """Whether a redirect leads to somewhere in the room, however a browser reads it."""
    if not _LOCATION.fullmatch(location):
        return False
    bases, path = [public_url.encode()], urlsplit(public_url).path.encode()
    if path or is_own_origin:
        bases.append(path)  # else the room was asked below an origin that is not the one it is published at
    below = next((location[len(base) :] for base in bases if location.startswith(base + b"/")), None)
    if below is None and (location.startswith(b"/") or _SCHEME.match(location)):
        return False
    resolved = _resolvable(re.split(rb"[?#]", location if below is None else below, maxsplit=1)[0])
    return not resolved.startswith(b"//") and b".." not in resolved.split(b"/")


def _resolvable(path: bytes) -> bytes:
    """`path` as the most eager of readers decodes it: only to look at, never to pass on."""
    path = _ENCODED_PERCENT.sub(b"%", path)
    return _ENCODED_SLASH.sub(b"/", _ENCODED_DOT.sub(b".", path))


def _leads_away(path: bytes) -> bool:
    """Whether `path`, resolved, is above where it begins, or begins with two slashes as a host's name does.

    Empty segments are no steps down: some readers merge slashes first.
    """
    depth = 0
    *before, last = path.split(b"/")[1:]
    for segment in before:
        if segment == b"" and depth == 0:
            return True
        depth += {b"": 0, b".": 0, b"..": -1}.get(segment, 1)
        if depth < 0:
            return True
    return last == b".." and depth == 0
