"""What a comparison has found so far, told from both sides, and the end of its patience."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from agentgather.contracts.canonical import shown
from agentgather.contracts.difference import Comparison, Difference, Verdict, worst
from agentgather.contracts.limits import DIFFERENCES_MAX, PATH_MAX, STEPS_MAX
from agentgather.contracts.unfit import Unfit

NOTHING = object()  # there is no such value, as opposed to null


@dataclass(frozen=True, slots=True)
class Stance:
    """How a place is read.

    `is_written_by_consumer`: what a client sends; everything else is read by consumers and written by producers.
    `is_closed`: a writer writes only the properties that its schema describes, where it describes any. It cannot be said of
    places to which several schemas apply at once.
    `is_exact`: any change may break both sides, as among the branches of a oneOf that overlap.
    """

    is_written_by_consumer: bool = False
    is_closed: bool = True
    is_exact: bool = False

    @property
    def among_others(self) -> Stance:
        return replace(self, is_closed=False)

    @property
    def exactly(self) -> Stance:
        return replace(self, is_closed=False, is_exact=True)


class Findings:
    """Collects differences. `steps_left` bounds the whole comparison."""

    def __init__(self) -> None:
        self._differences: list[Difference] = []
        self._count = 0
        self._consumer = self._producer = Verdict.COMPATIBLE
        self._steps_left = STEPS_MAX

    def step(self, count: int = 1) -> None:
        """Count the looking at one pair, or a difference. Raises Unfit when that was too many."""
        self._steps_left -= count
        if self._steps_left < 0:
            raise Unfit("too_complex", f"comparing the two versions takes more than {STEPS_MAX} steps; make it simpler")

    def add(
        self,
        path: str,
        kind: str,
        *,
        was: Any = NOTHING,
        now: Any = NOTHING,
        widens: Verdict | bool,
        narrows: Verdict | bool,
        stance: Stance,
    ) -> None:
        """Note a difference. `widens`: the newer may hold what the older refused; `narrows`: the other way round.

        Whoever reads is broken by what widens, whoever writes by what narrows.
        """
        reader, writer = _verdict(widens), _verdict(narrows)
        if stance.is_exact:
            reader = writer = worst([reader, writer])
        consumer, producer = (writer, reader) if stance.is_written_by_consumer else (reader, writer)
        self.tell(path, kind, was=was, now=now, consumer=consumer, producer=producer)

    def tell(
        self, path: str, kind: str, *, was: Any = NOTHING, now: Any = NOTHING, consumer: Verdict, producer: Verdict
    ) -> None:
        """Note a difference that is told from each side already. Raises Unfit as `step` does."""
        self.step()
        self._count += 1
        self._consumer = worst([self._consumer, consumer])
        self._producer = worst([self._producer, producer])
        if len(self._differences) < DIFFERENCES_MAX:
            self._differences.append(Difference(_short(path), kind, _shown(was), _shown(now), consumer, producer))

    def comparison(self) -> Comparison:
        return Comparison(self._consumer, self._producer, self._count, tuple(self._differences))


def _shown(value: Any) -> str | None:
    return None if value is NOTHING else shown(value)


def _short(path: str) -> str:
    return path if len(path) <= PATH_MAX else path[: PATH_MAX - 1] + "…"


def _verdict(answer: Verdict | bool) -> Verdict:
    if isinstance(answer, Verdict):
        return answer
    return Verdict.BREAKING if answer else Verdict.COMPATIBLE
