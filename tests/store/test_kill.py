"""A writer is killed again and again: whatever it had said was recorded is recorded, once, and in its place.

Twenty kills in a normal run. With AGENTGATHER_LONG=1 in the environment it is ten thousand (about an hour).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from agentgather.store.home import Home
from agentgather.store.opening import OpenedRoom, open_room
from tests.store.logs import LAB, NOW, PROJECT, make_room

IS_LONG = bool(os.environ.get("AGENTGATHER_LONG"))
KILLS = 10_000 if IS_LONG else 20
ROOM_KILLS_MAX = 50  # kills of one room; then another begins, so that the log stays short
ACKNOWLEDGED_MAX = 15  # how many answers the writer may give before it is killed

WRITER = """
import os, random, sys
from pathlib import Path
from agentgather.store.home import Home
from agentgather.store.opening import open_room
from tests.store.logs import LAB, NOW, say
chance = random.Random(int(sys.argv[2]))
room = open_room(Home(Path(sys.argv[1])), LAB, now=NOW)
number = room.state.last_id + 1
while True:
    if chance.random() < 0.1 and number > 2:
        scrubbed = chance.randrange(2, number)
        room.journal.scrub(scrubbed)
        os.write(1, b"scrubbed %d\\n" % scrubbed)
    else:
        batch = [say(number + place, f"line {number + place} " + "x" * chance.randrange(3000))
                 for place in range(chance.randrange(1, 5))]
        room.journal.append(batch)
        number += len(batch)
        os.write(1, b"through %d\\n" % (number - 1))
    if chance.random() < 0.2:
        room.documents.save_room(room.state)
        room.documents.save_roster(room.seats, through_id=room.state.last_id)
"""


def killed_writer(home: Home, chance: random.Random) -> list[tuple[str, int]]:
    """What a writer acknowledged before it was killed."""
    command = [sys.executable, "-c", WRITER, home.root, str(chance.randrange(10**9))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(chance.randrange(1, ACKNOWLEDGED_MAX))]
        writer.kill()
        said += writer.stdout.read().splitlines(keepends=True)
    assert writer.returncode == -9, "the writer ended by itself"
    words = [line.split() for line in said if line.endswith(b"\n")]
    return [(what.decode(), int(number)) for what, number in words]


def opened(home: Home) -> OpenedRoom:
    room = open_room(home, LAB, now=NOW)
    room.close()
    return room


@pytest.mark.timeout(7200 if IS_LONG else 120)
def test_nothing_acknowledged_is_lost_or_doubled_however_often_the_writer_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    for kill in range(KILLS):
        if kill % ROOM_KILLS_MAX == 0:
            home = Home(tmp_path / str(kill))
            make_room(home)
            through, scrubbed = 1, set[int]()
        for what, number in killed_writer(home, chance):
            if what == "through":
                assert number > through
                through = number
            else:
                scrubbed.add(number)
        room = opened(home)
        said = {one.record.id: one.record.text for one in room.kept}
        assert list(said) == list(range(1, len(room.kept) + 1)), f"seed {seed}, kill {kill}"
        assert through <= len(said) <= through + 4, f"seed {seed}, kill {kill}"
        for number in range(2, through + 1):
            is_there = said[number].startswith(f"line {number} ")
            assert not said[number] or is_there, f"seed {seed}, kill {kill}, record {number}"
            assert not (number in scrubbed and said[number]), f"seed {seed}, kill {kill}, record {number}"
        missing = {number for number in range(2, through + 1) if not said[number]} - scrubbed
        assert len(missing) <= 1, f"seed {seed}, kill {kill}: {missing}"  # a scrub that was not acknowledged any more
        scrubbed |= missing
        through = len(said)
