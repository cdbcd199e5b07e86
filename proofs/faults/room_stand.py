"""A room that trials share: its daemon, its people, and what its log says in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import trio
from tests.rooms import ROOM, create

from agentgather.room.names import room_id
from agentgather.store.log_file import LogDamaged, read_log
from proofs.faults.crowd import Crowd, Told, visiting
from proofs.faults.daemons import Process
from proofs.faults.small_disk import PLACE, SmallDisk
from proofs.figures import Figures
from proofs.proof import Disproved

HOME = PLACE / "home"
LOG = HOME / "rooms" / ROOM / "messages.jsonl"
WRITERS = ("ops", "ann", "bob")
LISTENERS = ("cy", "di")
HEALTHY_SECONDS = 60.0
SETTINGS = {
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_PRESENCE_FLUSH_SECONDS": "0.2",
    "AGENTGATHER_DRAIN_SECONDS": "3",
    "AGENTGATHER_LOG_FORMAT": "json",
}


class RoomStand:
    """One room on one disk, over many trials and restarts."""

    def __init__(self, disk: SmallDisk, *, environ: Mapping[str, str] | None = None) -> None:
        self.disk = disk
        self.home = disk.seen_from_here(HOME)
        self.home.mkdir(mode=0o700)
        seat = create(self.home)
        self.tokens = {seat.alias: seat.token}
        settings = {**SETTINGS, **(environ or {})}
        self.daemon = Process(disk, HOME, "room", "serve", ROOM, "--port", "0", environ=settings)

    async def open(self) -> None:
        self.daemon.start()
        async with visiting() as client:
            for alias in (*WRITERS[1:], *LISTENERS):
                if alias not in self.tokens:
                    self.tokens[alias] = (await self.issue(client, alias)).json()["token"]

    async def issue(self, client: httpx.AsyncClient, alias: str, **more: str) -> httpx.Response:
        """Invite somebody, or give who is there another token."""
        headers = {"Authorization": f"Bearer {self.tokens['ops']}"}
        body = {"alias": alias, "kind": "human", **more}
        return await client.post(f"{self.daemon.url}/invites", json=body, headers=headers)

    async def restart(self, crowd: Crowd | None = None) -> None:
        """Serve again after the daemon ended."""
        await trio.to_thread.run_sync(self.daemon.start)
        if crowd is not None:
            crowd.back.set()

    @asynccontextmanager
    async def crowded(self, name: str, choices: object) -> AsyncIterator[Crowd]:
        """People write and wait; once they are gone, what they were told is compared with what is there."""
        import random

        assert isinstance(choices, random.Random)
        since_id = self.last_id()
        crowd = Crowd(self.daemon, self.tokens, name)
        crowd.back.set()
        async with trio.open_nursery() as nursery:
            for who in WRITERS:
                nursery.start_soon(crowd.write, who, random.Random(choices.random()))
            for who in LISTENERS:
                nursery.start_soon(crowd.wait, who, since_id)
            await crowd.told.more_answers(4)
            yield crowd
            crowd.end()
        await self.compare(crowd.told, since_id)

    def last_id(self) -> int:
        return read_log(self.disk.seen_from_here(LOG), room=room_id(ROOM)).last_id

    async def healthy(self) -> None:
        """Return once the daemon says that it can record again."""
        async with visiting() as client:
            with trio.move_on_after(HEALTHY_SECONDS):
                while (answer := await client.get(f"{self.daemon.url}/healthz")).status_code != 200:
                    await trio.sleep(0.05)
                return
        raise Disproved(f"the cause is gone since {HEALTHY_SECONDS:g} s, and /healthz says {answer.text}")

    async def compare(self, told: Told, since_id: int) -> None:
        """Raise Disproved where the log or the room says anything else than its people were told."""
        try:
            log = read_log(self.disk.seen_from_here(LOG), room=room_id(ROOM))
        except LogDamaged as damage:
            raise Disproved(f"the log is damaged: {damage}") from None
        ids = [one.record.id for one in log.kept]
        if ids != list(range(1, len(ids) + 1)):
            raise Disproved(f"the log's ids are not one after another: {ids}")
        written: dict[str, list[int]] = {}
        for one in log.kept[since_id:]:
            if one.record.author != "system":
                written.setdefault(one.record.text, []).append(one.record.id)
        for text, number in told.acknowledged.items():
            if written.get(text) != [number]:
                raise Disproved(
                    f"{text[:40]!r} was acknowledged as {number}, and the log has it at {written.get(text)}"
                )
        for text, code in told.refused.items():
            if text in written and text not in told.acknowledged:
                raise Disproved(f"{text[:40]!r} was refused ({code}), and the log has it at {written[text]}")
        strangers = written.keys() - told.acknowledged.keys() - told.uncertain
        if strangers:
            raise Disproved(f"the log has what nobody was told of: {[text[:40] for text in strangers]}")
        for who, heard in told.heard.items():
            if heard != ids[since_id : since_id + len(heard)]:
                raise Disproved(f"{who} heard {heard}, and the log has {ids[since_id:]}")

    def count(self, told: Told, figures: Figures) -> None:
        figures.count("posts acknowledged", len(told.acknowledged))
        figures.count("posts refused", told.refusals)
        figures.count("of them with the word that a restart may find it", told.unsure)
