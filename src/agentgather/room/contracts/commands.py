"""What is asked of the contracts. `actor` comes from the credential, as in every command."""

from __future__ import annotations

from dataclasses import dataclass

from agentgather.contracts.difference import Side
from agentgather.contracts.document import Document
from agentgather.room.contracts.contract import Change, ContractName
from agentgather.room.names import Alias


@dataclass(frozen=True, slots=True)
class PutContract:
    """Put `document` as the next version. `change` is its difference from version `base_version`, 0 and None for the first.

    Comparing takes time, so it was done before; if another version came meanwhile, the room says ContractMoved.
    """

    actor: Alias
    name: ContractName
    document: Document
    base_version: int = 0
    change: Change | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SubscribeContract:
    actor: Alias
    name: ContractName
    side: Side = Side.CONSUMER


@dataclass(frozen=True, slots=True)
class UnsubscribeContract:
    actor: Alias
    name: ContractName


@dataclass(frozen=True, slots=True)
class AcknowledgeContract:
    """Say that one knows of `version`, and of all before it."""

    actor: Alias
    name: ContractName
    version: int


ContractCommand = PutContract | SubscribeContract | UnsubscribeContract | AcknowledgeContract
