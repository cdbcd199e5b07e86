"""Every no of the board of contracts."""

from __future__ import annotations

from agentgather.room.refusals import Refusal


class InvalidContractName(Refusal):
    code = "invalid_contract_name"


class InvalidDocument(Refusal):
    """A document that is no contract; `facts` may hold its `path`, the JSON pointer of the place at fault."""

    code = "invalid_document"


class DocumentTooLarge(Refusal):
    code = "document_too_large"


class RemoteReference(Refusal):
    code = "remote_reference"


class TooComplex(Refusal):
    code = "too_complex"


class InvalidSide(Refusal):
    code = "invalid_side"


class InvalidVersion(Refusal):
    code = "invalid_version"


class ContractNotFound(Refusal):
    code = "contract_not_found"


class VersionNotFound(Refusal):
    code = "version_not_found"


class ContractMoved(Refusal):
    """Another version came meanwhile; `facts` holds the newest `version`."""

    code = "contract_moved"


class ContractsFull(Refusal):
    code = "contracts_full"
