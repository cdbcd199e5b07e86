"""Which parts of two documents are the same: every distinct value gets a number, once, so that equality is cheap.

1 and 1.0 are one number and true is none, as JSON Schema has it; Python alone would find `True == 1`.
"""

from __future__ import annotations

from typing import Any


class Shapes:
    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._known: dict[int, int] = {}  # by id: what was asked about stays alive as long as its document
        self._kept: list[Any] = []
        self.types: dict[int, frozenset[str]] = {}  # by id of a schema, for `types_of`
        self.values: dict[int, dict[int, Any] | None] = {}  # the same, for `values`

    def of(self, value: Any) -> int:
        """The number of `value`: equal values have equal numbers."""
        if isinstance(value, dict | list):
            number = self._known.get(id(value))
            if number is None:
                number = self._known[id(value)] = self._number(self._inside(value))
                self._kept.append(value)
            return number
        return self._number((type(value) is bool, value is None, isinstance(value, str), value))

    def _inside(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, dict):
            return ("object", *sorted((name, self.of(inner)) for name, inner in value.items()))
        return ("list", *(self.of(inner) for inner in value))

    def _number(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))
