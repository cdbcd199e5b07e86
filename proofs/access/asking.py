"""What a row of the table asks for, as bytes: targets that are there, and bodies that are right or broken."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.rooms import HOST, Guest

from proofs.access.board import DONE, ONCE, Board
from proofs.access.callers import GUEST, HOSTING, Caller, Callers
from proofs.access.page import Row

FORM = "/transcript.html"
MCP = "/mcp"  # its answers are JSON-RPC, and it answers every method, after looking at the token
OWN, ELSES = "of one's own", "of somebody else's"
FOR_ELSE, WRONG = "of a message for somebody else", "with a wrong proof"
OTHER_METHOD, ANYTHING_ELSE = "any of these by another method", "anything else"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY")
BROKEN = (b"{", b"[]", b"null", b'"text"', b"7", b"\xff\xfe{}", b'{"text":NaN}', b'{"text":"\xff"}', b"[" * 20_000)
NOWHERE = (
    "/admin",
    "/status/",
    "/messages/",
    "/messages/1/edit",
    "/participants",
    "/assets",
    "/api/status",
    "/%00",
    "/.env",
)


AGREED = {"type": "object"}
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a proof", "version": "1"}}


@dataclass(frozen=True)
class Ask:
    """One request; `path` has the query behind it."""

    method: str
    path: str
    body: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body!r:.120}"


@dataclass
class Asking:
    """Makes requests of rows. `said` are messages by whoever wrote them, `first_said` whose posts may be said once more.

    `leased` are leases by their holders; those of `lessee`, who asks for nothing, are one that the host may release, and one
    that nobody does. `for_whom` is a message for each, and its proof.
    """

    choices: random.Random
    callers: Callers
    assets: str
    paths: dict[str, set[str]]  # every path of the table, and the methods it answers
    said: dict[str, list[int]] = field(default_factory=dict)
    board: Board = field(default_factory=Board)
    leased: dict[str, list[int]] = field(default_factory=dict)
    for_whom: dict[str, tuple[int, str]] = field(default_factory=dict)
    _count: int = 0

    async def prepare(self, guests: dict[str, Guest]) -> None:
        """Say what is asked about later, and seat whom the host will remove."""
        for alias, guest in guests.items():
            self.said[alias] = [(await guest.say(f"{alias} says {number}"))["id"] for number in range(3)]
            await guest.say("said once", client_msg_id="once")
            await self.board.add_of(guest)
            self.leased[alias] = [await _lease(guest, f"{alias}/own")]
        host = self.callers.host
        for alias in (HOST, *(one.alias for one in self.callers.everybody if one.column in ("observer", GUEST))):
            by = self.callers.guest if alias == HOST else self.callers.host
            message = await by.say("for one", to=[alias])
            self.for_whom[alias] = (message["id"], message["proof"])
        for alias in ("spare", "victim"):
            await host.post("/invites", {"alias": alias})
        await self.board.keep(host)
        lessee = Guest(host.url, "lessee", (await host.post("/invites", {"alias": "lessee"}))["token"], host.client)
        self.leased["lessee"] = [await _lease(lessee, "let-go"), await _lease(lessee, "kept")]
        await host.post("/session", {"action": "start"})
        for contract in ("orders", "agreed"):
            await host.post(f"/contracts/{contract}", {"document": AGREED})

    def ask(self, row: Row, caller: Caller, *, is_broken: bool = False, is_head: bool = False) -> Ask:
        """A request of `row`, as `caller` makes it."""
        self._count += 1
        if row.path == FORM and row.method == "POST":
            return self._form(caller)
        method, path = self._method_and_path(row, caller)
        headers = caller.authorization(self.choices)
        if row.path == MCP:
            headers.append((b"accept", b"application/json, text/event-stream"))
        if method != "POST":
            return Ask("HEAD" if is_head else method, path, None, tuple(headers))
        body = self.choices.choice(BROKEN) if is_broken else json.dumps(self._fields(row, caller)).encode()
        return Ask(method, path, body, (*headers, (b"content-type", b"application/json")))

    def _form(self, caller: Caller) -> Ask:
        fields = {"token": caller.form_token(self.choices)}
        if caller.name == "a pass to read on":
            fields["token"] = str(caller.token)
        elif self.choices.random() < 0.3 and caller.name != "malformed":
            fields["token"] = f"https://rooms.example/lab/#token={fields['token']}"
        return Ask("POST", FORM, urlencode(fields).encode(), ((b"content-type", b"application/x-www-form-urlencoded"),))

    def _method_and_path(self, row: Row, caller: Caller) -> tuple[str, str]:
        if row.case == OTHER_METHOD:
            path = self.choices.choice(sorted(self.paths.keys() - {MCP}))
            method = self.choice_but(METHODS, self.paths[path])
            return method, self._filled(path, caller, case="")
        if row.case == ANYTHING_ELSE:
            return self.choices.choice(("GET", "POST", "DELETE")), self.choices.choice(NOWHERE)
        return row.method, self._filled(row.path, caller, case=row.case) + self._query(row, caller)

    def choice_but(self, among: tuple[str, ...], unwanted: set[str]) -> str:
        return self.choices.choice([one for one in among if one not in unwanted])

    def _filled(self, path: str, caller: Caller, *, case: str) -> str:
        path = path.replace("<message_id>", str(self._message(path, caller, case=case)))
        path = path.replace("<alias>", self._seat(path, case=case))
        if "<task_id>" in path:
            is_known = caller.column in self.told_apart or self.choices.random() < 0.7
            task = self.board.of(path, caller.alias, case=case) if is_known else 10**6
            path = path.replace("<task_id>", str(task))
        path = path.replace("<contract>", "agreed" if case == "once more" else "orders")
        path = path.replace("<lease_id>", str(self._lease(caller, case=case)))
        return path.replace("<path:name>", self.assets)

    def _message(self, path: str, caller: Caller, *, case: str) -> int:
        """A message; for who may not even know of one, one that is not there too."""
        if caller.column not in self.told_apart and self.choices.random() < 0.3:
            return 10**6
        if path.endswith(("/ack", "/wakes")):
            return self._for(caller, case=case)[0]
        own = self.said.get(caller.alias, [])
        if case == OWN and own:
            return self.choices.choice(own)
        others = [number for alias, numbers in self.said.items() if alias != caller.alias for number in numbers]
        return self.choices.choice(others if case.startswith(ELSES) or path.endswith("/scrub") else own + others)

    def _for(self, caller: Caller, *, case: str) -> tuple[int, str]:
        """A message for the caller or, where that is the case, for somebody else; and its proof."""
        alias = caller.alias if caller.alias in self.for_whom else HOST
        if case == FOR_ELSE:
            alias = next(name for name in self.for_whom if name != caller.alias)
        number, proof = self.for_whom[alias]
        return number, proof if case != WRONG else "aaaaaaaa"

    def _lease(self, caller: Caller, *, case: str) -> int:
        if case == OWN and caller.alias in self.leased:
            return self.leased[caller.alias][0]
        return self.leased["lessee"][0 if caller.column == HOSTING else 1]

    told_apart = ("observer", GUEST, "host")  # those who may know what there is

    def _seat(self, path: str, *, case: str) -> str:
        if case == "of the host":
            return HOST
        return "victim" if path.endswith("/remove") else "spare"

    def _query(self, row: Row, caller: Caller) -> str:
        if row.path == "/wait":
            alias = HOST if caller.alias != HOST else "agent"
            return f"?hold=0&participant={alias if row.case else caller.alias or HOST}"
        if row.path == "/search":
            return "?q=says"
        if row.path in ("/export", "/export/parts"):
            return f"?format={self.choices.choice(('md', 'json', 'jsonl', 'html'))}"
        if row.path in ("/messages", "/log") and row.method == "GET":
            return self.choices.choice(("", "?since_id=0", "?limit=1", "?since_id=5&limit=2"))
        return ""

    def _fields(self, row: Row, caller: Caller) -> dict[str, Any]:
        """A body that is right; who it says it is from is not looked at."""
        spoken = {"from": self.choices.choice((HOST, "system", "nobody"))}
        number = self._count
        match row.path:
            case "/messages" if row.case == "once more":
                return spoken | {"text": "said once", "client_msg_id": "once"}
            case "/messages":
                return spoken | {"text": f"says {number}"}
            case "/tasks" if row.case == "once more":
                return spoken | ONCE
            case "/tasks":
                return spoken | {"title": f"asked for {number}"}
            case "/tasks/<task_id>/complete":
                return {"result": DONE}
            case "/tasks/<task_id>/reassign":
                return {"assignee": None}
            case "/tasks/<task_id>/edit":
                return {"title": f"edited {number}", "due": "2030-01-05T09:30:00Z"}
            case "/messages/<message_id>/ack":
                return {"proof": self._for(caller, case=row.case)[1], "done": number % 2 == 0}
            case "/messages/<message_id>/wakes":
                return {"via": "tmux", "outcome": self.choices.choice(("deferred", "submitted", "failed"))}
            case "/mcp":
                return {"jsonrpc": "2.0", "id": number, "method": "initialize", "params": HELLO}
            case "/read":
                return {"through_id": self.choices.randint(0, 9)}
            case "/profile":
                return {"display_name": f"{caller.alias or 'x'} {number}"}
            case "/invites" if row.case == "for the host's seat":
                return {"alias": HOST, "rotate": True}
            case "/invites":
                role, kind = self.choices.choice(("guest", "observer")), self.choices.choice(("agent", "human"))
                return {"alias": f"new-{number}", "kind": kind, "role": role}
            case "/participants/<alias>/labels":
                return {"labels": [f"label-{number}"]}
            case "/contracts/<contract>" if row.case == "once more":
                return spoken | {"document": AGREED}
            case "/contracts/<contract>":
                return spoken | {"document": {"title": f"Version {number}"}}
            case "/contracts/<contract>/ack":
                return spoken | {"version": 1}
            case "/leases":
                return {"globs": [f"work/{number}/**"], "minutes": self.choices.randint(1, 480)}
            case "/attention":
                return {"working_on": f"number {number}"}
            case "/session":
                return {"action": "start"}
            case "/wakes":
                return {"wake_id": "one"}
            case "/wakes/budget":
                return {"a_day": self.choices.randint(300, 400)}
            case "/brief":
                return {"body": f"Brief {number}"}
            case "/attendance":
                return {"policy": self.choices.choice(("manual-ok", "agents-foreground", "host-directed"))}
            case "/extend":
                return {"ttl": self.choices.choice(("2h", "none"))}
        return {}


async def _lease(guest: Guest, glob: str) -> int:
    """A lease of `guest` for longer than any trial takes."""
    return int((await guest.post("/leases", {"globs": [glob], "minutes": 480}))["lease"]["id"])
