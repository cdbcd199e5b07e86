"""The four ways in which programs ask a model: what a request says, and the answer to it, as events of a stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.agents.talk import Act, Heard, Talk

Json = dict[str, Any]
Events = list[tuple[str | None, Json | str]]  # name and data of each; a text is sent as it is


@dataclass(frozen=True)
class Wire:
    """`read(body)` is the conversation, `events(act, id)` a streamed answer."""

    read: Callable[[Json], Talk]
    events: Callable[[Act, str], Events]


def _text(content: Any) -> str:
    """The words in a content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return json.dumps(content)
    return "\n".join(str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in content or [])


def _read_messages(body: Json) -> Talk:
    """Of Anthropic's Messages."""
    heard: list[Heard] = []
    names: dict[str, str] = {}
    for message in body.get("messages", []):
        content = message["content"]
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if part["type"] == "tool_use":
                names[part["id"]] = part["name"]
                heard.append(Heard("call", name=part["name"]))
            elif part["type"] == "tool_result":
                heard.append(Heard("result", _text(part.get("content")), names.get(part["tool_use_id"], "")))
            elif part["type"] == "text" and message["role"] == "user":
                heard.append(Heard("user", part["text"]))
    return Talk(tuple(heard), tuple(tool["name"] for tool in body.get("tools", [])))


def _messages(act: Act, id_: str) -> Events:
    usage = {"input_tokens": 10, "output_tokens": 10}
    begun = {"id": f"msg_{id_}", "type": "message", "role": "assistant", "model": "scripted", "content": []}
    events: Events = [
        ("message_start", {"message": {**begun, "stop_reason": None, "stop_sequence": None, "usage": usage}})
    ]
    if act.tool:
        block = {"type": "tool_use", "id": f"toolu_{id_}", "name": act.tool, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": act.arguments}
    else:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": act.words}
    events += [
        ("content_block_start", {"index": 0, "content_block": block}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        (
            "message_delta",
            {"delta": {"stop_reason": "tool_use" if act.tool else "end_turn", "stop_sequence": None}, "usage": usage},
        ),
        ("message_stop", {}),
    ]
    return [(name, {"type": name, **data}) for name, data in events if isinstance(data, dict)]


def _read_chat(body: Json) -> Talk:
    """Of OpenAI's chat completions."""
    heard: list[Heard] = []
    names: dict[str, str] = {}
    for message in body.get("messages", []):
        if message["role"] == "user":
            heard.append(Heard("user", _text(message["content"])))
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
            heard.append(Heard("call", name=call["function"]["name"]))
        if message["role"] == "tool":
            heard.append(Heard("result", _text(message["content"]), names.get(message["tool_call_id"], "")))
    return Talk(tuple(heard), tuple(tool["function"]["name"] for tool in body.get("tools") or []))


def _chat(act: Act, id_: str) -> Events:
    def chunk(delta: Json, ended: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": ended}
        return {
            "id": f"chatcmpl-{id_}",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "scripted",
            "choices": [choice],
        }

    if act.tool:
        function = {"name": act.tool, "arguments": act.arguments}
        first = {
            "role": "assistant",
            "tool_calls": [{"index": 0, "id": f"call_{id_}", "type": "function", "function": function}],
        }
    else:
        first = {"role": "assistant", "content": act.words}
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    last = {**chunk({}, "tool_calls" if act.tool else "stop"), "usage": usage}
    return [(None, chunk(first)), (None, last), (None, "[DONE]")]


def _read_responses(body: Json) -> Talk:
    """Of OpenAI's Responses. A tool in a namespace is called by both names, parted by a dot."""
    heard: list[Heard] = []
    names: dict[str, str] = {}
    asked = body.get("input", [])
    for item in [{"type": "message", "role": "user", "content": asked}] if isinstance(asked, str) else asked:
        kind = item.get("type", "message")
        if kind == "message" and item["role"] == "user":
            heard.append(Heard("user", _text(item["content"])))
        elif kind == "function_call":
            names[item["call_id"]] = ".".join(filter(None, [item.get("namespace"), item["name"]]))
            heard.append(Heard("call", name=names[item["call_id"]]))
        elif kind == "function_call_output":
            heard.append(Heard("result", _text(item["output"]), names.get(item["call_id"], "")))
    tools: list[str] = []
    for tool in body.get("tools", []):
        if tool.get("type") == "namespace":
            tools += [f"{tool['name']}.{one['name']}" for one in tool.get("tools", [])]
        else:
            tools.append(str(tool.get("name", tool.get("type"))))
    return Talk(tuple(heard), tuple(tools))


def _responses(act: Act, id_: str) -> Events:
    begun = {"id": f"resp_{id_}", "object": "response", "status": "in_progress", "model": "scripted", "output": []}
    if act.tool:
        space, _, name = act.tool.rpartition(".")
        item: Json = {"type": "function_call", "id": f"fc_{id_}", "call_id": f"call_{id_}", "name": name}
        item |= {"arguments": act.arguments, "status": "completed", **({"namespace": space} if space else {})}
    else:
        content = [{"type": "output_text", "text": act.words, "annotations": []}]
        item = {"type": "message", "id": f"msg_{id_}", "role": "assistant", "status": "completed", "content": content}
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 20,
    }
    events = [
        ("response.created", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": item}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": {**begun, "status": "completed", "output": [item], "usage": usage}}),
    ]
    return [(name, {"type": name, "sequence_number": number, **data}) for number, (name, data) in enumerate(events)]


def _read_gemini(body: Json) -> Talk:
    """Of Gemini's generateContent."""
    heard: list[Heard] = []
    for content in body.get("contents", []):
        for part in content.get("parts", []):
            if "functionCall" in part:
                heard.append(Heard("call", name=part["functionCall"]["name"]))
            elif "functionResponse" in part:
                told = part["functionResponse"]
                heard.append(Heard("result", json.dumps(told.get("response")), told["name"]))
            elif "text" in part and content.get("role", "user") == "user":
                heard.append(Heard("user", part["text"]))
    tools = [one["name"] for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
    return Talk(tuple(heard), tuple(tools))


def _gemini(act: Act, id_: str) -> Events:
    if act.tool:
        part: Json = {"functionCall": {"id": id_, "name": act.tool, "args": json.loads(act.arguments)}}
    else:
        part = {"text": act.words}
    candidate = {"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    return [(None, {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted", "responseId": id_})]


MESSAGES = Wire(_read_messages, _messages)
CHAT = Wire(_read_chat, _chat)
RESPONSES = Wire(_read_responses, _responses)
GEMINI = Wire(_read_gemini, _gemini)
