"""`agentgather lease`: work alone on some paths for a while, and see who does."""

from __future__ import annotations

from agentgather.cli.columns import columns
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn

MINUTES = 60


def take(*globs: str, minutes: int = MINUTES, note: str = "", flags: Flags = ANYONE) -> int:
    """Work alone on some paths for a while. The same globs again: for longer.

    Quote globs, or the shell puts the files of today in their place: `agentgather lease take 'src/http/**'`.

    Parameters
    ----------
    globs
        Globs of paths from the top of the project, 1 to 20.
    minutes
        For how long, 1 to 480.
    note
        What for, in a few words.
    """

    async def work(turn: Turn) -> None:
        from agentgather.client.lease_calls import read_lease

        answer = await turn.ask(lambda room: room.take_lease(globs, minutes=minutes, note=note))
        lease = read_lease(answer.get("lease"))
        paths = " ".join(single(glob.text) for glob in lease.globs)
        turn.output.answer(answer, f"lease {lease.id} is yours for {time_left(lease.seconds_left)}: {paths}")

    return take_turn(flags, work)


def release(lease_id: int, /, *, flags: Flags = ANYONE) -> int:
    """Let others work there again, before the time is over. The host may release anybody's.

    Parameters
    ----------
    lease_id
        The number of the lease.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.release_lease(lease_id))
        turn.output.answer(answer, f"lease {lease_id} is over")

    return take_turn(flags, work)


def list_leases(*, flags: Flags = ANYONE) -> int:
    """Show who works on which paths, and for how long."""

    async def work(turn: Turn) -> None:
        from agentgather.client.lease_calls import read_leases

        answer = await turn.ask(lambda room: room.leases())
        rows = [
            (
                lease.id,
                lease.holder,
                time_left(lease.seconds_left),
                " ".join(glob.text for glob in lease.globs),
                lease.note,
            )
            for lease in read_leases(answer)
        ]
        turn.output.answer(answer, *(columns(rows) if rows else ["nobody holds any path"]))

    return take_turn(flags, work)


def time_left(seconds: int) -> str:
    """`seconds` as a person counts them, never fewer than there are: `1 h 05 min`."""
    minutes = max(1, -(-seconds // 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
