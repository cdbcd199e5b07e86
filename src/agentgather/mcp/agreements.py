"""The tool of the contracts: schemas and APIs that participants agree on, and what a new version breaks for whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from agentgather.client.room_client import RoomClient
from agentgather.mcp.said import BOARD_NOTE, as_data
from agentgather.mcp.schema import anything, gives, some, takes, text, whole
from agentgather.mcp.tool import Call, Tool
from agentgather.mcp.trouble import Trouble

Json = dict[str, Any]
Step = Callable[[RoomClient, Json], Awaitable[Json]]

_NEEDS = {"put": ("name", "document"), "list": (), "ack": ("name", "version")}


async def _contracts(call: Call, arguments: Json) -> Json:
    action = arguments["action"]
    for needed in _NEEDS.get(action, ("name",)):
        if needed not in arguments:
            raise Trouble("invalid_body", f"{action} needs {needed}", field=needed)
    answer = await call.ask(lambda room: _STEPS[action](room, arguments))
    told = {name: value for name, value in answer.items() if name != "ok" and value is not None}
    return {**as_data(told), "note": BOARD_NOTE}


async def _list(room: RoomClient, _: Json) -> Json:
    return {"contracts": (await room.contracts())["contracts"]}


async def _get(room: RoomClient, arguments: Json) -> Json:
    return await room.contract(arguments["name"], version=arguments.get("version"))


async def _put(room: RoomClient, arguments: Json) -> Json:
    return await room.put_contract(
        arguments["name"],
        arguments["document"],
        document_format=arguments.get("format"),
        note=arguments.get("note", ""),
        base_version=arguments.get("base_version"),
    )


async def _diff(room: RoomClient, arguments: Json) -> Json:
    return await room.compare_contract(
        arguments["name"], from_version=arguments.get("base_version"), to_version=arguments.get("version")
    )


async def _subscribe(room: RoomClient, arguments: Json) -> Json:
    return await room.subscribe_contract(arguments["name"], side=arguments.get("side", "consumer"))


async def _unsubscribe(room: RoomClient, arguments: Json) -> Json:
    return await room.unsubscribe_contract(arguments["name"])


async def _ack(room: RoomClient, arguments: Json) -> Json:
    return await room.acknowledge_contract(arguments["name"], version=arguments["version"])


_STEPS: dict[str, Step] = {
    "list": _list,
    "get": _get,
    "put": _put,
    "diff": _diff,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "ack": _ack,
}

TOOLS = (
    Tool(
        name="contracts",
        title="Contracts between programs",
        description=(
            "Agree on what programs exchange: a named JSON Schema or OpenAPI 3.1 document, in versions. list, get, "
            "put (the same document again is no new version; the answer says what it breaks, from the consumer's and "
            "the producer's side), diff (base_version to version), subscribe (you depend on it: you are called when a "
            "version breaks you), unsubscribe, ack (you know of a version that breaks you). Put the contract before "
            "both sides write code."
        ),
        takes=takes(
            "action",
            action=text("What to do.", choices=tuple(_STEPS)),
            name=text("The contract's name.", units_max=128),
            version=whole("get: this one, else the newest. diff: to. ack: through.", least=1),
            document=anything("put: the JSON Schema or OpenAPI document."),
            format=text("put: jsonschema or openapi, where the document does not say."),
            note=text("put: what changed, and why.", units_max=2_000),
            base_version=whole("put: refuse it if another version came since this one. diff: from.", least=1),
            side=text(
                "subscribe: consumer (reads it; default) or producer (writes it).", choices=("consumer", "producer")
            ),
        ),
        gives=gives(
            contract=anything("name, version, subscribers, pending."),
            contracts=some(anything()),
            change=anything("consumer, producer, count, differences."),
            note=text(),
        ),
        run=_contracts,
        is_idempotent=True,
    ),
)
