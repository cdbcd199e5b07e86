"""Why a document cannot be a contract, or two cannot be compared."""

from __future__ import annotations


class Unfit(Exception):
    """`code` is permanent: invalid_document, document_too_large, remote_reference or too_complex.

    `path` is the JSON pointer of the place at fault, None when it is the whole.
    """

    def __init__(self, code: str, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path
