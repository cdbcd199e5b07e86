"""Small JSON documents: read so that a broken one is never taken for a missing one, or for what was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024  # 500 seats take 300 KB; whatever is larger is not a document of ours

_CHECK = "check"
_CHECK_HEX_DIGITS = 16  # 64 bits: against disks that forget, not against people, who could write another


class DocumentDamaged(Exception):
    """A file of ours exists and cannot be understood. That is not the same as there being none."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def pretty(document: Mapping[str, Any]) -> bytes:
    """A document as it lies on disk: with its check, two spaces, a final newline."""
    return json.dumps(checked(document), ensure_ascii=False, indent=2).encode() + b"\n"


def checked(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` and a check of it, by which a bit that turned on the disk is noticed."""
    return {**document, _CHECK: _check(document)}


def unchecked(document: Any) -> Any:
    """`document` without its check. Raises ValueError when it is not what was written.

    One without a check is believed: 0.1 and earlier versions wrote none, and a person who edits a file takes it away.
    """
    if not isinstance(document, dict) or _CHECK not in document:
        return document
    rest = {name: value for name, value in document.items() if name != _CHECK}
    if document[_CHECK] != _check(rest):
        raise ValueError("it is not what was written")
    return rest


def _check(document: Mapping[str, Any]) -> str:
    """Digits of the SHA-256 of `document`, whatever the order of its fields."""
    written = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return sha256(written).hexdigest()[:_CHECK_HEX_DIGITS]


def read_document(path: Path) -> Any:
    """The JSON in `path`, None when there is no such file. Raises DocumentDamaged, or OSError."""
    try:
        with path.open("rb") as file:
            content = file.read(DOCUMENT_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        raise DocumentDamaged(path, "it is a directory") from None
    if len(content) > DOCUMENT_BYTES_MAX:
        raise DocumentDamaged(path, "it is larger than any document of ours")
    try:
        document = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise DocumentDamaged(path, "it is not JSON") from None
    if document is None:
        raise DocumentDamaged(path, "it says nothing")
    try:
        return unchecked(document)
    except ValueError as broken:
        raise DocumentDamaged(path, f"{broken}; take its check away if it was you who changed it") from None
