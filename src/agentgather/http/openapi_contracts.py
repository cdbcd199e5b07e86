"""The contracts as the OpenAPI document describes them: their operations, what they take and answer, and their events."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.contracts.difference import Side, Verdict
from agentgather.contracts.document import Format
from agentgather.contracts.limits import BYTES_MAX, DEPTH_MAX
from agentgather.http.openapi_operation import NEW, NOTHING, Operation, okay
from agentgather.http.openapi_shapes import (
    ALIAS,
    BY_DEFAULT,
    CURSOR,
    MOMENT,
    RECORD_ID,
    SAFE_INTEGER_MAX,
    YES,
    Schema,
    choice,
    fields,
    many,
    named,
    nullable,
    text,
    whole,
)
from agentgather.room.limits import RoomLimits

_LIMITS = RoomLimits()

CONTRACT_NAME: Schema = text(pattern="^[a-z0-9-]{1,64}$")
_NUMBER = whole(least=1, most=SAFE_INTEGER_MAX)
_SIDE = choice(Side, description="consumer: reads such data, or calls the API; producer: writes it, or serves it")
_DOCUMENT: Schema = {
    "type": "object",
    "description": f"{BYTES_MAX:,} bytes as compact JSON at most, nested up to {DEPTH_MAX} deep; it refers to nothing outside",
}
_CHANGED = (*NEW, "read_only", "loop_guard", "invalid_contract_name", "contract_not_found")
_UNFIT = ("invalid_document", "document_too_large", "remote_reference", "too_complex")
_CHANGE = nullable(named("ContractChange")) | {"description": "beside the version before; null: it is the first"}


def contract_operations() -> dict[tuple[str, str], Operation]:
    """The operations by method and path."""
    one = okay(contract=named("Contract"))
    put = {"contract": named("Contract"), "change": _CHANGE}
    return {
        ("GET", paths.CONTRACTS): Operation(
            "listContracts",
            "All contracts by name, without their documents",
            okay(contracts=many(named("Contract")), last_id=CURSOR),
        ),
        ("GET", paths.CONTRACT): Operation(
            "showContract",
            "One contract, with the document of its newest version or of another",
            okay(
                contract=named("Contract"),
                version=named("ContractVersion"),
                versions=many(named("ListedContractVersion")) | {"description": "the newest 100, the newest first"},
            ),
            ("contract_not_found", "version_not_found", "invalid_version"),
            query={"version": _NUMBER},
        ),
        ("POST", paths.CONTRACT): Operation(
            "putContract",
            "Put a version: 201 once it is on disk, 200 when the newest version is this very document",
            okay(**put),
            (
                *(*NEW, "read_only", "loop_guard", "invalid_contract_name", "invalid_format", "invalid_version"),
                *(*_UNFIT, "invalid_text", "text_too_long", "contract_moved", "contracts_full"),
            ),
            body=named("NewContractVersion"),
            status=201,
            another=(200, fields({"ok": YES, **put, "idempotent": YES})),
            another_means="it is so already",
        ),
        ("GET", paths.CONTRACT_DIFF): Operation(
            "compareContract",
            "All that differs between two versions, and whom it breaks; not said, the newest and the one before it",
            fields(
                {
                    "ok": YES,
                    "name": CONTRACT_NAME,
                    "from": _NUMBER,
                    "to": _NUMBER,
                    **_CHANGE_FIELDS,
                }
            ),
            (
                "contract_not_found",
                "version_not_found",
                "invalid_version",
                "too_complex",
                "rate_limited",
                "storage_failed",
            ),
            query={"from": _NUMBER, "to": _NUMBER},
        ),
        ("POST", paths.CONTRACT_SUBSCRIBE): Operation(
            "subscribeContract",
            "Say that you depend on a contract, and from which side: you are called when a version breaks you",
            one,
            (*_CHANGED, "invalid_side", "contracts_full"),
            body=fields({}, {"side": _SIDE | {"default": "consumer"}}),
        ),
        ("POST", paths.CONTRACT_UNSUBSCRIBE): Operation(
            "unsubscribeContract", "Depend on a contract no longer", one, _CHANGED, body=NOTHING
        ),
        ("POST", paths.CONTRACT_ACK): Operation(
            "acknowledgeContract",
            "Say that you know of a version that breaks you, and of all before it",
            one,
            (*_CHANGED, "invalid_version", "version_not_found"),
            body=fields({"version": _NUMBER}),
        ),
    }


CONTRACTS_TAKEN: dict[str, Schema] = {
    "NewContractVersion": fields(
        {"document": _DOCUMENT},
        {
            "format": choice(Format, description="when not said: openapi where the document has a field of that name"),
            "note": nullable(
                text(f"what changed and why: {_LIMITS.contract_note_units_max} UTF-16 units at most {BY_DEFAULT}")
            ),
            "base_version": nullable(
                whole("the version that you changed, if no other may have come since", most=SAFE_INTEGER_MAX)
            ),
        },
        examples=[{"document": {"type": "object", "properties": {"id": {"type": "integer"}}}, "note": "the first"}],
    ),
}

_CHANGE_FIELDS: dict[str, Schema] = {
    "consumer": choice(
        Verdict, description="for whoever reads such data, or calls the API; unknown counts as breaking"
    ),
    "producer": choice(Verdict, description="for whoever writes such data, or serves the API"),
    "count": whole("of all differences"),
    "differences": many(named("ContractDifference")) | {"description": "those that are told"},
}
_LISTED_CHANGE = nullable(fields({name: _CHANGE_FIELDS[name] for name in ("consumer", "producer", "count")}))

CONTRACT_FACTS: dict[str, Schema] = {
    "path": text("of a document: the JSON pointer of the place at fault"),
    "version": whole("of a contract: the newest"),
}

CONTRACTS_ANSWERED: dict[str, Schema] = {
    "Contract": fields(
        {
            "name": CONTRACT_NAME,
            "version": _NUMBER,
            "format": choice(Format),
            "note": text(),
            "put_by": ALIAS,
            "put_at": MOMENT,
            "change": _LISTED_CHANGE,
            "subscribers": many(fields({"alias": ALIAS, "side": _SIDE})),
            "pending": many(fields({"version": _NUMBER, "aliases": many(ALIAS)}))
            | {"description": "who has not yet acknowledged a version that breaks them"},
        },
        description="A contract and its newest version.",
    ),
    "ContractVersion": fields(
        {
            "version": _NUMBER,
            "format": choice(Format),
            "note": text(),
            "put_by": ALIAS,
            "put_at": MOMENT,
            "message_id": RECORD_ID,
            "change": _CHANGE,
            "asked": many(ALIAS) | {"description": "whom it broke when it came"},
            "acknowledged": many(fields({"alias": ALIAS, "at": MOMENT})),
            "pending": many(ALIAS),
            "document": {"type": "object"},
        }
    ),
    "ListedContractVersion": fields({"version": _NUMBER, "put_by": ALIAS, "put_at": MOMENT, "change": _LISTED_CHANGE}),
    "ContractChange": fields(_CHANGE_FIELDS),
    "ContractDifference": fields(
        {
            "path": text("a JSON pointer into the newer document; into the older where the newer has no such place"),
            "kind": text("what kind of difference it is; kinds may be added in time"),
            "was": nullable(text("compact JSON, cut short where it is long; null: nothing")),
            "now": nullable(text("compact JSON, cut short where it is long; null: nothing")),
            "consumer": choice(Verdict),
            "producer": choice(Verdict),
        }
    ),
}

CONTRACT_EVENTS: dict[str, dict[str, Schema]] = {
    "contract.put": {
        "by": ALIAS,
        "name": CONTRACT_NAME,
        "version": _NUMBER,
        "format": choice(Format),
        "document": text("JSON in its one form: keys sorted, no blanks"),
        "note": text(),
        "change": nullable(named("ContractChange")),
        "asked": many(ALIAS),
    },
    "contract.subscribed": {"by": ALIAS, "name": CONTRACT_NAME, "side": _SIDE},
    "contract.unsubscribed": {"by": ALIAS, "name": CONTRACT_NAME},
    "contract.acknowledged": {"by": ALIAS, "name": CONTRACT_NAME, "version": _NUMBER},
}
