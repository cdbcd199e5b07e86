"""`python -m conformance.agents`: real agent programs in one room, each with a turn of its own; two that sleep are woken.

Exits 1 when anything is not right. A program that is not installed is left out, and that is said.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import trio
from tests.mcp.clients import daemons_ended

from agentgather.wake.json_rpc import open_link
from conformance.agents.model import Model
from conformance.agents.place import MODULES, SECONDS_MAX, Place, said
from conformance.agents.programs import PROGRAMS, Program
from conformance.agents.talk import is_tool

LOOK = "Look into the room."
ROOM = "shop"
ASKED = "what is six times seven?"


class Findings:
    """What was seen, told as it comes."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def say(self, program: str, what: str, trouble: str = "") -> None:
        print(f"{program:12} {what:48} {'WRONG: ' + trouble if trouble else 'right'}", flush=True)
        self.wrong += [f"{program}, {what}: {trouble}"] if trouble else []


async def main() -> int:
    findings, model = Findings(), Model()
    with TemporaryDirectory() as name:
        async with trio.open_nursery() as nursery:
            url: str = await nursery.start(model.keep)
            place = Place(Path(name) / "home", Path(name) / ROOM, url)
            place.folder.mkdir()
            await place.run("git", "init", "--quiet")  # Codex works nowhere else unasked
            place.write(".agentgather/agentgather.toml", "[daemon]\nport = 0\n")
            async with daemons_ended(place.rooms):
                here = [one for one in PROGRAMS if await _takes_part(one, place, model, findings)]
                await _wake(here, place, findings)
            nursery.cancel_scope.cancel()
    print(f"\n{len(findings.wrong)} not right" if findings.wrong else "\nall right")
    return 1 if findings.wrong or not here else 0


async def _takes_part(program: Program, place: Place, model: Model, findings: Findings) -> bool:
    """Whether it is installed; its settings, its own look at the server, and a turn in which its model uses our tools."""
    if not (MODULES / ".bin" / program.version[0]).exists():
        print(f"{program.name:12} is not installed: left out")
        return False
    version = (await place.run(*program.version)).said.strip().splitlines()[-1]
    print(f"{program.name:12} {version}")
    await place.ask("mcp", "install", "--for", program.name)
    program.settle(place)
    seen = await place.run(*program.look)
    findings.say(program.name, " ".join(program.look), "" if program.shown in seen.said else seen.said[-300:])
    before = len(model.did)
    ended = await place.run(*program.turn(LOOK))
    told = [one for talk, _ in model.did[before:] for one in talk.heard if one.kind == "result"]
    has_read = any(is_tool(one.name, "inbox") and "through_id" in one.text for one in told)
    findings.say(program.name, "a turn reads the room by its tools", "" if has_read else ended.said[-300:])
    return True


async def _wake(here: list[Program], place: Place, findings: Findings) -> None:
    """Those with a server sleep in it. Claude Code asks each; it is woken, reads, acknowledges and answers."""
    names = [one.name for one in here]
    if "claude-code" not in names:
        print("nobody asks: claude-code is not installed")
        return
    asker = next(one for one in here if one.name == "claude-code")
    sleepers = {"codex": _codex, "opencode": _opencode}
    async with AsyncExitStack() as stack:
        for name in [one for one in names if one in sleepers]:
            url, session = await stack.enter_async_context(sleepers[name](place))
            words = ("wake", "--json", "--via", name, "--to", url, "--session", session, "--room", f"{ROOM}@{name}")
            waking = await stack.enter_async_context(place.beside("agentgather", *words))
            await said(waking, '"what":"waking"')
            await place.run(*asker.turn(f"Ask {name} in the room: {ASKED}"))
            await _judge(name, place, waking, findings)


async def _judge(name: str, place: Place, waking: Iterator[str], findings: Findings) -> None:
    seat = ("--room", f"{ROOM}@claude")
    try:
        told = await place.ask("delivery", "--wait", "done", "--seconds", str(SECONDS_MAX - 30), *seat)
        await said(waking, '"what":"confirmed"')
    except (ValueError, trio.TooSlowError) as error:
        findings.say(name, "is woken and answers", f"{error!r} {next(waking)[-300:]}")
        return
    [delivery] = told.get("deliveries", [told])
    [recipient] = delivery["recipients"]
    woken = {wake["wake_id"] for wake in recipient["wakes"] if wake["outcome"] in ("submitted", "confirmed")}
    is_right = recipient["participant"] == name and recipient["state"] == "done" and len(woken) == 1
    findings.say(name, "asleep, asked, woken once, read and answered", "" if is_right else str(recipient))


@asynccontextmanager
async def _codex(place: Place) -> AsyncIterator[tuple[str, str]]:
    """An app-server with a thread that had a turn."""
    async with place.beside("codex", "app-server", "--listen", "ws://127.0.0.1:0") as lines:
        text = await said(lines, "readyz: http")
        url = next(word for word in text.split() if word.startswith("ws://"))
        async with open_link(url, headers=[]) as link:
            client = {"name": "conformance", "title": "conformance", "version": "1"}
            await link.ask("initialize", {"clientInfo": client, "capabilities": {"experimentalApi": True}})
            await link.tell("initialized")
            started = await link.ask("thread/start", {"cwd": str(place.folder), "approvalPolicy": "never"})
            thread = str(started["thread"]["id"])
            words = [{"type": "text", "text": LOOK, "text_elements": []}]
            await link.ask("turn/start", {"threadId": thread, "input": words})
            heard = 0
            with trio.fail_after(SECONDS_MAX):
                while (one := await link.heard(heard)) is not None and one[0] != "turn/completed":
                    heard += 1
        yield url, thread


@asynccontextmanager
async def _opencode(place: Place) -> AsyncIterator[tuple[str, str]]:
    """A server with a session that nothing was said in."""
    async with place.beside("opencode", "serve", "--port", "0") as lines:
        text = await said(lines, "listening on http")
        url = next(word for word in text.split() if word.startswith("http://"))
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS_MAX) as http:
            session = (await http.post(f"{url}/session", json={})).json()["id"]
        yield url, str(session)


if __name__ == "__main__":
    sys.exit(trio.run(main))
