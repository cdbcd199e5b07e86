"""One batch: a room and its broker are started, attacked at both doors, and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from tests.cli.terminal import tell

from proofs.attacked import CALM, PIT, Attacked, Door, attacked
from proofs.honest import honest_client
from proofs.proof import Batch, Disproved, Proof
from proofs.requests.lines import Play, Traffic
from proofs.requests.mutants import Mutant, Mutants

SAMPLES = 20  # of the memory, in a batch
SETTLED = 5  # of them, before what is kept is compared: caches and allocators are full by then
MEMORY_BYTES_A_MUTANT_MAX = 500  # that may be kept on average; a leaked request is several kilobytes
MEMORY_BYTES_MAX = 16_000_000  # and so much in all, whatever the number: allocators keep what the worst moment needed
# Deadlines that are soon: a mutant whose body is shorter than it says is waited for.
QUICK = {"AGENTGATHER_HEADER_SECONDS": "1", "AGENTGATHER_BODY_SECONDS": "1", "AGENTGATHER_LOG_RECORDS_MAX": "4000"}
END_SECONDS_MAX = 40.0  # for the last of them to be ended by such a deadline
GUESTS = ("eye", "bot")


def run(batch: Batch) -> None:
    """Play the mutants of `batch`, in turn at either door. Raises Disproved."""
    figures = batch.figures
    with attacked(batch.folder, environ=QUICK) as room:
        tokens = [room.tokens[PIT]]
        tokens += [str(room.ask(PIT, "/invites", {"alias": alias, "kind": "agent"})["token"]) for alias in GUESTS]
        traffics = [_traffic(batch, door, at, tokens) for at, door in enumerate(room.doors)]
        memory = Memory(room, batch.count)
        with (
            honest_client(room.direct.port, f"/{CALM}", room.tokens[CALM]) as direct,
            honest_client(room.broker.port, f"{room.broker.prefix}/{CALM}", room.tokens[CALM]) as through,
        ):
            began, used = monotonic(), {door.name: door.tree.cpu_seconds() for door in room.doors}
            Play(traffics, awaited={"direct"}, final_wait_seconds=END_SECONDS_MAX).run(
                lambda: memory.look(sum(traffic.played for traffic in traffics))
            )
            seconds = monotonic() - began
            used = {door.name: door.tree.cpu_seconds() - used[door.name] for door in room.doors}
        for seen, door in ((direct, "direct"), (through, "broker")):
            seen.check(door)
            figures.count("requests of honest clients beside", seen.asked)
            figures.count("of those, refused or wrong", len(seen.wrong))
            for ms in seen.ms[:: max(1, len(seen.ms) // 200)]:
                figures.sample(f"an honest client's answer, {door} door, ms", ms)
        room.check_kept(direct.posted + through.posted)
        figures.count("records acknowledged to honest clients", len(direct.posted + through.posted))
        figures.count("of those, lost", 0)
        room.check_alive()
        room.ask(PIT, "/status")
        room.stop()
        _check_log(batch)
        for traffic in traffics:
            name = traffic.door.name
            figures.count(f"mutants, {name} door", traffic.played)
            figures.count(f"connections, {name} door", traffic.connections)
            for hundred in (2, 3, 4):
                figures.count(
                    f"answers of {hundred}xx, {name} door",
                    sum(count for status, count in traffic.statuses.items() if status // 100 == hundred),
                )
            figures.count("answers cut by a reset", traffic.cut)
            figures.count("connections that we left while they were held", traffic.left)
            figures.sample(f"CPU for a mutant, {name} door, µs", used[name] / max(1, traffic.played) * 1e6)
        figures.count("answers of 500", sum(traffic.statuses[500] for traffic in traffics))
        figures.count("crashes", 0)
        figures.count("hangs", 0)
        figures.count(
            "mutants whose connection had to be ended by a deadline", sum(traffic.statuses[408] for traffic in traffics)
        )
        figures.sample("mutants a second, both doors", sum(traffic.played for traffic in traffics) / seconds)
        memory.report(batch)


def _traffic(batch: Batch, door: Door, at: int, tokens: list[str]) -> Traffic:
    mutants = Mutants(prefix=f"{door.prefix}/{PIT}".encode(), tokens=tokens)

    def made() -> Iterator[Mutant]:
        for number in range(batch.first + at, batch.first + batch.count, 2):
            yield mutants.mutant(number, batch.random(number))

    return Traffic(door, made(), on_played=lambda mutant: batch.tell(mutant.number))


def _check_log(batch: Batch) -> None:
    """Raise Disproved unless the log of the room that was attacked is whole."""
    ran = tell(batch.folder / "home", "verify", str(batch.folder / "home" / "rooms" / PIT / "messages.jsonl"))
    if ran.code != 0:
        raise Disproved(f"the log of the room is not whole any more: {ran.out}{ran.err}")


class Memory:
    """What both processes keep, looked at SAMPLES times."""

    def __init__(self, room: Attacked, count: int) -> None:
        self._doors = room.doors
        self._every = max(1, count // SAMPLES)
        self._seen: list[tuple[int, dict[str, float]]] = []

    def look(self, played: int) -> None:
        if played >= len(self._seen) * self._every:
            self._seen.append((played, {door.name: door.tree.resident_kib() * 1024 for door in self._doors}))

    def report(self, batch: Batch) -> None:
        """Raise Disproved if more is kept at the end than when all was warm."""
        (first, before), (last, after) = self._seen[min(SETTLED, len(self._seen) - 1)], self._seen[-1]
        for name in before:
            gained, mutants = after[name] - before[name], max(1, last - first)
            batch.figures.sample(f"memory kept after a batch, {name} door, MB", after[name] / 1e6)
            batch.figures.sample(f"memory gained by a mutant, {name} door, bytes", gained / mutants)
            if gained > max(MEMORY_BYTES_MAX, MEMORY_BYTES_A_MUTANT_MAX * mutants):
                raise Disproved(
                    f"{name} door: {gained / 1e6:.0f} MB more after {mutants} further mutants: {self._seen}"
                )


PROOF = Proof(
    name="requests",
    claim="Whatever an HTTP client sends to a room or to its broker, nothing crashes, hangs, grows or answers 500, every "
    "answer is well-formed, and everybody else is served all along.",
    trials="mutated requests",
    short=6_000,
    long=1_000_000,
    batch=50_000,
    run=run,
)
