"""Stands in for a Codex app-server: threads with turns, over JSON-RPC on a WebSocket, in a process of its own.

Its shapes are those of `codex app-server generate-json-schema`. It is stricter than the real one: a turn that is started while
another runs cancels that one here, where the real one lets it join.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

THREAD = "01a1ffcf-33c8-78a1-8d06-d32ff53d9bb4"
TURN_SECONDS = 0.02


@dataclass
class Agent:
    """One thread. `turn` runs until `until`."""

    nursery: trio.Nursery
    lines: list[str] = field(default_factory=list)
    cancelled: int = 0
    turn: str | None = None
    begins_seconds: float | None = None  # a turn begins right after it is next looked at
    overloads: int = 0
    deltas: int = 0  # pieces of what it says, which are told one by one
    mutes: int = 0  # starts that are carried out, and whose answer is lost with the connection
    sockets: set[WebSocketConnection] = field(default_factory=set)

    def begin(self, seconds: float) -> str:
        if self.turn is not None:
            self.cancelled += 1
        self.turn = turn = secrets.token_hex(8)
        self.nursery.start_soon(self._run, turn, seconds)
        return turn

    async def _run(self, turn: str, seconds: float) -> None:
        await self.say("turn/started", turn, "inProgress")
        await trio.sleep(seconds)
        for _ in range(self.deltas):
            await self.say("item/agentMessage/delta", turn, "inProgress")
        if self.turn == turn:
            self.turn = None
        await self.say("turn/completed", turn, "completed")

    async def say(self, method: str, turn: str, status: str) -> None:
        told = {"method": method, "params": {"threadId": THREAD, "turn": {"id": turn, "items": [], "status": status}}}
        for socket in list(self.sockets):
            try:
                await socket.send_message(json.dumps(told))
            except ConnectionClosed:
                self.sockets.discard(socket)

    def thread(self) -> dict[str, Any]:
        status = {"type": "idle"} if self.turn is None else {"type": "active", "activeFlags": []}
        turns = [] if self.turn is None else [{"id": self.turn, "items": [], "status": "inProgress"}]
        return {"id": THREAD, "status": status, "turns": turns}


class Refused(Exception):
    pass


async def converse(agent: Agent, request: WebSocketRequest) -> None:
    socket = await request.accept()
    is_initialized = False
    try:
        while True:
            asked = json.loads(await socket.get_message())
            method, params, number = asked["method"], asked.get("params", {}), asked.get("id")
            if method == "initialized":
                continue
            try:
                if method != "initialize" and not is_initialized:
                    raise Refused(-32600)
                result = answer(agent, socket, method, params)
                is_initialized = True
            except Refused as refused:
                await socket.send_message(
                    json.dumps({"id": number, "error": {"code": refused.args[0], "message": "no"}})
                )
                continue
            if result is None:
                agent.sockets.discard(socket)
                await socket.aclose(1011)
                return
            await socket.send_message(json.dumps({"id": number, "result": result}))
            if agent.begins_seconds is not None and method == "thread/read":
                seconds, agent.begins_seconds = agent.begins_seconds, None
                agent.begin(seconds)
    except ConnectionClosed:
        agent.sockets.discard(socket)


def answer(agent: Agent, socket: WebSocketConnection, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The result; None: the connection ends in its place. Raises Refused with the code of an error."""
    if method == "initialize":
        return {"userAgent": "stand-in"}
    if method not in ("thread/read", "thread/resume", "turn/start", "turn/steer") or params.get("threadId") != THREAD:
        raise Refused(-32600)
    if method == "thread/read":
        return {"thread": agent.thread()}
    if method == "thread/resume":
        agent.sockets.add(socket)
        return {"thread": agent.thread()}
    (item,) = params["input"]
    if method == "turn/steer":
        if agent.turn is None or params["expectedTurnId"] != agent.turn:
            raise Refused(-32600)
        agent.lines.append(item["text"])
        return {"turnId": agent.turn}
    if agent.overloads:
        agent.overloads -= 1
        raise Refused(-32001)
    agent.lines.append(item["text"])
    turn = agent.begin(TURN_SECONDS)
    if agent.mutes:
        agent.mutes -= 1
        return None
    return {"turn": {"id": turn, "items": [], "status": "inProgress"}}


async def main() -> None:
    async with trio.open_nursery() as nursery:
        agent = Agent(nursery)
        serve: Callable[[WebSocketRequest], Any] = lambda request: converse(agent, request)  # noqa: E731
        server = await nursery.start(serve_websocket, serve, "127.0.0.1", 0, None)
        print(json.dumps({"port": server.port}), flush=True)
        async with trio.lowlevel.FdStream(0) as commands:
            rest = b""
            async for part in commands:
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    print(json.dumps(do(agent, json.loads(line))), flush=True)
        nursery.cancel_scope.cancel()


def do(agent: Agent, command: dict[str, Any]) -> dict[str, Any]:
    match command:
        case {"work": seconds}:
            agent.begin(seconds)
        case {"begin": seconds}:
            agent.begins_seconds = seconds
        case {"overload": count}:
            agent.overloads = count
        case {"say": count}:
            agent.deltas = count
        case {"mute": count}:
            agent.mutes = count
    return {"lines": agent.lines, "cancelled": agent.cancelled, "is_working": agent.turn is not None}


if __name__ == "__main__":
    sys.exit(trio.run(main))
