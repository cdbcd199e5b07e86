"""Host keys: what a signature proves, how a key is named, and the operator's list of who may come."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agentgather_broker.leases import replace_privately

PREFIX = "ed25519:"
KEY_BYTES = 32
COMMENT_CHARACTERS_MAX = 200  # a name and where to reach them
FILE_BYTES_MAX = 16 * 1024 * 1024  # some 100,000 keys


class KeysDamaged(Exception):
    """A line of the key list cannot be read: guessing whom it meant would let in, or lock out, the wrong host."""


@dataclass(frozen=True, slots=True)
class ListedKey:
    key: bytes
    comment: str

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.key)

    def line(self) -> str:
        return f"{PREFIX}{_base64(self.key)} {self.comment}".rstrip()


Line = tuple[str, ListedKey | None]  # as it stands in the file; None for a remark or an empty line


@dataclass(slots=True)
class KeyList:
    """The keys in `file` (None: only in memory), by fingerprint. Remarks begin with `#`, and stay."""

    file: Path | None = None
    _keys: dict[str, ListedKey] = field(default_factory=dict)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._keys

    def __iter__(self) -> Iterator[ListedKey]:
        return iter(list(self._keys.values()))

    def __len__(self) -> int:
        return len(self._keys)

    def load(self) -> None:
        """Read the file anew; none is an empty list. Raises KeysDamaged, OSError, and then keeps what it had."""
        if self.file is None:
            return
        self._keys = _keys_of(self._lines())

    def add(self, one: ListedKey) -> None:
        """Put a key on the list, or another comment to it; on disk first. Raises KeysDamaged, OSError."""
        self._replace([*self._lines_without(one.fingerprint), (one.line(), one)])

    def remove(self, fingerprint: str) -> bool:
        """Take a key off the list, on disk first; whether it was there. Raises KeysDamaged, OSError."""
        before, after = self._lines(), self._lines_without(fingerprint)
        if len(after) == len(before) and fingerprint not in self._keys:
            return False
        self._replace(after)
        return True

    def _lines_without(self, fingerprint: str) -> list[Line]:
        return [(line, one) for line, one in self._lines() if one is None or one.fingerprint != fingerprint]

    def _lines(self) -> list[Line]:
        """The file as it is now, so that what the operator wrote into it by hand stays there."""
        if self.file is None:
            return [(one.line(), one) for one in self]
        try:
            with self.file.open("rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
            if len(content) > FILE_BYTES_MAX:
                raise KeysDamaged(f"{self.file} has more than {FILE_BYTES_MAX} bytes")
            text = content.decode("utf-8").rstrip("\n")
        except FileNotFoundError:
            return []
        except UnicodeDecodeError:
            raise KeysDamaged(f"{self.file} is not text") from None
        return [self._parsed(line, number) for number, line in enumerate(text.split("\n"), start=1)] if text else []

    def _parsed(self, line: str, number: int) -> Line:
        if not line.strip() or line.lstrip().startswith("#"):
            return line, None
        try:
            return line, parse_key(line)
        except ValueError as problem:
            raise KeysDamaged(f"{self.file}, line {number}: {problem}") from None

    def _replace(self, lines: list[Line]) -> None:
        if self.file is not None:
            replace_privately(self.file, "".join(f"{line}\n" for line, _ in lines).encode())
        self._keys = _keys_of(lines)


def parse_key(line: str) -> ListedKey:
    """A line of the list: `ed25519:<base64url of 32 bytes>` and a comment. Raises ValueError saying what it should be."""
    word, comment, *_ = [*line.split(maxsplit=1), "", ""]
    expected = ValueError(f"a key looks like {PREFIX}<43 characters of base64url>, and a comment may follow")
    if not word.startswith(PREFIX):
        raise expected
    text = word.removeprefix(PREFIX).rstrip("=")
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise expected from None
    comment = comment.strip()
    if (
        len(key) != KEY_BYTES
        or _base64(key) != text
        or len(comment) > COMMENT_CHARACTERS_MAX
        or not comment.isprintable()
    ):
        raise expected
    return ListedKey(key, comment)


def _keys_of(lines: list[Line]) -> dict[str, ListedKey]:
    return {one.fingerprint: one for _, one in lines if one is not None}


def fingerprint_of(key: bytes) -> str:
    """The name of a public key: SHA256: and the unpadded base64url of its digest."""
    return "SHA256:" + _base64(sha256(key).digest())


def is_signed_by(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) is one of `message` by the Ed25519 `key` (RFC 8032). Never raises for what it is given."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
