"""Tokens: on disk before they are handed out, and what a full disk does to them."""

from __future__ import annotations

import pytest
import trio

from agentgather.live.credentials import token_digest
from agentgather.room.commands import Invite, Rotate
from agentgather.room.names import Alias
from agentgather.room.participant import Kind
from agentgather.room.refusals import AliasTaken, StorageFailed, StorageFull
from tests.live.rooms import OPS, REV, FailingJournal, invite, open_memory_room


async def test_a_digest_is_saved_before_the_seat_is_recorded(nursery: trio.Nursery) -> None:
    opened = await open_memory_room(nursery)
    issued = await opened.open_room.desk.issue(Invite(OPS, REV, Kind.AGENT))
    saved = {seat.participant.alias: seat.token_hash for seat in opened.documents.rosters[0]}
    assert saved[REV] == token_digest(issued.token) == issued.credential.digest
    assert issued.token not in repr(issued)


async def test_what_is_saved_while_a_token_is_on_its_way_holds_its_digest_too(nursery: trio.Nursery) -> None:
    """Or a daemon that is killed after the token was handed out would know it no more."""
    opened = await open_memory_room(nursery)
    desk = opened.open_room.desk
    async with trio.open_nursery() as both:

        async def save_meanwhile() -> None:
            while True:
                await desk.save()

        both.start_soon(save_meanwhile)
        issued = await desk.issue(Invite(OPS, REV, Kind.AGENT))
        both.cancel_scope.cancel()
    digests = [
        {seat.participant.alias: seat.token_hash for seat in roster}.get(REV) for roster in opened.documents.rosters
    ]
    first = digests.index(issued.credential.digest)
    assert len(digests[first:]) >= 2, "nothing was saved meanwhile"  # issuing saves once
    assert set(digests[first:]) == {issued.credential.digest}


async def test_a_rotation_that_cannot_be_saved_leaves_the_old_token_good(nursery: trio.Nursery) -> None:
    opened = await open_memory_room(nursery)
    old = await invite(opened)
    opened.documents.trouble = StorageFull("no room")
    with pytest.raises(StorageFull):
        await opened.open_room.desk.issue(Rotate(OPS, REV))
    assert opened.room.credentials.is_current(old)


async def test_a_rotation_that_was_refused_after_all_is_taken_back_on_disk_at_once(nursery: trio.Nursery) -> None:
    """As when only the sync of the directory fails: the new roster stands in its place, and nobody has its token."""
    opened = await open_memory_room(nursery)
    old = await invite(opened)
    opened.documents.trouble_after = StorageFailed("the directory cannot be synced")
    with pytest.raises(StorageFailed):
        await opened.open_room.desk.issue(Rotate(OPS, REV))
    saved = {seat.participant.alias: seat.token_hash for seat in opened.documents.rosters[-1]}
    assert saved[REV] == old.digest


async def test_a_rotation_that_cannot_be_recorded_is_taken_back_on_disk_too(nursery: trio.Nursery) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal)
    old = await invite(opened)
    journal.trouble = StorageFull("no room")
    with pytest.raises(StorageFull):
        await opened.open_room.desk.issue(Rotate(OPS, REV))
    assert opened.room.credentials.is_current(old)
    saved = {seat.participant.alias: seat.token_hash for seat in opened.documents.rosters[-1]}
    assert saved[REV] == old.digest


async def test_one_alias_is_given_once_however_invitations_cross(nursery: trio.Nursery) -> None:
    opened = await open_memory_room(nursery)
    outcomes = []

    async def ask() -> None:
        try:
            outcomes.append((await opened.open_room.desk.issue(Invite(OPS, REV, Kind.AGENT))).credential)
        except AliasTaken:
            outcomes.append(None)

    async with trio.open_nursery() as both:
        for _ in range(4):
            both.start_soon(ask)
    (given,) = [one for one in outcomes if one]
    assert opened.room.credentials.is_current(given)


async def test_marks_are_on_disk_when_they_are_settled_and_share_a_write(nursery: trio.Nursery) -> None:
    opened = await open_memory_room(nursery)
    presence, desk = opened.room.presence, opened.open_room.desk
    aliases = [OPS, *[(await invite(opened, Alias(f"rev-{number}"))).alias for number in range(5)]]
    before = len(opened.documents.rosters)
    async with trio.open_nursery() as marking:

        async def mark(alias: Alias) -> None:
            presence.read(alias, through_id=1, now=opened.room.clock())
            await desk.settle_marks()
            assert {seat.participant.alias: seat.read_id for seat in opened.documents.rosters[-1]}[alias] == 1

        for alias in aliases:
            marking.start_soon(mark, alias)
    written = len(opened.documents.rosters) - before
    assert written <= 2, "one that was begun before they came, and one for all of them"
    await desk.settle_marks()
    assert len(opened.documents.rosters) - before == written, "nobody read any further"


async def test_marks_that_cannot_be_saved_are_refused_and_saved_later(nursery: trio.Nursery) -> None:
    opened = await open_memory_room(nursery)
    presence, desk = opened.room.presence, opened.open_room.desk
    opened.documents.trouble = StorageFull("no room")
    presence.read(OPS, through_id=1, now=opened.room.clock())
    with pytest.raises(StorageFull):
        await desk.settle_marks()
    assert presence.is_dirty
    opened.documents.trouble = None
    await desk.settle_marks()
    assert opened.documents.rosters[-1][0].read_id == 1
