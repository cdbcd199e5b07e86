"""What a model is shown of a conversation, and the script it follows: a stand-in for the model, never for the program.

Each of its turns is a rule on what came since the words that began it: whom to ask, or that there is something in the room. It
calls the room's tools one by one, by the names that its program gave them, with nothing that was not in their answers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

ASK = re.compile(r"Ask (?P<alias>[a-z0-9-]+) in the room: (?P<words>[^\n]+)")
POINTED = re.compile(r"\[Agent Gather\] New from|Look into the room\.")
REPLIED = "the answer is 42"
DONE = "done with the room"
WAIT = "WaitForMcpServers"  # of Claude Code, whose first turn may begin before its servers are there


@dataclass(frozen=True)
class Heard:
    """One thing of a conversation: `kind` is `user`, `call` or `result`; `name` is the tool's, as the program calls it."""

    kind: str
    text: str = ""
    name: str = ""


@dataclass(frozen=True)
class Act:
    """What the model does next: a call of `tool`, as the program calls it, or with none the words that end its turn."""

    tool: str = ""
    arguments: str = "{}"
    words: str = ""


@dataclass(frozen=True)
class Talk:
    """A conversation, oldest first, and the tools that the program offers."""

    heard: tuple[Heard, ...]
    tools: tuple[str, ...]


def next_act(talk: Talk) -> Act:
    """The script. A program that asks for something else, such as a title, is answered with words."""
    begin = max((at for at, one in enumerate(talk.heard) if one.kind == "user" and _begins(one.text)), default=None)
    if begin is None:
        return Act(words="a room")
    said = talk.heard[begin].text
    asked = ASK.search(said)
    since = talk.heard[begin + 1 :]
    if asked is not None:
        return _ask(talk, since, asked["alias"], asked["words"])
    return _attend(talk, since)


def _begins(text: str) -> bool:
    return ASK.search(text) is not None or POINTED.search(text) is not None


def _ask(talk: Talk, since: tuple[Heard, ...], alias: str, words: str) -> Act:
    if not _answers(since, "join"):
        return _call(talk, "join", {})
    if not _answers(since, "post"):
        return _call(talk, "post", {"to": alias, "text": words, "need_reply": True})
    return Act(words=DONE)


def _attend(talk: Talk, since: tuple[Heard, ...]) -> Act:
    """Read; say what was read; answer each that asks for it."""
    inbox = _answers(since, "inbox")
    if not inbox:
        return _call(talk, "inbox", {})
    calling = [one for one in inbox[0].get("messages", []) if one.get("calls_you")]
    if not calling:
        return Act(words=DONE)
    if not _answers(since, "ack"):
        proofs = [{"message_id": one["id"], "proof": one["proof"]} for one in calling if "proof" in one]
        return _call(talk, "ack", {"through_id": inbox[0]["through_id"], "proofs": proofs})
    asking = [one for one in calling if one.get("need_reply")]
    answered = len(_answers(since, "reply"))
    if answered < len(asking):
        return _call(talk, "reply", {"message_id": asking[answered]["id"], "text": REPLIED, "done": True})
    return Act(words=DONE)


def _call(talk: Talk, tool: str, arguments: Json) -> Act:
    named = [name for name in talk.tools if is_tool(name, tool)]
    if not named and WAIT in talk.tools:
        return Act(WAIT)
    if not named:
        return Act(words=f"there is no tool {tool} among {', '.join(talk.tools)}")
    return Act(tool=named[0], arguments=json.dumps(arguments))


def is_tool(name: str, tool: str) -> bool:
    """Whether a program's `name` is the room's `tool`: mcp__agentgather__join, agentgather_join, join …"""
    return re.fullmatch(rf"(?:.*agentgather.*?[_.])?{tool}", name) is not None


def _answers(since: tuple[Heard, ...], tool: str) -> list[Json]:
    """The objects that the room's `tool` answered with, however the program wrapped them; an error is an empty one."""
    return [_object_in(one.text) for one in since if one.kind == "result" and is_tool(one.name, tool)]


def _object_in(text: str) -> Json:
    for begin in (found.start() for found in re.finditer(r"\{", text)):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, begin)
        except ValueError:
            continue
        if isinstance(value, dict):
            inner = value.get("output", value)  # Gemini CLI hands a result on as {"output": "…"}
            return _object_in(inner) if isinstance(inner, str) else value
    return {}
