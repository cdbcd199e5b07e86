"""The state file: which key has which slug until when. The only thing that a broker writes by itself."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from agentgather_broker.routes import BLOCKED, Lease

VERSION = 1
FILE_BYTES_MAX = 64 * 1024 * 1024  # many times what the table of routes holds at most
_SLUG = re.compile(r"[a-z0-9-]{1,64}")  # any there ever was: a name may have been reserved since


class StateDamaged(Exception):
    """The state file is there and cannot be trusted: starting without it would let slugs change hands."""


def read_leases(path: Path) -> list[Lease]:
    """The leases in the file at `path`, none when there is no file. Raises StateDamaged, OSError."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return []
    try:
        if len(content) > FILE_BYTES_MAX:
            raise ValueError("too large")
        document = json.loads(content)
        if document["version"] != VERSION:
            raise ValueError("another version")
        if document.get("check", _check(document["leases"])) != _check(document["leases"]):
            raise ValueError("not what was written")
        leases = [_lease(one) for one in document["leases"]]
        if len({(one.slug, one.owner == BLOCKED) for one in leases}) < len(leases):
            raise ValueError("a slug with two owners")
        return leases
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise StateDamaged(
            f"{path} is damaged; put a copy of it back, or move it away to start with every subdomain free"
        ) from problem


def write_leases(path: Path, leases: Iterable[Lease]) -> None:
    """Replace the file at `path`, whole or not at all, and wait until it is on disk. Raises OSError."""
    kept = [{"slug": one.slug, "owner": one.owner, "until": one.until.isoformat()} for one in leases]
    document = {"version": VERSION, "leases": kept, "check": _check(kept)}
    content = json.dumps(document, separators=(",", ":")).encode() + b"\n"
    replace_privately(path, content)


def replace_privately(path: Path, content: bytes) -> None:
    """Write a file that only we may read: beside it first, synced, then in its place, and the directory synced."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # one that a killed process left behind may be as it likes
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _check(leases: object) -> str:
    """By which a bit that turned on the disk is noticed; a file of an earlier version has none."""
    return sha256(json.dumps(leases, sort_keys=True).encode()).hexdigest()[:16]


def _lease(value: object) -> Lease:
    if not isinstance(value, dict):
        raise TypeError("a lease is an object")
    slug, owner, until = value["slug"], value["owner"], datetime.fromisoformat(value["until"])
    if not isinstance(slug, str) or not isinstance(owner, str) or until.tzinfo is None:
        raise TypeError("a lease has a slug, an owner and a moment")
    if not _SLUG.fullmatch(slug):
        raise ValueError("a slug that none can have")
    return Lease(slug, owner, until)
