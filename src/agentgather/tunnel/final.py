"""The end of a tunnel that nobody asked for."""

from __future__ import annotations


class Final(Exception):
    """The tunnel ends here. `outcome` is `refused` or `given_up`."""

    def __init__(self, outcome: str, code: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code
        self.message = message
