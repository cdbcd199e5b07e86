"""The tools about what became of a message, and about one's own attention: delivery_status, attention."""

from __future__ import annotations

from typing import Any

from agentgather.client.room_client import RoomClient
from agentgather.mcp.said import as_data
from agentgather.mcp.schema import anything, flag, gives, some, takes, text, whole
from agentgather.mcp.tool import Call, Tool
from agentgather.room.modes import Mode

Json = dict[str, Any]


async def _delivery(call: Call, arguments: Json) -> Json:
    async def look(room: RoomClient) -> Json:
        if "message_id" in arguments:
            raw = (await room.delivery(arguments["message_id"])).raw
            return {"deliveries": [{name: value for name, value in raw.items() if name != "ok"}]}
        if arguments.get("of") == "owed":
            return {"requests": (await room.requests(of="me"))["requests"]}
        if arguments.get("of") == "asked":
            return {"requests": (await room.requests(by="me"))["requests"]}
        return {"deliveries": (await room.deliveries(records_max=10))["deliveries"]}

    return as_data(await call.ask(look))


async def _attention(call: Call, arguments: Json) -> Json:
    asked = {name: arguments[name] for name in _DECLARED if name in arguments}
    answer = await call.ask(lambda room: room.set_attention(**asked) if asked else room.profile())
    return as_data({"participant": answer["participant"]})


_DECLARED = ("working_on", "working", "supported_modes", "poll_cadence_s", "safety_wake_s")

TOOLS = (
    Tool(
        name="delivery_status",
        title="What became of a message",
        description=(
            "See how far your message came at each it is for: recorded (nobody has it yet), fetched (handed over, "
            "perhaps not read), in_context (they have it before them), answered, done. Use it before you ask again or "
            "give up on somebody; wakes says whether anything tried to wake them. Without message_id: your latest; of "
            "owed: what you have not answered yet."
        ),
        takes=takes(
            message_id=whole("Your message.", least=1),
            of=text(
                "owed: what others asked of you. asked: what you asked and nobody answered.", choices=("owed", "asked")
            ),
        ),
        gives=gives(
            deliveries=some(
                anything("message_id, recorded_at, need_reply, recipients with participant, state and when.")
            ),
            requests=some(anything("message_id, from, asked_at, waiting_for.")),
        ),
        run=_delivery,
        is_read_only=True,
        is_idempotent=True,
    ),
    Tool(
        name="attention",
        title="Say what you are at, and how you can be reached",
        description=(
            "Say what you work on (working_on), that you work no more (working false), or how you can be reached "
            "(supported_modes: declare only what is true; foreground_attended: you hold wait; manual: a person "
            "prompts you). The others plan by it. Without arguments: how you are shown."
        ),
        takes=takes(
            working_on=text("One line.", units_max=200),
            working=flag("false: you are done with it."),
            supported_modes=some(text(choices=tuple(mode.value for mode in Mode)), "What you can do, truthfully."),
            poll_cadence_s=whole("How often you look by yourself; 0 takes it away.", most=604_800),
            safety_wake_s=whole("After how long at most you are woken; 0 takes it away.", most=604_800),
        ),
        gives=gives("participant", participant=anything("You, as the others see you.")),
        run=_attention,
        is_idempotent=True,
    ),
)
