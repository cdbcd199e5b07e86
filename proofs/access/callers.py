"""Everybody who may ask: a token, and the column of docs/access.md that says what they are told."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import trio
from tests.rooms import HOST, Guest

STRANGER, EXPIRED, REMOVED, OBSERVER, GUEST, HOSTING = "stranger", "expired", "removed", "observer", "guest", "host"


@dataclass(frozen=True)
class Caller:
    """`token` as it stands behind `Bearer `, None for none; `alias` is whose it is or was, empty for nobody's."""

    name: str
    column: str
    alias: str
    token: str | None = field(repr=False)

    def authorization(self, choices: random.Random) -> list[tuple[bytes, bytes]]:
        """The Authorization header, if they send one."""
        if self.token is None:
            return []
        value = choices.choice(MALFORMED) if self.name == "malformed" else "Bearer {}"
        return [(b"authorization", value.format(self.token).encode("latin-1"))]

    def form_token(self, choices: random.Random) -> str:
        """What they enter into the form of a transcript."""
        if self.token is None:
            return ""
        value = choices.choice(MALFORMED_IN_FORMS) if self.name == "malformed" else "{}"
        return value.format(self.token)


# No token of ours, around the best one there is: the host's.
MALFORMED = (
    "",
    "Bearer",
    "{}",
    "bearer {}",
    "BEARER {}",
    "Bearer  {}",
    "Bearer\t{}",
    "Bearer {}x",
    "Bearer x{}",
    "Bearer {0}{0}",
    "Bearer {0}, Bearer {0}",
    'Bearer "{}"',
    "Bearer token={}",
    "Basic {}",
    "Digest {}",
    "Token {}",
    "Bearer \xff\xfe{}",
    "Bearer {}\xa0",
    "Bearer agt_",
    "Bearer " + "x" * 8_000,
)
MALFORMED_IN_FORMS = ("Bearer {}", "{}x", "x{}", "{0} {0}", "#token=", "#token={}%00", "?token={}", "é" * 400)


@dataclass(frozen=True)
class Callers:
    """All of them. `host` is the room's, `elsewhere` a host of another room."""

    everybody: tuple[Caller, ...]
    host: Guest
    guest: Guest

    @classmethod
    async def invited(cls, host: Guest, elsewhere: Guest, reading_pass: str, choices: random.Random) -> Callers:
        """Let the host of a room make one of each kind; the expired one's time is over when this returns."""

        async def seat(alias: str, **more: str) -> str:
            return str((await host.post("/invites", {"alias": alias, **more}))["token"])

        late = await seat("late", ttl="1s")
        late_guest = Guest(host.url, "late", late, host.client)
        replaced = await seat("swapped")
        await host.post("/participants/swapped/rotate")
        gone = await seat("gone")
        await host.post("/participants/gone/remove")
        unknown = "agt_" + "".join(choices.choices("abcdefghijklmnopqrstuvwxyzABCDEFG0123456789_-", k=43))
        while (await late_guest.ask("GET", "/status")).status_code == 200:
            await trio.sleep(0.05)
        agent = Guest(host.url, "agent", await seat("agent", kind="agent"), host.client)
        everybody = (
            Caller("no token", STRANGER, "", None),
            Caller("malformed", STRANGER, "", host.token),
            Caller("unknown", STRANGER, "", unknown),
            Caller("another room's", STRANGER, "", elsewhere.token),
            Caller("replaced", STRANGER, "swapped", replaced),
            Caller("a pass to read on", STRANGER, HOST, reading_pass),
            Caller("expired", EXPIRED, "late", late),
            Caller("removed", REMOVED, "gone", gone),
            Caller("observer", OBSERVER, "watcher", await seat("watcher", kind="human", role="observer")),
            Caller("person", GUEST, "person", await seat("person", kind="human")),
            Caller("agent", GUEST, "agent", agent.token),
            Caller("host", HOSTING, HOST, host.token),
        )
        return cls(everybody, host, agent)
