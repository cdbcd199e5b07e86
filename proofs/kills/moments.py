"""When the daemon is killed: moments that together hit everything it ever does."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable

import trio

from proofs.kills.doors import body_of
from proofs.kills.scene import SOON_SECONDS, Request, Scene
from proofs.kills.writers import padding

STOPS_MAX = 6  # tries to kill one that stops, before it has


async def starting(scene: Scene) -> None:
    """While it starts: reads its log, repairs it, opens its port, sweeps what others left."""
    await trio.sleep(scene.chance.uniform(0, 1.1) * scene.house.start_seconds)


async def talking(scene: Scene) -> None:
    """In the middle of everything, some posts of one of the doors after the start."""
    await scene.serves()
    await scene.some_posts()
    await trio.sleep(scene.chance.uniform(0, SOON_SECONDS))


async def posting(scene: Scene) -> None:
    """Right after a post was sent."""
    await scene.serves()
    await scene.some_posts()
    text = f"said at the last moment{' and so on' * padding(scene.chance.randrange(1_000))}"
    said = scene.books.say(scene.hand.alias, text)
    (answer,) = await scene.strike(Request("/messages", body_of(said), scene.hand.token))
    if answer is None:
        scene.hand.owed.append(said)
    else:
        scene.books.acknowledge(said, answer)


async def marking(scene: Scene) -> None:
    """Right after somebody said how far they have read: while the roster is replaced."""
    await scene.serves()
    await scene.some_posts()
    (answer,) = await scene.strike(scene.mark())
    if answer is not None:
        scene.books.confirm(scene.hand.alias, answer["read_id"])


async def scrubbing(scene: Scene) -> None:
    """Right after a text was to leave the log: while the log itself is replaced."""
    await scene.serves()
    own = [number for post, number in scene.books.recorded.items() if number not in scene.books.scrubs_asked]
    if not own:
        return
    number = scene.chance.choice(own)
    scene.books.scrubs_asked.add(number)
    (answer,) = await scene.strike(Request(f"/messages/{number}/scrub", {}, scene.hand.host_token))
    if answer is not None:
        scene.books.scrubbed.add(number)
        scene.figures.count("scrubs confirmed")


async def inviting(scene: Scene) -> None:
    """Right after somebody was invited: between the roster, the log and the answer, while another writes the roster too."""
    await scene.serves()
    await scene.some_posts()
    alias = f"guest{len(scene.books.invited) + 1}"
    scene.books.invited.append(alias)
    invitation = Request("/invites", {"alias": alias, "kind": "agent"}, scene.hand.host_token)
    answer, marked = await scene.strike(invitation, scene.mark())
    if marked is not None:
        scene.books.confirm(scene.hand.alias, marked["read_id"])
    if answer is not None:
        scene.books.tokens[alias] = answer["token"]
        scene.figures.count("tokens handed out")


async def stopping(scene: Scene) -> None:
    """While it leaves in order: dismisses waits, drains, saves, lets go of its lock."""
    house = scene.house
    fraction = scene.chance.uniform(0, 1)
    for _ in range(STOPS_MAX):
        await scene.serves()
        await scene.some_posts()
        began = trio.current_time()
        house.daemon.send(signal.SIGTERM)
        with trio.move_on_after(fraction * house.stop_seconds) as waiting:
            await house.daemon.ended()
        if waiting.cancelled_caught:
            return
        house.stop_seconds = trio.current_time() - began
        fraction /= 2
        await house.excuse()
        await house.start(is_exec=False)


async def idle(scene: Scene) -> None:
    """When nobody writes and everybody waits: whatever is to be saved by itself is being saved."""
    await scene.serves()
    scene.gate.close()
    try:
        await scene.gate.quiet()
        await trio.sleep(scene.chance.uniform(0, 0.15))
        await scene.house.killed()
    finally:
        scene.gate.open()


Moment = Callable[[Scene], Awaitable[None]]
MOMENTS: dict[Moment, int] = {  # of a hundred kills
    starting: 22,
    talking: 20,
    posting: 26,
    marking: 6,
    scrubbing: 6,
    inviting: 5,
    stopping: 10,
    idle: 5,
}
