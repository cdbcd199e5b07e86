"""When to wake, and what to think of what came of it. Pure: it does nothing itself, and the time is handed in.

The order that makes a wake be handed over at most once: `looked` answers with the wake and notes that it is being handed
over; the caller keeps `note()` on disk, and only then lets the adapter act; then it tells `submitted`. A plan that is taken
up from a note of a wake that was being handed over does not know how far that went, so it never hands it over again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from agentgather.room.wakes.budget import DAY_SECONDS, Budget
from agentgather.wake.adapter import Look, Submitted, Wake
from agentgather.wake.cause import Cause
from agentgather.wake.pointer import pointer_line
from agentgather.wake.rules import WakeRules
from agentgather.wake.steps import Next, Phase, Step
from agentgather.wake.told import Told, What
from agentgather.wake.trying import BUSY, Trying

CAUSES_MAX = 200  # remembered one by one; of more, the first and the newest are: whoever fetches gets them all
PARTICIPANT, ROOM = "participant", "room"  # whose budget is spent
LOOK_IS = {Look.GONE: "gone", Look.WORKING: "working", Look.TYPING: "typing"}


class WakePlan:
    """The wakes of one participant in one room. Moments are Unix seconds; a clock that jumps delays by a rung at most."""

    def __init__(self, rules: WakeRules, *, room: str, me: str, room_url: str, since_id: int = 0) -> None:
        self.since_id = since_id  # everything up to here was taken in
        self._rules = rules
        self._room = room
        self._me = me
        self._room_url = room_url
        self._waiting: tuple[Cause, ...] = ()  # to be woken for
        self._woken: tuple[Cause, ...] = ()  # woken for, and not fetched so far
        self._due_at: float | None = None
        self._trying = Trying()
        self._phase = Phase.RESTING
        self._wake: str | None = None
        self._wake_ids: tuple[int, ...] = ()
        self._handed_at = 0.0
        self._budget = Budget(rules.hour_max, rules.day_max)
        self._spent_by = ""  # whose budget was last told to be spent: the participant's or the room's
        self._safety_at: float | None = None
        self._safety_wakes = 0
        self._is_safety = False

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def waiting(self) -> tuple[Cause, ...]:
        return self._waiting

    @property
    def woken(self) -> tuple[Cause, ...]:
        return self._woken

    def hear(self, causes: Iterable[Cause], *, through_id: int, now: float) -> None:
        """Take in everything up to `through_id`, of which `causes` concern the participant. Heard twice is heard once."""
        new = tuple(cause for cause in causes if cause.id > self.since_id)
        self.since_id = max(self.since_id, through_id)
        if new:
            self._waiting = _bounded((*self._waiting, *new))
            self._safety_wakes = 0
            if self._due_at is None or self._is_safety:
                self._due_at, self._trying, self._is_safety = now + self._rules.coalesce_seconds, Trying(), False

    def fetched(self, through_id: int, *, now: float) -> tuple[Told, ...]:
        """The participant itself has fetched everything up to `through_id`: there is nothing to wake it for in that."""
        return self._settle(lambda cause: cause.id <= through_id, why="fetched", now=now)

    def answered(self, message_id: int, *, now: float) -> tuple[Told, ...]:
        """The participant itself replied to this one message."""
        return self._settle(lambda cause: cause.id == message_id, why="answered", now=now)

    def next(self, now: float) -> Next:
        """What is to be done now. It is asked again after everything that is told."""
        self._heed_clock(now)
        if self._phase is Phase.VERIFYING:
            return Next(Step.VERIFY, self._handed_at + self._rules.verify_seconds)
        if not self._waiting and self._woken and self._safety_at is not None:
            if now < self._safety_at:
                return Next(Step.REST, self._safety_at)
            self._waiting, self._woken, self._safety_at = self._woken, (), None
            self._due_at, self._trying, self._is_safety = now, Trying(), True
            self._safety_wakes += 1
        if not self._waiting or self._due_at is None:
            return Next(Step.REST)
        return Next(Step.REST, self._due_at) if now < self._due_at else Next(Step.LOOK)

    def looked(self, look: Look, *, wake_id: str, now: float) -> tuple[Wake | None, tuple[Told, ...]]:
        """What the agent is seen to do. Answers with the wake to be handed over, to be kept on disk before that."""
        if self._phase is not Phase.RESTING or not self._waiting:
            return None, ()
        if look is not Look.QUIET:
            return None, self._try_again(LOOK_IS[look], now=now)
        told: tuple[Told, ...] = ()
        free_at = self._budget.free_at(now)
        if free_at > now:
            self._due_at = free_at
            return None, self._told_spent(PARTICIPANT, again_at=free_at, now=now)
        if self._spent_by == PARTICIPANT:
            told = self._told_free(now=now)
        self._budget = self._budget.after_wake(now)
        self._phase, self._wake, self._wake_ids, self._handed_at = Phase.SUBMITTING, wake_id, self._ids(), now
        causes = tuple(sorted((*self._woken, *self._waiting), key=lambda cause: cause.id))
        return (
            Wake(
                id=wake_id,
                room_url=self._room_url,
                since_id=causes[0].id - 1,
                reason="safety" if self._is_safety else self._waiting[0].reason,
                line=pointer_line(causes, room=self._room, me=self._me, is_safety=self._is_safety),
            ),
            told,
        )

    def refused(self, *, again_at: float, now: float) -> tuple[Told, ...]:
        """The room lets nobody be woken before `again_at`: its own budget is spent. Nothing was handed over."""
        self.withheld(again_at=again_at)
        return self._told_spent(ROOM, again_at=again_at, now=now)

    def withheld(self, *, again_at: float) -> None:
        """The room could not be asked for the wake that `looked` answered with. Nothing was handed over, and no try is lost."""
        self._phase, self._budget = Phase.RESTING, self._budget.without_last()
        self._due_at = again_at

    def granted(self, *, now: float) -> tuple[Told, ...]:
        """The room lets the wake that `looked` answered with be handed over."""
        return self._told_free(now=now) if self._spent_by == ROOM else ()

    def room_budget_changed(self, *, now: float) -> None:
        """The host set another budget: what waits for the room's is asked for soon."""
        if self._spent_by == ROOM and self._waiting and self._phase is Phase.RESTING:
            self._due_at = now + self._rules.coalesce_seconds

    def submitted(self, outcome: Submitted, *, trouble: str = "", now: float) -> tuple[Told, ...]:
        """What the adapter did with the wake that `looked` answered with."""
        assert self._phase is Phase.SUBMITTING, "a wake is handed over once"
        if outcome is Submitted.NO:
            self._phase, self._budget = Phase.RESTING, self._budget.without_last()
            return self._try_again(trouble or "refused", wake=self._wake, now=now)
        self._phase, self._handed_at = Phase.VERIFYING, now
        handed = set(self._wake_ids)
        self._woken = _bounded((*self._woken, *(cause for cause in self._waiting if cause.id in handed)))
        self._waiting = tuple(cause for cause in self._waiting if cause.id not in handed)
        self._due_at = now + self._rules.coalesce_seconds if self._waiting else None
        attempts, self._trying, self._is_safety = self._trying.failures + 1, Trying(), False
        self._safety_at = now + self._rules.safety_seconds
        what = What.SUBMITTED if outcome is Submitted.YES else What.UNSURE
        return (Told(what, now, self._wake_ids, wake=self._wake, why=trouble, attempts=attempts),)

    def verified(self, *, has_effect: bool, now: float, why: str = "") -> tuple[Told, ...]:
        """Whether the wake took effect. A wake that did not is not handed over again: the safety timer looks after it."""
        if self._phase is not Phase.VERIFYING:
            return ()
        self._phase = Phase.RESTING
        if self._woken and self._safety_wakes >= self._rules.safety_wakes_max:
            self._woken, self._safety_at = (), None  # it was called often enough for these
        return (
            Told(What.CONFIRMED if has_effect else What.UNCONFIRMED, now, self._wake_ids, wake=self._wake, why=why),
        )

    def another_agent_came(self, *, now: float) -> None:
        """It knows nothing of what the one before it was woken for, nor was it busy: it is woken soon. Budgets stay."""
        self._waiting, self._woken = _bounded((*self._woken, *self._waiting)), ()
        self._safety_at, self._safety_wakes, self._is_safety, self._trying = None, 0, False, Trying()
        if self._waiting and (not self._spent_by or self._due_at is None):
            self._due_at = now + self._rules.coalesce_seconds

    def note(self) -> dict[str, Any]:
        """All of it as JSON, for `taken_up`."""
        return {
            "since_id": self.since_id,
            "waiting": [[cause.id, cause.sender, cause.reason] for cause in self._waiting],
            "woken": [[cause.id, cause.sender, cause.reason] for cause in self._woken],
            "due_at": self._due_at,
            **self._trying.note(),
            "phase": self._phase.value,
            "wake": self._wake,
            "wake_ids": list(self._wake_ids),
            "handed_at": self._handed_at,
            "spent": list(self._budget.spent),
            "spent_by": self._spent_by,
            "safety_at": self._safety_at,
            "safety_wakes": self._safety_wakes,
            "is_safety": self._is_safety,
        }

    def take_up(self, note: dict[str, Any], *, now: float) -> tuple[Told, ...]:
        """Go on from a `note`. A wake that was being handed over may have been, and counts so. Raises ValueError."""
        try:
            self.since_id = _whole(note["since_id"])
            self._waiting = tuple(Cause(_whole(one), str(who), str(why)) for one, who, why in note["waiting"])
            self._woken = tuple(Cause(_whole(one), str(who), str(why)) for one, who, why in note["woken"])
            self._due_at = _moment(note["due_at"])
            self._trying = Trying(*(_whole(note[name]) for name in ("tries", "looks", "deferred_id")))
            self._phase = Phase(note["phase"])
            self._wake = None if note["wake"] is None else str(note["wake"])
            self._wake_ids = tuple(_whole(one) for one in note["wake_ids"])
            self._handed_at = float(note["handed_at"])
            self._budget = replace(self._budget, spent=tuple(float(one) for one in note["spent"])).at(now)
            self._spent_by = str(note["spent_by"])
            self._safety_at = _moment(note["safety_at"])
            self._safety_wakes = _whole(note["safety_wakes"])
            self._is_safety = note["is_safety"] is True
        except (KeyError, TypeError, ValueError) as broken:
            raise ValueError("it is no note of wakes") from broken
        told: tuple[Told, ...] = ()
        if self._phase is Phase.SUBMITTING:
            told = self.submitted(Submitted.UNSURE, trouble="restarted", now=now)
            self._phase = Phase.RESTING
        elif self._phase is Phase.VERIFYING:  # what its program would have shown is lost with whoever looked
            told = self.verified(has_effect=False, why="restarted", now=now)
        return told

    def _told_spent(self, who: str, *, again_at: float, now: float) -> tuple[Told, ...]:
        """Wait for `again_at`; told once, until there is a budget again."""
        self._due_at = again_at
        if self._spent_by == who:
            return ()
        self._spent_by = who
        return (Told(What.BUDGET_SPENT, now, self._ids(), why=who, again_at=again_at),)

    def _told_free(self, *, now: float) -> tuple[Told, ...]:
        who, self._spent_by = self._spent_by, ""
        return (Told(What.BUDGET_FREE, now, self._ids(), why=who),)

    def _try_again(self, why: str, *, now: float, wake: str | None = None) -> tuple[Told, ...]:
        """Look again soon where the agent is busy; where it failed, on the next rung, and from the last one on give it up."""
        ids = self._ids()
        if why in BUSY:
            told_id, self._trying = self._trying.deferred_id, self._trying.after_look(ids)
            self._due_at = now + self._trying.again_in_seconds(self._rules)
            news = ids if wake is not None else tuple(one for one in ids if one > told_id)
            told = Told(What.DEFERRED, now, news, wake, why, attempts=self._trying.looks, again_at=self._due_at)
            return (told,) if news else ()
        self._trying = self._trying.after_failure()
        failures = self._trying.failures
        if not self._trying.is_given_up(self._rules):
            self._due_at = now + self._trying.again_in_seconds(self._rules)
            return (Told(What.RETRYING, now, ids, wake, why, attempts=failures, again_at=self._due_at),)
        self._woken = _bounded((*self._woken, *self._waiting))
        self._waiting, self._due_at, self._trying, self._is_safety = (), None, Trying(), False
        self._safety_at = now + self._rules.safety_seconds
        if self._safety_wakes >= self._rules.safety_wakes_max:
            self._woken, self._safety_at = (), None
        return (Told(What.FAILED, now, ids, wake, why, attempts=failures),)

    def _settle(self, is_settled: Callable[[Cause], bool], *, why: str, now: float) -> tuple[Told, ...]:
        skipped = tuple(cause.id for cause in self._waiting if is_settled(cause))
        is_in_hand = self._phase is not Phase.RESTING
        if not is_in_hand or not set(skipped) & set(self._wake_ids):
            self._waiting = tuple(cause for cause in self._waiting if not is_settled(cause))
        else:
            skipped = ()  # it is being handed over at this moment: let that end first
        self._woken = tuple(cause for cause in self._woken if not is_settled(cause))
        if not self._waiting:
            self._due_at, self._trying, self._is_safety = None, Trying(), False
        if not self._woken:
            self._safety_at, self._safety_wakes = None, 0
        told = (Told(What.SKIPPED, now, skipped, why=why),) if skipped else ()
        if self._phase is Phase.VERIFYING and not {cause.id for cause in self._woken} & set(self._wake_ids):
            return (*self.verified(has_effect=True, now=now, why=why), *told)
        return told

    def _heed_clock(self, now: float) -> None:
        """A clock that was set back delays nothing for longer than it would have taken from now on."""
        rules = self._rules
        self._handed_at = min(self._handed_at, now)
        if self._safety_at is not None:
            self._safety_at = min(self._safety_at, now + rules.safety_seconds)
        if self._due_at is not None:
            longest = DAY_SECONDS if self._spent_by else max(*rules.retry_seconds, rules.coalesce_seconds)
            self._due_at = min(self._due_at, now + longest)

    def _ids(self) -> tuple[int, ...]:
        return tuple(cause.id for cause in self._waiting)


def _bounded(causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
    ordered = tuple(sorted({cause.id: cause for cause in causes}.values(), key=lambda cause: cause.id))
    return ordered if len(ordered) <= CAUSES_MAX else (ordered[0], *ordered[-(CAUSES_MAX - 1) :])


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("it is no number of ours")
    return value


def _moment(value: Any) -> float | None:
    return None if value is None else float(value)
