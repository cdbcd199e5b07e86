"""`agentgather wake`: stay beside an agent that sleeps, and wake it for what concerns it in its room."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import Output
from agentgather.cli.turn import Turn, take_turn
from agentgather.cli.waiting import ending
from agentgather.cli.wake_lines import told_line
from agentgather.cli.wake_ways import NO_WAYS, Via, Ways, open_way
from agentgather.room.names import Alias, RoomId
from agentgather.signals import stop_on_signal
from agentgather.store.home import DocumentDamaged
from agentgather.wake.adapter import Adapter
from agentgather.wake.keeping import Waking
from agentgather.wake.marks import marks
from agentgather.wake.notebook import AlreadyWaking, Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.rules import WakeRules
from agentgather.wake.told import Told

_RULES = WakeRules()


def wake(
    *,
    via: Via,
    ways: Ways = NO_WAYS,
    gather: float = _RULES.coalesce_seconds,
    an_hour: int = _RULES.hour_max,
    a_day: int = _RULES.day_max,
    again_after: str = "30m",
    verify: float | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Stay beside an agent, and wake it for what concerns it. Never for an empty wait, and never with a message's words.

    Stopped at any point, the same command goes on: no wake is lost, and none is handed over twice.

    Parameters
    ----------
    via
        The way to wake it.
    gather
        Seconds within which several messages are one wake.
    an_hour
        How often it may be woken in an hour.
    a_day
        How often it may be woken in a day.
    again_after
        When it is woken again for what it has not fetched, such as 30m; three times at most.
    verify
        Seconds within which a wake has to take effect. Default: what suits the way.
    """
    try:
        rules = WakeRules(
            coalesce_seconds=gather,
            verify_seconds=verify if verify is not None else max(_RULES.verify_seconds, _takes(via, ways)),
            hour_max=an_hour,
            day_max=a_day,
            safety_seconds=_seconds(again_after),
        )
    except ValueError as refused:
        raise Failure("usage", str(refused)) from None
    return take_turn(flags, lambda turn: _wake(turn, via, ways, rules))


def _takes(via: Via, ways: Ways) -> float:
    """How long the effect of a wake takes to show."""
    return ways.seconds if via == "program" else 0.0


def _seconds(written: str) -> float:
    from agentgather.api.durations import parse_duration

    return parse_duration(written, field="--again-after").total_seconds()


@dataclass
class _Stop:
    scope: trio.CancelScope
    is_asked: bool = False

    def stop(self) -> None:
        self.is_asked = True
        self.scope.cancel()


async def _wake(turn: Turn, via: Via, ways: Ways, rules: WakeRules) -> int:
    room, me = await turn.who()
    notebook = Notebook(turn.home, room, me)
    reason = "stopped"
    with _held(notebook):
        async with trio.open_nursery() as nursery:
            await nursery.start(stop_on_signal, _Stop(nursery.cancel_scope))
            async with open_way(via, ways) as adapter:
                plan = await _plan(turn, rules, room=room, me=me, notebook=notebook)
                _announce(turn.output, plan, room=room, me=me, via=via)
                reason = await _waking(turn, plan, adapter, notebook, me).keep()
            nursery.cancel_scope.cancel()
    return OK if reason == "stopped" else ending(reason)


def _waking(turn: Turn, plan: WakePlan, adapter: Adapter, notebook: Notebook, me: Alias) -> Waking:
    output = turn.output
    return Waking(
        plan,
        adapter,
        notebook,
        reach=lambda: turn.reach(may_open_room=False),
        me=me,
        tell=lambda told: _tell(output, told),
    )


@contextmanager
def _held(notebook: Notebook) -> Iterator[None]:
    try:
        with notebook.held():
            yield
    except AlreadyWaking as other:
        raise Failure("already_waking", str(other), hint="stop that process first: two would wake it twice") from None


async def _plan(turn: Turn, rules: WakeRules, *, room: RoomId, me: Alias, notebook: Notebook) -> WakePlan:
    """The plan as it was left, or a new one, which begins after what the participant has fetched already."""
    now = time.time()
    seen = await turn.ask(marks)
    plan = WakePlan(rules, room=room, me=me, room_url=turn.seat.base_url, since_id=seen.fetched_id)
    kept = notebook.read()
    if kept is not None:
        try:
            told = plan.take_up(kept["plan"], now=now)
        except (KeyError, ValueError):
            raise DocumentDamaged(notebook.path, "it is no note of wakes") from None
        if plan.since_id > seen.last_id:  # it was kept for another room of this name
            return WakePlan(rules, room=room, me=me, room_url=turn.seat.base_url, since_id=seen.fetched_id)
        for one in told:
            _tell(turn.output, one)
    return plan


def _announce(output: Output, plan: WakePlan, *, room: RoomId, me: Alias, via: Via) -> None:
    output.answer(
        {"ok": True, "what": "waking", "room": room, "alias": me, "via": via, "since_id": plan.since_id},
        f"waking {me} in {room} by {via}, for what comes after #{plan.since_id}; Ctrl-C to stop",
    )


def _tell(output: Output, told: Told) -> None:
    output.answer({"ok": True, **told.to_json()}, told_line(told))
