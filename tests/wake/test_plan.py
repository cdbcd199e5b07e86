"""The plan of waking: at most one submission a wake over any crash, nothing lost, nobody disturbed, no budget exceeded."""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentgather.room.wakes.budget import DAY_SECONDS, HOUR_SECONDS
from agentgather.wake.adapter import Look, Submitted, Wake
from agentgather.wake.cause import Cause
from agentgather.wake.plan import WakePlan
from agentgather.wake.pointer import LINE_CHARACTERS_MAX
from agentgather.wake.rules import WakeRules
from agentgather.wake.steps import Next, Phase, Step
from agentgather.wake.told import Told, What

NOON = 1_800_000_000.0


def plan_of(rules: WakeRules | None = None) -> WakePlan:
    return WakePlan(rules or WakeRules(), room="lab", me="bob", room_url="http://127.0.0.1:8787")


def heard(plan: WakePlan, *ids: int, now: float = NOON) -> None:
    plan.hear([Cause(one, "ops", "mention") for one in ids], through_id=max(ids), now=now)


def handed_over(plan: WakePlan, outcome: Submitted, *, now: float, trouble: str = "") -> tuple[Told, ...]:
    wake, _ = plan.looked(Look.QUIET, wake_id="w", now=now)
    assert wake is not None
    return plan.submitted(outcome, trouble=trouble, now=now)


def test_what_is_said_within_the_window_is_one_wake() -> None:
    plan = plan_of()
    heard(plan, 5)
    heard(plan, 8, now=NOON + 2)
    assert plan.next(NOON + 2.9).step is Step.REST
    assert plan.next(NOON + 3).step is Step.LOOK
    wake, told = plan.looked(Look.QUIET, wake_id="w", now=NOON + 3)
    assert wake is not None
    assert (wake.since_id, wake.reason, told) == (4, "mention", ())
    assert [one.ids for one in plan.submitted(Submitted.YES, now=NOON + 3)] == [(5, 8)]


def test_another_agent_in_the_seat_does_not_wait_for_what_the_one_before_it_put_off() -> None:
    dead = plan_of()
    heard(dead, 5)
    handed_over(dead, Submitted.YES, now=NOON + 3)
    heard(dead, 6, now=NOON + 4)
    dead.verified(has_effect=True, now=NOON + 5)
    for moment in (NOON + 7, NOON + 9, NOON + 13, NOON + 21, NOON + 37):  # it was at work
        assert dead.looked(Look.WORKING, wake_id="w", now=moment)[0] is None
    plan = plan_of()
    plan.take_up(json.loads(json.dumps(dead.note())), now=NOON + 40)
    assert plan.next(NOON + 43).step is Step.REST
    plan.another_agent_came(now=NOON + 40)
    assert plan.next(NOON + 43).step is Step.LOOK
    wake, _ = plan.looked(Look.QUIET, wake_id="x", now=NOON + 43)
    assert wake is not None
    assert wake.since_id == 4
    assert [one.ids for one in plan.submitted(Submitted.YES, now=NOON + 43)] == [(5, 6)]


def test_another_agent_is_owed_nothing_and_does_not_exceed_the_budget_of_its_seat() -> None:
    plan = plan_of(WakeRules(hour_max=1))
    plan.another_agent_came(now=NOON)
    assert plan.next(NOON).step is Step.REST
    heard(plan, 5)
    handed_over(plan, Submitted.YES, now=NOON + 3)
    plan.verified(has_effect=False, now=NOON + 60)
    plan.another_agent_came(now=NOON + 60)
    wake, [told] = plan.looked(Look.QUIET, wake_id="x", now=NOON + 63)
    assert (wake, told.what) == (None, What.BUDGET_SPENT)
    plan.another_agent_came(now=NOON + 64)
    assert plan.next(NOON + 70).step is Step.REST


def test_another_agent_is_woken_for_what_is_left_though_the_budget_had_ended_for_what_is_not() -> None:
    plan = plan_of(WakeRules(hour_max=1))
    heard(plan, 5)
    handed_over(plan, Submitted.YES, now=NOON + 3)
    plan.verified(has_effect=False, now=NOON + 60)
    heard(plan, 6, now=NOON + 61)
    wake, [told] = plan.looked(Look.QUIET, wake_id="x", now=NOON + 64)
    assert (wake, told.what) == (None, What.BUDGET_SPENT)
    plan.answered(6, now=NOON + 65)
    plan.another_agent_came(now=NOON + 66)
    assert plan.next(NOON + 66) == Next(Step.REST, NOON + 69)


def test_an_empty_wait_wakes_nobody() -> None:
    plan = plan_of()
    for number in range(100):
        plan.hear([], through_id=number, now=NOON + number * 1000)
        assert plan.next(NOON + number * 1000) == plan_of().next(NOON)


def test_what_the_agent_fetched_itself_is_nothing_to_wake_for() -> None:
    plan = plan_of()
    heard(plan, 5, 6)
    assert [(one.what, one.ids) for one in plan.fetched(5, now=NOON)] == [(What.SKIPPED, (5,))]
    assert plan.next(NOON + 3).step is Step.LOOK
    assert [(one.what, one.why) for one in plan.answered(6, now=NOON)] == [(What.SKIPPED, "answered")]
    assert plan.next(NOON + 3).step is Step.REST


def test_a_busy_agent_is_looked_at_every_few_seconds_which_is_told_once_and_it_is_never_given_up() -> None:
    plan, now, waits, told = plan_of(), NOON + 3, list[float](), list[Told]()
    heard(plan, 5)
    for number in range(20):
        assert plan.next(now).step is Step.LOOK
        wake, said = plan.looked(Look.TYPING if number % 3 else Look.WORKING, wake_id="w", now=now)
        assert wake is None
        told.extend(said)
        until = plan.next(now).until
        assert until is not None
        waits.append(until - now)
        now = until
        if number == 8:
            heard(plan, 6, 7, now=now)
        if number == 12:
            plan, before = plan_of(), plan
            assert plan.take_up(json.loads(json.dumps(before.note())), now=now) == ()
    assert waits == [2.0, 4.0, 8.0, 16.0] + [30.0] * 16
    assert [(one.what, one.why, one.ids) for one in told] == [
        (What.DEFERRED, "working", (5,)),
        (What.DEFERRED, "working", (6, 7)),
    ]
    assert [one.attempts for one in handed_over(plan, Submitted.YES, now=now)] == [1]
    plan.verified(has_effect=True, now=now)
    heard(plan, 8, now=now)
    _, (again,) = plan.looked(Look.WORKING, wake_id="w", now=now + 3)
    assert (again.ids, again.again_at) == ((8,), now + 5)


def test_what_failed_is_tried_on_its_own_rungs_however_busy_the_agent_was_between() -> None:
    plan, now, told = plan_of(), NOON + 3, list[Told]()
    heard(plan, 5)
    while plan.next(now).step is Step.LOOK:
        for _ in range(3):
            plan.looked(Look.WORKING, wake_id="w", now=now)
            now = plan.next(now).until or now
        (one,) = handed_over(plan, Submitted.NO, trouble="unreachable", now=now)
        told.append(one)
        now = one.again_at or now
    assert [(one.what, one.attempts) for one in told] == [
        (What.RETRYING, 1),
        (What.RETRYING, 2),
        (What.RETRYING, 3),
        (What.FAILED, 4),
    ]
    assert [one.again_at - one.at for one in told if one.again_at is not None] == [30.0, 180.0, 600.0]


def test_what_the_room_granted_and_the_agent_was_too_busy_for_is_told_to_the_room_by_its_id() -> None:
    plan = plan_of()
    heard(plan, 5)
    for moment in (NOON + 3, NOON + 5):
        (told,) = handed_over(plan, Submitted.NO, trouble="typing", now=moment)
        assert (told.what, told.wake, told.ids) == (What.DEFERRED, "w", (5,))


def test_a_wake_that_surely_failed_is_tried_three_times_more_and_then_given_up() -> None:
    plan, now = plan_of(), NOON + 3
    heard(plan, 5)
    told = []
    while plan.next(now).step is Step.LOOK:
        (one,) = handed_over(plan, Submitted.NO, trouble="unreachable", now=now)
        told.append(one)
        now = one.again_at or now
    assert [one.what for one in told] == [What.RETRYING] * 3 + [What.FAILED]
    assert [one.attempts for one in told] == [1, 2, 3, 4]
    assert plan.next(now).until == now + 1800


def test_a_wake_that_surely_failed_costs_no_budget() -> None:
    plan = plan_of(WakeRules(hour_max=1))
    heard(plan, 5)
    handed_over(plan, Submitted.NO, now=NOON + 3)
    assert [one.what for one in handed_over(plan, Submitted.YES, now=NOON + 33)] == [What.SUBMITTED]


def test_the_end_of_a_budget_is_told_once_and_the_wake_comes_when_there_is_one_again() -> None:
    plan = plan_of(WakeRules(hour_max=1))
    heard(plan, 5)
    handed_over(plan, Submitted.YES, now=NOON + 3)
    plan.verified(has_effect=True, now=NOON + 4)
    heard(plan, 6, now=NOON + 5)
    _, (spent,) = plan.looked(Look.QUIET, wake_id="x", now=NOON + 8)
    assert (spent.what, spent.again_at) == (What.BUDGET_SPENT, NOON + 3 + HOUR_SECONDS)
    heard(plan, 7, now=NOON + 60)
    assert plan.next(NOON + 3000) == plan.next(NOON + 60)
    free = NOON + 3 + HOUR_SECONDS
    assert plan.next(free).step is Step.LOOK
    wake, told = plan.looked(Look.QUIET, wake_id="y", now=free)
    assert wake is not None
    assert [one.what for one in told] == [What.BUDGET_FREE]


def test_a_wake_that_the_room_refuses_waits_for_its_budget_costs_nothing_and_comes() -> None:
    plan = plan_of(WakeRules(hour_max=1))
    heard(plan, 5)
    told: list[Told] = []
    for moment in (NOON + 3, NOON + 700):
        assert plan.next(moment).step is Step.LOOK
        wake, _ = plan.looked(Look.QUIET, wake_id="w", now=moment)
        assert wake is not None
        told.extend(plan.refused(again_at=moment + 600, now=moment))
        assert plan.next(moment) == Next(Step.REST, moment + 600)
    assert [(one.what, one.why, one.ids, one.again_at) for one in told] == [
        (What.BUDGET_SPENT, "room", (5,), NOON + 603)
    ]
    again = plan_of(WakeRules(hour_max=1))
    assert again.take_up(json.loads(json.dumps(plan.note())), now=NOON + 701) == ()
    again.room_budget_changed(now=NOON + 702)
    wake, _ = again.looked(Look.QUIET, wake_id="x", now=NOON + 705)
    assert wake is not None
    assert [(one.what, one.why) for one in again.granted(now=NOON + 705)] == [(What.BUDGET_FREE, "room")]
    assert [one.attempts for one in again.submitted(Submitted.YES, now=NOON + 705)] == [1]


def test_an_unconfirmed_wake_is_not_handed_over_again_and_the_safety_timer_is_bounded() -> None:
    plan, now, wakes = plan_of(), NOON + 3, 0
    heard(plan, 5)
    while True:
        due = plan.next(now)
        if due.step is Step.REST:
            if due.until is None:
                break
            now = due.until
            continue
        assert [one.what for one in handed_over(plan, Submitted.YES, now=now)] == [What.SUBMITTED]
        wakes += 1
        assert [one.what for one in plan.verified(has_effect=False, now=now + 60)] == [What.UNCONFIRMED]
    assert wakes == 4
    assert now == NOON + 3 + 3 * 1800


def test_fetching_is_an_effect() -> None:
    plan = plan_of()
    heard(plan, 5)
    handed_over(plan, Submitted.YES, now=NOON + 3)
    assert [(one.what, one.why) for one in plan.fetched(5, now=NOON + 9)] == [(What.CONFIRMED, "fetched")]
    assert plan.next(NOON + 9).step is Step.REST


def test_a_crash_while_a_wake_is_handed_over_leaves_it_unsure_and_it_is_never_handed_over_again() -> None:
    plan = plan_of()
    heard(plan, 5)
    wake, _ = plan.looked(Look.QUIET, wake_id="w", now=NOON + 3)
    assert wake is not None
    again = plan_of()
    (told,) = again.take_up(json.loads(json.dumps(plan.note())), now=NOON + 60)
    assert (told.what, told.ids, told.wake) == (What.UNSURE, (5,), "w")
    assert again.next(NOON + 60) == Next(Step.REST, NOON + 60 + 1800)


def test_a_crash_while_an_effect_is_looked_for_ends_the_looking() -> None:
    plan = plan_of(WakeRules(verify_seconds=3600))
    heard(plan, 5)
    handed_over(plan, Submitted.YES, now=NOON + 3)
    again = plan_of()
    (told,) = again.take_up(plan.note(), now=NOON + 60)
    assert (told.what, told.why) == (What.UNCONFIRMED, "restarted")
    heard(again, 6, now=NOON + 61)
    assert again.next(NOON + 64).step is Step.LOOK


@pytest.mark.parametrize("broken", [{}, {"since_id": -1}, {**plan_of().note(), "waiting": [[1]]}])
def test_what_is_no_note_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no note"):
        plan_of().take_up(broken, now=NOON)


def test_a_clock_that_is_set_back_delays_a_wake_by_a_rung_at_most() -> None:
    plan = plan_of()
    heard(plan, 5)
    yesterday = NOON - DAY_SECONDS
    due = plan.next(yesterday)
    assert due.until is not None
    assert due.until <= yesterday + 600


class Life(RuleBasedStateMachine):
    """A participant, its room, an adapter that may do anything, and a process that may be killed at every moment."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = WakeRules(hour_max=3, day_max=8)
        self.plan = plan_of(self.rules)
        self.now = NOON
        self.numbers = count(1)
        self.last_id = 0
        self.concerning: set[int] = set()
        self.covered: set[int] = set()  # woken for, fetched, answered or told to be given up
        self.passed = 0.0  # seconds, whatever the clock says
        self.handed: dict[int, float] = {}  # the messages that this agent was woken for, and when
        self.disk = json.dumps(self.plan.note())
        self.in_hand: Wake | None = None
        self.in_hand_ids: list[int] = []

    @initialize(since_id=st.integers(0, 5))
    def begin(self, since_id: int) -> None:
        self.last_id = since_id
        self.plan.hear([], through_id=since_id, now=self.now)
        self.say([True])

    def keep(self) -> None:
        self.disk = json.dumps(self.plan.note())

    def take(self, told: tuple[Told, ...]) -> None:
        for one in told:
            assert one.again_at is None or one.again_at > self.now
            if one.what in (What.SKIPPED, What.SUBMITTED, What.UNSURE, What.FAILED):
                self.covered.update(one.ids)

    @rule(concerns=st.lists(st.sampled_from([True, True, False]), min_size=1, max_size=4))
    def say(self, concerns: list[bool]) -> None:
        causes = []
        for concern in concerns:
            self.last_id += 1
            if concern:
                causes.append(Cause(self.last_id, "ops", "mention"))
                self.concerning.add(self.last_id)
        self.plan.hear(causes, through_id=self.last_id, now=self.now)
        self.keep()

    @rule(seconds=st.sampled_from([0.5, 3, 30, 200, 700, 4000, 90_000, -50, -100_000]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.passed += max(0, seconds)

    @rule(back=st.integers(0, 3))
    def fetch(self, back: int) -> None:
        through = max(0, self.last_id - back)
        self.take(self.plan.fetched(through, now=self.now))
        self.covered.update(one for one in self.concerning if one <= through)

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        if self.concerning:
            one = data.draw(st.sampled_from(sorted(self.concerning)))
            self.take(self.plan.answered(one, now=self.now))
            self.covered.add(one)

    @precondition(lambda self: self.in_hand is None and (self.plan.waiting or self.plan.woken))
    @rule(
        look=st.sampled_from([*[Look.QUIET] * 5, *Look]),
        is_due=st.booleans(),
        then=st.sampled_from([None, True, False, *Submitted]),
    )
    def look(self, look: Look, is_due: bool, then: Submitted | bool | None) -> None:
        """`is_due`: at the moment that the plan has named, and after the effect of the last one was looked for in vain.

        `then` it is handed over at once, or other things happen before, or its keeper dies: True after it did so, False before.
        """
        for _ in range(3 * is_due):
            due = self.plan.next(self.now)
            if due.step is Step.VERIFY:
                self.verify(has_effect=False)
            elif due.step is Step.REST and due.until is not None:
                self.pass_time(due.until - self.now)
        due = self.plan.next(self.now)
        if due.step is not Step.LOOK:
            assert due.until is None or due.until > self.now or due.step is Step.VERIFY
            return
        wake, told = self.plan.looked(look, wake_id=f"w{next(self.numbers)}", now=self.now)
        self.take(told)
        self.keep()
        if wake is not None:
            assert look is Look.QUIET
            assert len(wake.line) <= LINE_CHARACTERS_MAX
            self.in_hand, self.in_hand_ids = wake, [cause.id for cause in self.plan.waiting]
            assert all(
                self.passed - self.handed.get(one, -1e9) >= self.rules.safety_seconds for one in self.in_hand_ids
            )
            if isinstance(then, Submitted):
                self.act(then, "")
            elif then is not None:
                self.crash(was_handed=then, is_another=False)

    @precondition(lambda self: self.in_hand is not None)
    @rule(is_spent=st.booleans(), seconds=st.sampled_from([5, 900, 80_000]))
    def refuse(self, is_spent: bool, seconds: int) -> None:
        """The room does not let it be handed over, or does not answer."""
        self.in_hand = None
        if is_spent:
            self.take(self.plan.refused(again_at=self.now + seconds, now=self.now))
        else:
            self.plan.withheld(again_at=self.now + seconds)
        self.keep()

    @precondition(lambda self: self.in_hand is not None)
    @rule(outcome=st.sampled_from(Submitted), trouble=st.sampled_from(["", "typing", "refused"]))
    def act(self, outcome: Submitted, trouble: str) -> None:
        if outcome is not Submitted.NO:
            self.hand_over()
        self.in_hand = None
        self.take(self.plan.submitted(outcome, trouble=trouble, now=self.now))
        self.keep()

    @precondition(lambda self: self.plan.phase is Phase.VERIFYING)
    @rule(has_effect=st.booleans())
    def verify(self, has_effect: bool) -> None:
        self.take(self.plan.verified(has_effect=has_effect, now=self.now))
        self.keep()

    def hand_over(self) -> None:
        self.handed |= dict.fromkeys(self.in_hand_ids, self.passed)

    @rule(was_handed=st.booleans(), is_another=st.booleans())
    def crash(self, was_handed: bool, is_another: bool) -> None:
        """`is_another`: the agent has ended too, and another is in its place, who was woken for nothing so far."""
        if self.in_hand is not None and was_handed:
            self.hand_over()
        self.in_hand = None
        self.plan = plan_of(self.rules)
        self.take(self.plan.take_up(json.loads(self.disk), now=self.now))
        self.plan.hear([], through_id=self.last_id, now=self.now)
        if is_another:
            self.plan.another_agent_came(now=self.now)
            self.handed.clear()

    @invariant()
    def nothing_is_lost(self) -> None:
        remembered = {cause.id for cause in (*self.plan.waiting, *self.plan.woken)}
        assert self.concerning <= self.covered | remembered

    @invariant()
    def what_waits_has_its_moment(self) -> None:
        if self.plan.waiting and self.plan.phase is Phase.RESTING:
            due = self.plan.next(self.now)
            assert due.step is Step.LOOK or due.until is not None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=40)


class Thrift(RuleBasedStateMachine):
    """A room that never stops calling: the budget holds in every hour and every day."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = WakeRules(hour_max=3, day_max=7)
        self.plan = plan_of(self.rules)
        self.now, self.last_id = NOON, 0
        self.moments: list[float] = []

    @rule(seconds=st.floats(0, 5000), outcome=st.sampled_from(Submitted))
    def call(self, seconds: float, outcome: Submitted) -> None:
        self.now += seconds
        self.last_id += 1
        heard(self.plan, self.last_id, now=self.now)
        if self.plan.next(self.now).step is not Step.LOOK:
            return
        wake, _ = self.plan.looked(Look.QUIET, wake_id=f"w{self.last_id}", now=self.now)
        if wake is not None:
            self.plan.submitted(outcome, now=self.now)
            self.plan.verified(has_effect=True, now=self.now)
            if outcome is not Submitted.NO:
                self.moments.append(self.now)

    @invariant()
    def the_budget_holds(self) -> None:
        for seconds, most in ((HOUR_SECONDS, 3), (DAY_SECONDS, 7)):
            for moment in self.moments:
                assert sum(moment - seconds < one <= moment for one in self.moments) <= most


TestThrift = Thrift.TestCase
TestThrift.settings = settings(max_examples=15, stateful_step_count=40)
