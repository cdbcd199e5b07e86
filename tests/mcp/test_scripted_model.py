"""The model that stands behind real agent programs (conformance/agents): asked in any of the four ways, it follows its script."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conformance.agents.talk import DONE, Act, Heard, Talk, next_act
from conformance.agents.wires import CHAT, GEMINI, MESSAGES, RESPONSES, Wire

Json = dict[str, Any]
ASK = "Ask bob in the room: which branch?"
NAMED = {
    "messages": "mcp__agentgather__",
    "chat": "agentgather_",
    "responses": "mcp__agentgather.",
    "gemini": "mcp_agentgather_",
}
TOOLS = ("join", "inbox", "ack", "post", "reply")


def of_messages(tool: str, result: str) -> Json:
    said = [
        {"role": "user", "content": ASK},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": tool, "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": result}]}]},
    ]  # fmt: skip
    return {"messages": said, "tools": [{"name": NAMED["messages"] + each} for each in TOOLS]}


def of_chat(tool: str, result: str) -> Json:
    call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
    said = [
        {"role": "user", "content": ASK},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": result},
    ]
    return {"messages": said, "tools": [{"function": {"name": NAMED["chat"] + each}} for each in TOOLS]}


def of_responses(tool: str, result: str) -> Json:
    space, name = tool.split(".")
    said = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ASK}]},
        {"type": "function_call", "call_id": "1", "namespace": space, "name": name, "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": f"Wall time: 1 seconds\nOutput:\n{result}"},
    ]
    return {"input": said, "tools": [{"type": "namespace", "name": space, "tools": [{"name": each} for each in TOOLS]}]}


def of_gemini(tool: str, result: str) -> Json:
    said = [
        {"role": "user", "parts": [{"text": ASK}]},
        {"role": "model", "parts": [{"functionCall": {"name": tool, "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": tool, "response": {"output": result}}}]},
    ]
    declared = [{"name": NAMED["gemini"] + each} for each in TOOLS]
    return {"contents": said, "tools": [{"functionDeclarations": declared}]}


@pytest.mark.parametrize(
    ("way", "wire", "body"),
    [
        ("messages", MESSAGES, of_messages),
        ("chat", CHAT, of_chat),
        ("responses", RESPONSES, of_responses),
        ("gemini", GEMINI, of_gemini),
    ],
)
def test_the_next_tool_is_called_by_the_programs_own_name(
    way: str, wire: Wire, body: Callable[[str, str], Json]
) -> None:
    talk = wire.read(body(NAMED[way] + "join", '{"me": "claude"}'))
    assert [one.kind for one in talk.heard] == ["user", "call", "result"]
    act = next_act(talk)
    assert act.tool == NAMED[way] + "post"
    assert json.loads(act.arguments) == {"to": "bob", "text": "which branch?", "need_reply": True}
    streamed = json.dumps(wire.events(act, "7"))
    assert all(name in streamed for name in (NAMED[way].rstrip("."), "post", "which branch?"))
    assert DONE in json.dumps(wire.events(Act(words=DONE), "8"))


def test_what_calls_it_is_acknowledged_by_its_proof_and_answered_and_then_it_is_done() -> None:
    inbox = {
        "messages": [{"id": 4, "calls_you": True, "need_reply": True, "proof": "abcdefgh"}, {"id": 5}],
        "through_id": 5,
    }
    heard = [Heard("user", "[Agent Gather] New from ann for bob"), Heard("result", json.dumps(inbox), "inbox")]
    tools = TOOLS
    first = next_act(Talk(tuple(heard), tools))
    assert json.loads(first.arguments) == {"through_id": 5, "proofs": [{"message_id": 4, "proof": "abcdefgh"}]}
    heard.append(Heard("result", "{}", "ack"))
    second = next_act(Talk(tuple(heard), tools))
    assert (second.tool, json.loads(second.arguments)["message_id"]) == ("reply", 4)
    heard.append(Heard("result", '{"id": 6}', "reply"))
    assert next_act(Talk(tuple(heard), tools)) == Act(words=DONE)
