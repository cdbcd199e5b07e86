"""What the trials of a batch share, made when a trial first asks for it: daemons on disks of their own, clocks of their own."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import httpx
import trio

from proofs.faults.broker_stand import BrokerStand
from proofs.faults.clock_trials import Clock
from proofs.faults.command_trials import CommandStand
from proofs.faults.daemons import Process, ended
from proofs.faults.room_stand import RoomStand
from proofs.faults.small_disk import small_disk
from proofs.figures import Figures
from proofs.proof import Disproved


class Ground:
    """Everything lasts as long as the `stack` that it is put on."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._daemons: list[Process] = []

    @cached_property
    def room(self) -> RoomStand:
        return self._opened(RoomStand(self._stack.enter_context(small_disk())))

    @cached_property
    def broker(self) -> BrokerStand:
        return self._started(BrokerStand(self._stack.enter_context(small_disk())))

    @cached_property
    def clocked_room(self) -> tuple[RoomStand, Clock]:
        clock = self._clock("room")
        return self._opened(RoomStand(self._stack.enter_context(small_disk()), environ=clock.environ)), clock

    @cached_property
    def clocked_broker(self) -> tuple[BrokerStand, Clock]:
        clock = self._clock("broker")
        return self._started(BrokerStand(self._stack.enter_context(small_disk()), environ=clock.environ)), clock

    @cached_property
    def desk(self) -> CommandStand:
        return CommandStand(self._stack.enter_context(small_disk()))

    async def post(self, client: httpx.AsyncClient) -> None:
        """Somebody who is connected to the room says something."""
        headers = {"Authorization": f"Bearer {self.room.tokens['ops']}"}
        answer = await client.post(f"{self.room.daemon.url}/messages", json={"text": "inside"}, headers=headers)
        if answer.status_code != 201:
            raise Disproved(f"somebody who is connected posted, and was answered {answer.status_code} {answer.text}")

    async def knock(self, client: httpx.AsyncClient) -> None:
        """Somebody who is connected to the broker asks for a room that nobody has there."""
        answer = await client.get(f"{self.broker.daemon.url}/nobody/status")
        if answer.status_code != 404:
            raise Disproved(f"somebody who is connected was answered {answer.status_code} {answer.text}")

    def close(self, figures: Figures) -> None:
        """Every daemon ends in order, and has met nothing that nobody had thought of."""
        for daemon in self._daemons:
            if daemon.is_up and (code := daemon.stop()) != 0:
                raise Disproved(f"in the end a daemon stopped with {code}")
            if daemon.bugs:
                raise Disproved(f"a daemon met a bug of ours: {daemon.bugs[0][:2000]}")
        figures.count("bugs that a daemon logged", 0)

    def _clock(self, name: str) -> Clock:
        clock = Clock(self._folder / f"{name}.clock")
        clock.set(0)
        return clock

    def _opened(self, stand: RoomStand) -> RoomStand:
        self._daemons.append(self._stack.enter_context(ended(stand.daemon)))
        trio.run(stand.open)
        return stand

    def _started(self, stand: BrokerStand) -> BrokerStand:
        self._daemons.append(self._stack.enter_context(ended(stand.daemon)))
        stand.daemon.start()
        return stand
