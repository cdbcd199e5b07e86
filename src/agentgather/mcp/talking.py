"""The tools that speak: post, reply, handoff. A call that is made again after a lost answer says nothing twice."""

from __future__ import annotations

from typing import Any

from agentgather.client.answers import read_record
from agentgather.client.room_client import RoomClient
from agentgather.mcp.once import own_id
from agentgather.mcp.schema import flag, gives, names, some, takes, text, whole
from agentgather.mcp.tool import Call, Tool
from agentgather.mcp.trouble import Trouble

Json = dict[str, Any]

_TYPES = ("message", "question", "status", "request_review", "request_debug")
_TO = names(
    "Whom it is for: bob, [bob, eve], role:reviewer (whoever has that label), or all. Everybody can read it all the same."
)
_NEED_REPLY = flag(
    "You need an answer from those it is for: they are told so, their answer calls you, and delivery_status shows who "
    "has not answered."
)
_OWN_ID = text(
    "Leave it out: the same call made again within two minutes is recorded once. Give a new one to say the same words again.",
    units_max=128,
)
_SENT = gives(
    "id",
    id=whole("The number of your message."),
    to=some(text(), "Whom it calls: those it is addressed to and those it mentions."),
    is_repeat=flag("It had been recorded already, and was not recorded again."),
    hint=text(),
)


async def _post(call: Call, arguments: Json) -> Json:
    return await _say(call, arguments["text"], arguments, message_type=arguments.get("type", "message"))


async def _reply(call: Call, arguments: Json) -> Json:
    await call.ask(lambda room: room.message(arguments["message_id"]))  # a mistaken number would look like an answer
    return await _say(call, arguments["text"], arguments, message_type="reply", reply_to=arguments["message_id"])


async def _handoff(call: Call, arguments: Json) -> Json:
    called = _aliases(arguments["to"])
    if not called:
        raise Trouble("invalid_to", "name who takes over", field="to")
    if not arguments["text"].strip():
        raise Trouble("invalid_text", "there is nothing to hand over", field="text")
    words = f"{' '.join(f'@{name}' for name in called)} HANDOFF\n\n{arguments['text']}"
    return await _say(call, words, {**arguments, "to": called}, message_type="handoff")


async def _say(call: Call, words: str, arguments: Json, *, message_type: str, reply_to: int | None = None) -> Json:
    """Post once: every try of this call, and the same call made again, carries the same id."""
    to = _aliases(arguments.get("to", []))
    needs_reply, is_done = arguments.get("need_reply", False), arguments.get("done", False)
    given = arguments.get("client_msg_id")
    content = {
        "text": words,
        "to": to,
        "type": message_type,
        "reply_to": reply_to,
        "need_reply": needs_reply,
        "done": is_done,
    }

    async def identify(room: RoomClient) -> str:
        me = (await room.profile())["participant"]["alias"]
        return await own_id(room, me=me, said=content)

    client_msg_id = given if given is not None else await call.ask(identify)
    answer = await call.ask(
        lambda room: room.post(
            words,
            client_msg_id=client_msg_id,
            message_type=message_type,
            reply_to=reply_to,
            to=tuple(to),
            needs_reply=needs_reply,
            is_done=is_done,
        )
    )
    record = read_record(answer["message"])
    called = list(dict.fromkeys([*record.to, *record.mentions]))
    sent: Json = {"id": record.id, "to": called}
    if answer.get("idempotent") is True:
        sent["is_repeat"] = True
        sent["hint"] = "this was said already; to say the same words once more, give a new client_msg_id"
    elif not called and message_type != "reply":
        sent["hint"] = "it calls nobody: everybody can read it, and nobody is told to. Use `to` to call somebody"
    return sent


def _aliases(given: Any) -> list[str]:
    named = [given] if isinstance(given, str) else given
    return list(dict.fromkeys(name.removeprefix("@") for name in named))


TOOLS = (
    Tool(
        name="post",
        title="Say something",
        description=(
            "Say something in the room. Use `to` for those who shall act on it: they are told; everybody can read it. "
            "Say what you did, found or need, in one message rather than five; do not post mere acknowledgements (ack "
            "tells that you have read). Just post: there is no need to look first whether somebody is there, an "
            "unknown name is told to you. Answers to a message go by reply."
        ),
        takes=takes(
            "text",
            text=text("The words, Markdown. @alias in them calls somebody too.", units_max=24_000),
            to=_TO,
            type=text("What kind of message it is; default message.", choices=_TYPES),
            need_reply=_NEED_REPLY,
            client_msg_id=_OWN_ID,
        ),
        gives=_SENT,
        run=_post,
        is_idempotent=True,
    ),
    Tool(
        name="reply",
        title="Answer a message",
        description=(
            "Answer one message; everybody sees which you mean. Whoever asked for it with need_reply is told; to call "
            "somebody else use `to`. Use it for everything that calls you or asks for a reply, once you have something "
            "to say: the result, or what keeps you from it."
        ),
        takes=takes(
            "message_id",
            "text",
            message_id=whole("The id of the message you answer.", least=1),
            text=text("Your answer, Markdown.", units_max=24_000),
            done=flag("What the message asked is done by this; its author sees it."),
            to=_TO,
            need_reply=_NEED_REPLY,
            client_msg_id=_OWN_ID,
        ),
        gives=_SENT,
        run=_reply,
        is_idempotent=True,
    ),
    Tool(
        name="handoff",
        title="Hand work over",
        description=(
            "Hand work over to somebody, with all they need to go on without asking: the goal, what is done, what is "
            "left, where it is (branch, files, commands), what you know that they cannot see. They work in their own "
            "folder: write content, not paths that only you can read. Up to 23,000 characters."
        ),
        takes=takes(
            "to",
            "text",
            to=names("The alias that takes over."),
            text=text("All that is needed to go on, Markdown.", units_max=23_000),
            client_msg_id=_OWN_ID,
        ),
        gives=_SENT,
        run=_handoff,
        is_idempotent=True,
    ),
)
