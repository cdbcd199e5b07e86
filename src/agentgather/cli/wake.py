"""`agentgather wake`: stay beside an agent that sleeps, and wake it for what concerns it in its room."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import Output, output_for
from agentgather.cli.seat_here import seat_here
from agentgather.cli.turn import Turn, open_turn, take_turn
from agentgather.cli.waiting import ending
from agentgather.cli.wake_lines import told_line
from agentgather.cli.wake_plan import taken_up
from agentgather.cli.wake_ways import NO_WAYS, Switch, Via, Ways, open_way
from agentgather.room.names import Alias, RoomId
from agentgather.signals import stop_on_signal
from agentgather.store.home import Home
from agentgather.wake.adapter import Adapter
from agentgather.wake.declaring import declared
from agentgather.wake.keeping import Waking
from agentgather.wake.marks import marks
from agentgather.wake.notebook import AlreadyWaking, Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.reports import Reports
from agentgather.wake.rules import WakeRules
from agentgather.wake.told import Told

_RULES = WakeRules()
SEAT_SECONDS = 1.0  # between two looks for the seat of an agent that has none yet


def wake(
    *,
    via: Via,
    ways: Ways = NO_WAYS,
    gather: float = _RULES.coalesce_seconds,
    an_hour: int = _RULES.hour_max,
    a_day: int = _RULES.day_max,
    again_after: str = "30m",
    verify: float | None = None,
    here: Switch = False,
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
    here
        claude-channel: act as the seat that `agentgather mcp` takes for the agent that starts us, once it has.
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
    if here and via != "claude-channel":
        raise Failure("usage", "--here goes with --via claude-channel: what else wakes is started by nobody's agent")
    if via == "claude-channel":
        turn = None if here else open_turn(flags)
        return trio.run(_channel, lambda: _seated(flags.open_home()) if turn is None else _given(turn), rules)
    return take_turn(flags, lambda turn: _wake(turn, via, ways, rules))


async def _given(turn: Turn) -> Turn:
    await trio.lowlevel.checkpoint()
    return turn


async def _seated(home: Home) -> Turn:
    """The turn of the agent that started us, once it has a seat: it takes one when it first needs it."""
    while True:
        found = seat_here(home)
        if found is not None:
            return Turn(home, found.seat, output_for(is_json=False))
        await trio.sleep(SEAT_SECONDS)


async def _channel(find_turn: Callable[[], Awaitable[Turn]], rules: WakeRules) -> int:
    """As `_wake`, for the agent that started us: standard output is its own, and it ends when the agent hangs up."""
    from agentgather.wake.claude_channel import ClientGone, open_channel

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            number, signal.SIG_DFL
        )  # a read of standard input is not called off, and nothing is left half done
    try:
        async with open_channel() as channel:
            turn = await find_turn()
            turn.output = Output(is_json=turn.output.is_json, stdout=sys.stderr)
            await _beside(turn, rules, channel)
            await trio.sleep_forever()  # the room is over; the agent is not
    except ClientGone:
        return OK
    raise AssertionError("never")


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
    reason = "stopped"
    async with trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal, _Stop(nursery.cancel_scope))
        async with open_way(via, ways) as adapter:
            reason = await _beside(turn, rules, adapter)
        nursery.cancel_scope.cancel()
    return OK if reason == "stopped" else ending(reason)


async def _beside(turn: Turn, rules: WakeRules, adapter: Adapter) -> str:
    """Wake by `adapter` until there is nothing more to follow; answers why."""
    room, me = await turn.who()
    notebook = Notebook(turn.home, room, me)
    with _held(notebook):
        seen = await turn.ask(marks)
        plan, told = taken_up(turn, rules, room=room, me=me, notebook=notebook, seen=seen)
        _announce(turn.output, plan, room=room, me=me, via=adapter.name)
        waking = Waking(
            plan,
            adapter,
            notebook,
            reach=lambda: turn.reach(may_open_room=False),
            me=me,
            tell=lambda one: _tell(turn.output, one),
            report=Reports(lambda: turn.reach(may_open_room=False), via=adapter.name),
            left=told,
        )
        async with declared(waking.reach):
            return await waking.keep()


@contextmanager
def _held(notebook: Notebook) -> Iterator[None]:
    try:
        with notebook.held():
            yield
    except AlreadyWaking as other:
        raise Failure("already_waking", str(other), hint="stop that process first: two would wake it twice") from None


def _announce(output: Output, plan: WakePlan, *, room: RoomId, me: Alias, via: str) -> None:
    output.answer(
        {"ok": True, "what": "waking", "room": room, "alias": me, "via": via, "since_id": plan.since_id},
        f"waking {me} in {room} by {via}, for what comes after #{plan.since_id}; Ctrl-C to stop",
    )


def _tell(output: Output, told: Told) -> None:
    output.answer({"ok": True, **told.to_json()}, told_line(told))
