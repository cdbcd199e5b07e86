"""The tasks that are asked about: some of each speaker, and some of a keeper who holds what nobody else may touch."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.rooms import HOST, Guest

ONCE = {"title": "added once", "client_id": "once"}
DONE = "done"
RELEASES = 16  # by the host of what the keeper holds: more than the table asks for


@dataclass
class Board:
    """The numbers of tasks: `own` by alias and by what is asked of them, `kept` by what they are, `held` to be released."""

    own: dict[str, dict[str, int]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    held: list[int] = field(default_factory=list)

    async def add_of(self, guest: Guest) -> None:
        """Tasks that a speaker may do everything with, in any order and again."""
        await guest.post("/tasks", ONCE)
        mine = self.own[guest.alias] = {}
        for step in ("claim", "complete", "cancel"):
            mine[step] = await _added(guest, step, assignee=guest.alias)
        mine["release"] = mine["claim"]
        await guest.post(f"/tasks/{mine['complete']}/claim")
        await guest.post(f"/tasks/{mine['complete']}/complete", {"result": DONE})

    async def keep(self, host: Guest) -> None:
        """Tasks of somebody who never leaves."""
        token = (await host.post("/invites", {"alias": "keeper"}))["token"]
        keeper = Guest(host.url, "keeper", token, host.client)
        for name in ("held", "cancel", "edit"):
            self.kept[name] = await _added(keeper, name, assignee="keeper")
        self.held = [await _added(keeper, "to be released") for _ in range(RELEASES)]
        for task in (self.kept["held"], *self.held):
            await keeper.post(f"/tasks/{task}/claim")

    def of(self, path: str, alias: str, *, case: str) -> int:
        """A task of which this may be asked, so that the answer is the table's."""
        step = path.rpartition("/")[2]
        if case == "of what somebody else holds":
            return self.held.pop() if alias == HOST and step == "release" else self.kept["held"]
        if case == "of somebody else's":
            return self.kept["cancel" if step == "cancel" else "edit"]
        return self.own.get(alias, {}).get(step, 1)


async def _added(guest: Guest, title: str, *, assignee: str | None = None) -> int:
    return int((await guest.post("/tasks", {"title": title, "assignee": assignee}))["task"]["id"])
