"""One life of a machine, recorded to the system call, and an outage after every step of it.

What is drawn by chance comes from the trial's seed. Threads take their turns as they like, so a life recorded again is not
the same call for call; the disk of a state that disproves is therefore kept.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from proofs.figures import Figures
from proofs.power_loss.following import Follower, Mark
from proofs.power_loss.life import MARKS, REFUSED_EXIT
from proofs.power_loss.machine import Machine
from proofs.power_loss.outage import Image, digest, images
from proofs.power_loss.promises import ROOM, Promises, broken
from proofs.power_loss.restart import HOME, Found, go_on, put, restarted
from proofs.power_loss.tracing import trace
from proofs.proof import Disproved

PROJECT = Path(__file__).parents[2]
LOG = f"{HOME}/rooms/{ROOM}/messages.jsonl"
STATES_MANY = 12  # at one step, where there are more
RECOVERIES = 16  # in one life, of which every step is an outage too
GO_ON_EVERY = 16  # so many states: the room is written to, and opened once more
KEPT_MAX = 256  # of what was found, for the states that outlast a step

# How the parts of a life end, but the last: killed at one of these calls, before it is made; or the disk refuses one,
# and the life goes on.
_KILLED_AT = (
    "fdatasync",
    "fdatasync",
    "fsync",
    "fsync",
    "?rename,?renameat,?renameat2",
    "?link,?linkat",
    "?unlink,?unlinkat",
)
_REFUSED = ("fdatasync", "fdatasync", "fsync", "?rename,?renameat,?renameat2", "?ftruncate")
_PLACES = range(2, 30)  # which of the calls of one thread


@dataclass
class Trial:
    """One life and its outages. `disk` is where the states are put, in memory where that can be had."""

    folder: Path
    disk: Path
    chance: Random
    figures: Figures
    promises: Promises = field(default_factory=Promises)
    written: set[bytes] = field(default_factory=set)
    states: set[bytes] = field(default_factory=set)
    recoveries: list[tuple[Image, Promises]] = field(default_factory=list)
    _found: OrderedDict[bytes, Found] = field(default_factory=OrderedDict)
    _log: bytes = b""

    def live(self, *, seed: str, parts: int) -> None:
        """A machine's life, and an outage after everything it did and everything it said."""
        for name in ("promises broken", "kills", "refusals of the disk"):
            self.figures.count(name, 0)
        root = self.folder / "machine"
        root.mkdir()
        machine = Machine()
        for part in range(parts):
            program = ["-m", "proofs.power_loss.life", str(root), seed, str(part)]
            inject = None if part == parts - 1 else self._mishap()
            out = self.folder / f"trace{part}"
            calls = trace(program, out=out, cwd=PROJECT, inject=inject, allowed=(0, -9, 137, REFUSED_EXIT))
            follower = Follower(machine, root=root, marks=self.folder / MARKS)
            for done in follower.follow(calls):
                self.figures.count("steps")
                self._note(machine)
                if isinstance(done, Mark):
                    self.promises.take(done.said)
                    self.figures.count("acknowledgements", done.said["kind"] == "acknowledged")
                for image in images(machine, self.chance, many=STATES_MANY):
                    self._outage(image, f"part {part}, after {str(done)[:300]}")
            out.unlink()
            self._compare(machine, root)

    def _mishap(self) -> str:
        """What befalls a part of a life, in strace's words."""
        if self.chance.random() < 0.7:
            self.figures.count("kills")
            return f"{self.chance.choice(_KILLED_AT)}:signal=SIGKILL:when={self.chance.choice(_PLACES)}"
        self.figures.count("refusals of the disk")
        return f"{self.chance.choice(_REFUSED)}:error=EIO:when={self.chance.choice(_PLACES)}"

    def _note(self, machine: Machine) -> None:
        """Remember every line the log ever held."""
        try:
            node = machine.node(LOG)
        except KeyError:
            return
        content = node.cached  # type: ignore[union-attr]
        if content is not self._log:
            self._log = content
            self.written.update(content.splitlines(keepends=True))

    def _compare(self, machine: Machine, root: Path) -> None:
        """The trace tells all that happened: what the disk really holds now."""
        for path in sorted(root.rglob("*")):
            node = machine.node(str(path.relative_to(root)))
            assert path.is_dir() or node.cached == path.read_bytes(), f"the trace misses something at {path}"

    def _outage(self, image: Image, where: str) -> None:
        """The power went, and the disk holds `image`."""
        self.figures.count("outages")
        state = digest(image)
        found = self._found.get(state)
        if found is None:
            found = self._restart(image, where)
            self._found[state] = found
            if len(self._found) > KEPT_MAX:
                self._found.popitem(last=False)
            if state not in self.states:
                self.states.add(state)
                self.figures.count("distinct disks")
                self._look(image, found, where)
        self._check(found, image, where)

    def _restart(self, image: Image, where: str) -> Found:
        root = self.disk / "up"
        put(image, root)
        try:
            return restarted(root)
        except Exception as error:
            raise self._disproved(image, f"{where}: does not open: {error!r}") from error

    def _look(self, image: Image, found: Found, where: str) -> None:
        """Count what a new state made the product do, and choose those whose recovery is cut too."""
        torn = [room for room in found.rooms.values() if room.torn]
        self.figures.count("torn ends repaired", len(torn))
        if len(self.states) % GO_ON_EVERY == 0:
            try:
                go_on(self.disk / "up")
            except Exception as error:
                raise self._disproved(image, f"{where}: does not go on: {error!r}") from error
        one = (image, self.promises.copy())
        if len(self.recoveries) < RECOVERIES:
            self.recoveries += [one] * (bool(torn) or self.chance.random() < 0.05)
        elif self.chance.random() < RECOVERIES / len(self.states):
            self.recoveries[self.chance.randrange(RECOVERIES)] = one

    def _check(self, found: Found, image: Image, where: str) -> None:
        kinds = (self.promises.said, self.promises.tokens, self.promises.acknowledged)
        self.figures.count("promises checked", sum(map(len, kinds)))
        said = list(broken(self.promises, found, written=self.written))
        if said:
            raise self._disproved(image, f"{where}: {'; '.join(said)}")

    def recover(self) -> None:
        """The power goes again while a machine comes up."""
        chosen, roots = tuple(self.recoveries), []
        for number, (image, _) in enumerate(chosen):
            roots.append(self.disk / f"recovery{number}")
            put(image, roots[-1])
        marks = self.folder / "recovery-marks"
        program = ["-m", "proofs.power_loss.reopening", str(marks), *map(str, roots)]
        calls = trace(program, out=self.folder / "recovery", cwd=PROJECT)
        follower = Follower(Machine(), root=self.folder, marks=marks)
        for done in follower.follow(calls):
            if isinstance(done, Mark) and "up" in done.said:
                number = roots.index(Path(done.said["up"]))
                image, self.promises = chosen[number]
                follower.watch(Machine(image), root=roots[number])
            elif isinstance(done, Mark):
                for records in done.said["heard"].values():
                    self.promises.take({"kind": "heard", "records": records})
                for one in done.said["acknowledged"]:
                    self.promises.take({"kind": "acknowledged", **one})
            self.figures.count("steps of coming up")
            for image in images(follower.machine, self.chance, many=STATES_MANY):
                self.figures.count("outages while coming up")
                self._outage(image, f"recovery {number}, after {str(done)[:300]}")

    def _disproved(self, image: Image, text: str) -> Disproved:
        kept = Path(tempfile.mkdtemp(prefix="agentgather-power-loss-"))
        put(image, kept / "disk")
        return Disproved(f"{text}\nthe disk is kept at {kept / 'disk'}")
