"""Random lives of a room, beside a small model of what must always be so."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentgather.room import commands
from agentgather.room.commands import Command
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId
from agentgather.room.participant import Kind, Role
from agentgather.room.refusals import (
    HostSeat,
    IdReused,
    LoopGuard,
    ReadOnly,
    Refusal,
    Removed,
    RoomIsClosed,
    RoomLogFull,
    UnknownParticipant,
)
from agentgather.room.state import RoomState, fold
from tests.room.rooms import OPS, Room

PEOPLE = st.sampled_from([Alias(name) for name in ("ops", "rev", "doc", "ann", "eye", "nobody")])
TEXTS = st.sampled_from(["hello", "@rev look", "`@rev`", "@doc @ann", "x" * 30])
IDS = st.sampled_from(["a", "b", "c"])
LIMITS = RoomLimits(loop_posts_max=3, log_records_max=60, participants_max=4, text_units_max=40)


class LivesOfARoom(RuleBasedStateMachine):
    """The model: who said what under which id, who is removed, who observes, how long each agent has run on alone."""

    @initialize()
    def open(self) -> None:
        self.room = Room(LIMITS, timedelta(hours=1))
        self.said: dict[tuple[str, str], tuple[int, str]] = {}
        self.alone: dict[str, int] = {}
        self.removed: set[str] = set()
        self.kinds = {"ops": Kind.HUMAN}
        self.roles = {"ops": Role.HOST}
        self.is_open = True

    def attempt(self, command: Command) -> tuple[tuple[Message, ...], Refusal | None]:
        before = self.room.state
        try:
            records = tuple(self.room.do(command))
        except Refusal as refusal:
            return self.unchanged(before), refusal
        if not self.is_open:
            assert records == ()
        return records, None

    def unchanged(self, before: RoomState) -> tuple[()]:
        assert self.room.state is before
        return ()

    @rule(who=PEOPLE, text=TEXTS, message_id=st.none() | IDS)
    def post(self, who: Alias, text: str, message_id: str | None) -> None:
        records, refusal = self.attempt(commands.Post(who, text, client_msg_id=message_id))
        if who not in self.roles:
            assert isinstance(refusal, UnknownParticipant)
        elif who in self.removed:
            assert isinstance(refusal, Removed)
        elif message_id is not None and (who, message_id) in self.said:
            number, first = self.said[who, message_id]
            if first == text:
                assert refusal is None
                assert self.room.decide(commands.Post(who, text, client_msg_id=message_id)).repeats == number
            else:
                assert isinstance(refusal, IdReused) or number in self.room.state.retracted
        elif not self.is_open:
            assert isinstance(refusal, RoomIsClosed)
        elif self.roles[who] is Role.OBSERVER:
            assert isinstance(refusal, ReadOnly | RoomLogFull)
        elif self.kinds[who] is Kind.AGENT and self.alone.get(who, 0) >= LIMITS.loop_posts_max:
            assert isinstance(refusal, LoopGuard | RoomLogFull)
        elif isinstance(refusal, RoomLogFull):
            assert self.room.state.record_count >= LIMITS.log_records_max
        else:
            assert refusal is None
            (own,) = [record for record in records if record.author == who]
            assert (own.text, own.type) == (text, MessageType.MESSAGE)
            if message_id is not None:
                self.said[who, message_id] = (own.id, text)
            if self.kinds[who] is Kind.HUMAN:
                self.alone.clear()
            else:
                self.alone[who] = self.alone.get(who, 0) + 1
            assert (len(records) > 1) == (self.kinds[who] is Kind.AGENT and self.alone[who] == LIMITS.loop_posts_max)

    @rule(who=PEOPLE, alias=PEOPLE, kind=st.sampled_from(Kind), role=st.sampled_from(Role), again=st.booleans())
    def invite(self, who: Alias, alias: Alias, kind: Kind, role: Role, again: bool) -> None:
        records, refusal = self.attempt(commands.Invite(who, alias, kind, role, is_rotation=again))
        if alias == OPS or role is Role.HOST or who != OPS:
            assert refusal is not None
        if refusal is None:
            assert len(records) == 1
            self.kinds[alias], self.roles[alias] = kind, role
            self.removed.discard(alias)

    @rule(who=PEOPLE, alias=PEOPLE)
    def remove(self, who: Alias, alias: Alias) -> None:
        _, refusal = self.attempt(commands.Remove(who, alias))
        if alias == OPS and who == OPS and self.is_open:
            assert isinstance(refusal, HostSeat)
        if refusal is None:
            self.removed.add(alias)
            self.alone.pop(alias, None)

    @rule(who=PEOPLE, alias=PEOPLE)
    def rotate(self, who: Alias, alias: Alias) -> None:
        self.attempt(commands.Rotate(who, alias))

    @rule(who=PEOPLE, come=st.booleans())
    def come_or_go(self, who: Alias, come: bool) -> None:
        records, _ = self.attempt(commands.Join(who) if come else commands.Leave(who))
        assert len(records) <= 1

    @rule(who=PEOPLE, name=st.sampled_from(["Ann", "ann", "The Reviewer", "  ", "a\u202eb"]))
    def be_called(self, who: Alias, name: str) -> None:
        records, refusal = self.attempt(commands.SetProfile(who, name))
        if not records or self.kinds[who] is not Kind.AGENT:
            return
        assert refusal is None
        self.alone[who] = self.alone.get(who, 0) + 1
        assert self.alone[who] <= LIMITS.loop_posts_max

    @rule(who=PEOPLE, number=st.integers(0, 70), is_scrub=st.booleans())
    def retract(self, who: Alias, number: int, is_scrub: bool) -> None:
        records, refusal = self.attempt(commands.Retract(who, MessageId(number), is_scrub=is_scrub))
        if refusal is None and records:
            assert self.room.state.posts[MessageId(number)] == who or who == OPS

    @rule(who=PEOPLE, body=st.sampled_from(["", "v2", "a\0"]))
    def brief(self, who: Alias, body: str) -> None:
        version = self.room.state.brief.version
        records, _ = self.attempt(commands.SetBrief(who, body))
        assert self.room.state.brief.version == version + len(records)

    @rule(who=PEOPLE, policy=st.sampled_from(["manual-ok", "all-foreground", "nonsense"]))
    def policy(self, who: Alias, policy: str) -> None:
        self.attempt(commands.SetPolicy(who, policy))

    @rule(who=PEOPLE)
    def go_on(self, who: Alias) -> None:
        _, refusal = self.attempt(commands.Continue(who))
        if refusal is None and self.is_open:
            self.alone.clear()

    @rule(who=PEOPLE, minutes=st.none() | st.integers(-5, 90))
    def extend(self, who: Alias, minutes: int | None) -> None:
        end = None if minutes is None else self.room.now + timedelta(minutes=minutes)
        self.attempt(commands.Extend(who, end))

    @rule(minutes=st.integers(1, 20), is_warning=st.booleans())
    def time_passes(self, minutes: int, is_warning: bool) -> None:
        self.room.now += timedelta(minutes=minutes)
        self.attempt(commands.WarnOfExpiry() if is_warning else commands.Expire())
        self.is_open = self.room.state.is_open

    @rule(who=PEOPLE, is_meant=st.integers(0, 9))
    def close(self, who: Alias, is_meant: int) -> None:
        if is_meant:
            return  # most lives are worth going on with
        _, refusal = self.attempt(commands.Close(who))
        assert (refusal is None) == (who == OPS)
        self.is_open = self.room.state.is_open

    @invariant()
    def ids_are_contiguous(self) -> None:
        assert [record.id for record in self.room.records] == list(range(1, len(self.room.records) + 1))

    @invariant()
    def the_log_tells_the_room(self) -> None:
        assert fold(self.room.records, start=RoomState(self.room.state.room)) == self.room.state

    @invariant()
    def the_host_is_never_locked_out(self) -> None:
        host = self.room.state.host
        assert host is not None
        assert host.alias == OPS
        assert not host.is_removed
        closed = self.room.decide(commands.Close(OPS)).state
        assert not closed.is_open

    @invariant()
    def a_closed_room_ends_with_its_closing(self) -> None:
        if not self.room.state.is_open:
            assert self.room.records[-1].text in ("room closed", "room closed by ttl")


LivesOfARoom.TestCase.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
test_lives_of_a_room = LivesOfARoom.TestCase
