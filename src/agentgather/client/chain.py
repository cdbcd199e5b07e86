"""Following the chain through the lines of a log or an export: what holds, and where it stops holding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.api.seal import START, is_intact, read_seal


class ChainBroken(Exception):
    """A record is not what was sealed, or one before it is missing. The message says which."""


@dataclass(slots=True)
class Chain:
    """The chain so far. `sealed` records hold; `unsealed` ones came before the first seal (a room of 0.1);
    `withheld` are sealed records whose text was taken back."""

    head: str = START
    sealed: int = 0
    unsealed: int = 0
    withheld: int = 0
    first_id: int | None = None
    last_id: int = 0

    def follow(self, fields: Mapping[str, Any]) -> None:
        """Go one record further. Raises ChainBroken."""
        record_id, text = fields.get("id"), fields.get("text")
        if type(record_id) is not int or record_id < 1 or not isinstance(text, str):
            raise ChainBroken(f"after record {self.last_id} comes something that is no record")
        try:
            seal = read_seal(fields)
            is_whole = seal is None or is_intact(fields, seal, previous=self.head)
        except (ValueError, TypeError, KeyError):
            raise ChainBroken(f"the seal of record {record_id} cannot be read") from None
        if seal is None and self.sealed:
            raise ChainBroken(f"record {record_id} has no seal although those before it have one")
        if seal is not None and self.sealed and record_id != self.last_id + 1:
            raise ChainBroken(f"record {record_id} follows record {self.last_id}; what was between them is missing")
        if not is_whole:
            raise ChainBroken(f"record {record_id} is not what was sealed, or what came before it is not")
        if seal is None:
            self.unsealed += 1
        else:
            self.head = seal.chain
            self.sealed += 1
            self.withheld += seal.salt is None
        self.first_id = record_id if self.first_id is None else self.first_id
        self.last_id = max(self.last_id, record_id)
