"""Small JSON documents: read so that a broken one is never taken for a missing one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024  # 500 seats take 300 KB; whatever is larger is not a document of ours


class DocumentDamaged(Exception):
    """A file of ours exists and cannot be understood. That is not the same as there being none."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def pretty(document: Any) -> bytes:
    """A document as it lies on disk: two spaces, a final newline."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


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
    return document
