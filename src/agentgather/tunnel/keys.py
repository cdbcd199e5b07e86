"""The host's key: what makes a slug its own. Made on first use, kept in the home, readable by nobody else."""

from __future__ import annotations

import os
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "ed25519-seed:"
SEED_BYTES = 32
CHECK_HEX_DIGITS = 8  # a key that an earlier version made has none


class KeyUnusable(Exception):
    """The key file is there, and is no key of ours or not ours alone."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """An Ed25519 key pair. `public` is 32 bytes."""

    _private: Ed25519PrivateKey = field(repr=False)

    @staticmethod
    def load(path: Path) -> HostKey:
        """The key in the file at `path`, which is made when there is none. Raises KeyUnusable, OSError."""
        try:
            key = HostKey._read(path)
        except FileNotFoundError:
            _make(path)
            key = HostKey._read(path)  # whoever made it first made it for all
        _sync_names(path)  # also of one that was there: who made it may have been killed before they did
        return key

    @staticmethod
    def _read(path: Path) -> HostKey:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyUnusable(f"{path} can be read by others; make it yours alone: chmod 600 {path}")
            line = file.read(256).decode("ascii", "replace").strip()
        text = line.removeprefix(PREFIX).partition(":")[0]
        try:
            seed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            seed = b""
        if len(seed) != SEED_BYTES or line not in (
            PREFIX + _base64(seed),
            _line(seed),
        ):  # the decoder skips what it does not know
            raise KeyUnusable(
                f"{path} holds no key, or a damaged one; put a copy of it back, or move it away, and a new one is made "
                "(its subdomains are then lost)"
            )
        return HostKey(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """How brokers and their operators name this key."""
        return "SHA256:" + _base64(sha256(self.public).digest())

    @property
    def line(self) -> str:
        """The public key as an operator adds it to a broker's list."""
        return "ed25519:" + _base64(self.public)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def _make(path: Path) -> None:
    """Put a new key at `path`, whole, unless there is one by now."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_line(os.urandom(SEED_BYTES)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
    finally:
        beside.unlink(missing_ok=True)


def _sync_names(path: Path) -> None:
    """A key that a power cut undoes takes its subdomains with it."""
    for above in (path.parent, path.parent.parent):
        with suppress(PermissionError):  # a directory that we may not read was there before us
            directory = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)


def _line(seed: bytes) -> str:
    """What the file says: the seed, and a check of it, without which a bit that turned would make it another's key."""
    return f"{PREFIX}{_base64(seed)}:{sha256(seed).hexdigest()[:CHECK_HEX_DIGITS]}"


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
