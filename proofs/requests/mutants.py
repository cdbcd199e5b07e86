"""Mutants: requests that are nearly right, each with something in it that is not."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.vectors.http_probes import probes
from tests.vectors.smuggling_probes import smuggling_probes

from proofs.requests import nasty
from proofs.requests.operations import ALIASES, Field, Operation, operations

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus" / "requests"
SEED_BYTES_MAX = 3_000  # of a seed whose bytes are mutated: what is large by its nature is among the lines already
SHOWN_BYTES = 1_000
WELL_FRAMED = 0.85  # of all mutants: they leave their connection to the next one, unless a rule of HTTP is broken

_TOKEN = re.compile(rb"agt_[\w-]{43}")


@dataclass(frozen=True, slots=True)
class Mutant:
    content: bytes
    kind: str
    number: int

    def __repr__(self) -> str:
        shown = _TOKEN.sub(b"agt_...", self.content)
        return f"{self.number} ({self.kind}, {len(shown)} bytes): {shown[:SHOWN_BYTES]!r}"


class Mutants:
    """Makes mutants for one door. `tokens` are the host's and those of guests; `prefix` leads to the room."""

    def __init__(self, *, prefix: bytes, tokens: Sequence[str]) -> None:
        self._prefix = prefix
        self._host = tokens[0].encode()
        self._guests = [token.encode() for token in tokens[1:]]
        self._operations = operations()
        self._gentle = [line for line in nasty.LINES if _is_gentle(line)]
        self._seeds = [content for content in _seeds() if len(content) <= SEED_BYTES_MAX]

    def mutant(self, number: int, random: Random) -> Mutant:
        """The mutant of this number, all of whose choices are `random`'s."""
        if random.random() < WELL_FRAMED:
            return Mutant(self._request(random), "meaning", number)
        if random.random() < 0.5:
            return Mutant(self._request(random, is_framed=False), "framing", number)
        return Mutant(self._bytes(random), "bytes", number)

    def _request(self, random: Random, *, is_framed: bool = True) -> bytes:
        """A request for some operation, right but for one thing, or two."""
        operation = random.choice(self._operations)
        wrong = {self._wrong(operation, random, is_framed=is_framed) for _ in range(1 if random.random() < 0.8 else 2)}
        method, version = operation.method, b"HTTP/1.1"
        target, body = self._target(operation, wrong, random), self._body(operation, wrong, random)
        lines = [b"Host: 127.0.0.1"]
        if token := self._token(operation, wrong, random):
            lines.append(b"Authorization: Bearer " + token)
        if "chunks" in wrong:
            lines.append(b"Transfer-Encoding: chunked")
            body = random.choice(nasty.CHUNK_SIZES) + b"\r\n" + body + b"\r\n0\r\n\r\n"
        elif body and random.random() < 0.1:
            lines.append(b"Transfer-Encoding: chunked")
            body = _chunked(body, random)
        elif operation.body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        if "method" in wrong:
            method = random.choice(nasty.METHODS)
        if "version" in wrong:
            version = random.choice(nasty.VERSIONS)
        if "host" in wrong:
            lines[0] = b"Host: " + random.choice(nasty.HOSTS)
        if "line" in wrong:
            lines.insert(random.randrange(len(lines) + 1), random.choice(nasty.LINES))
        if "gentle line" in wrong:
            lines.append(random.choice(self._gentle))
        if "twice" in wrong:
            lines.append(random.choice(lines))
        if "missing" in wrong:
            del lines[random.randrange(len(lines))]
        return b"%s %s %s\r\n%s\r\n\r\n%s" % (method, target, version, b"\r\n".join(lines), body)

    def _wrong(self, operation: Operation, random: Random, *, is_framed: bool) -> str:
        """What is not right."""
        if not is_framed:
            return random.choice(("method", "version", "line", "line", "line", "line", "twice", "missing", "chunks"))
        choices = ["gentle line", "target", "token", "host"]
        choices += ["part"] * 4 if operation.has_parameter else []
        choices += ["query"] * 6 if operation.query else ["query"]
        choices += ["body"] * 8 if operation.body else []
        return random.choice(choices)

    def _token(self, operation: Operation, wrong: AbstractSet[str], random: Random) -> bytes | None:
        if operation.is_last:
            return random.choice(self._guests)
        if "token" in wrong:
            return random.choice((None, self._host[:-1] + b"!", self._host + b" ", self._host.upper(), b"x" * 9_000))
        if random.random() < 0.3:
            return random.choice(self._guests)
        return self._host

    def _target(self, operation: Operation, wrong: AbstractSet[str], random: Random) -> bytes:
        if "target" in wrong:
            target = random.choice(nasty.TARGETS)
            return target if random.random() < 0.5 else self._prefix + target
        path = operation.pieces[0]
        for piece in operation.pieces[1:]:
            path += self._part(wrong, random) + piece
        asked = [self._parameter(field, random) for field in operation.query if random.random() < 0.5]
        if operation.is_held:
            asked.append(b"hold=0")
            path = b"/wait"  # a stream goes to whoever reads it: nothing behind it on its connection is ever answered
        if "query" in wrong:
            names = [field.name for field in operation.query if field.name != b"hold"] or [random.choice(nasty.PARTS)]
            asked.append(random.choice(names) + b"=" + random.choice(nasty.PARTS))
        return self._prefix + path + (b"?" + b"&".join(asked) if asked else b"")

    def _part(self, wrong: AbstractSet[str], random: Random) -> bytes:
        if "part" in wrong:
            return random.choice(nasty.PARTS)
        return random.choice((b"1", b"2", b"3", random.choice(ALIASES).encode()))

    def _parameter(self, field: Field, random: Random) -> bytes:
        right = field.right(random)
        if field.name in (b"hold", b"limit"):
            right = 0 if field.name == b"hold" else 20  # no answer is held, and none is larger than it needs to be
        return field.name + b"=" + str(right).replace(" ", "+").replace('"', "%22").encode()

    def _body(self, operation: Operation, wrong: AbstractSet[str], random: Random) -> bytes:
        if operation.body is None:
            return b""
        at = -1
        if "body" in wrong:
            at = random.randrange(len(operation.body) + 1)
            if at == len(operation.body):
                return random.choice(nasty.BODIES)
        members = []
        for number, field in enumerate(operation.body):
            if number == at:
                members.append(b'"%s":%s' % (field.name, random.choice(nasty.JSON_VALUES)))
            elif random.random() < 0.7:
                right = random.choice(ALIASES) if field.name == b"alias" else field.right(random)
                members.append(b'"%s":%s' % (field.name, json.dumps(right).encode()))
        return b"{" + b",".join(members) + b"}"

    def _bytes(self, random: Random) -> bytes:
        """A request or a seed, of which bytes were changed, one or many."""
        if random.random() < 0.6:
            content = bytearray(self._request(random, is_framed=random.random() < 0.5))
        else:
            content = bytearray(random.choice(self._seeds))
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            at, kind = random.randrange(len(content) + 1), random.randrange(7)
            if kind == 0:
                content[at:at] = random.choice(nasty.TOKENS)
            elif kind == 1 and content:
                content[at - 1] ^= 1 << random.randrange(8)
            elif kind == 2:
                del content[at : at + random.choice((1, 1, 2, 5, 30))]
            elif kind == 3:
                content[at:at] = content[at : at + random.randrange(60)]
            elif kind == 4:
                content[at:at] = random.choice(self._seeds)[: random.randrange(200)]
            elif kind == 5:
                content[at : at + 1] = bytes((random.randrange(256),))
            elif random.random() < 0.2:
                del content[at:]
        return bytes(content)


def _is_gentle(line: bytes) -> bool:
    """Whether a request with this line leaves its connection to the next one."""
    hard = (b"content-length", b"transfer-encoding", b"upgrade", b"connection", b"expect", b"host", b" ", b":")
    return len(line) < 3_000 and line.isascii() and b"\x00" not in line and not line.lower().startswith(hard)


def _chunked(body: bytes, random: Random) -> bytes:
    size = random.choice((1, 3, 100)) if len(body) < 300 else 10_000
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _seeds() -> list[bytes]:
    """Requests that were worth keeping: probes of the tests, and what coverage-guided fuzzing found."""
    found = [b"".join(step for step in probe.steps if isinstance(step, bytes)) for probe in probes()]
    found += [probe.content for probe in smuggling_probes()]
    if CORPUS.exists():
        found += [path.read_bytes() for path in sorted(CORPUS.iterdir())]
    return [content for content in found if content]
