"""A home with a room in it in which everything happened that a log can tell, and the documents beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from tests.store.logs import first_record

from agentgather.api.event_json import EVENT_KINDS, event_json
from agentgather.contracts.compare import compare
from agentgather.contracts.difference import Side
from agentgather.contracts.document import Format, read_document
from agentgather.room.commands import (
    Close,
    Command,
    Continue,
    Declaring,
    Extend,
    Invite,
    Join,
    Leave,
    Post,
    Remove,
    Retract,
    Rotate,
    SetBrief,
    SetLabels,
    SetPolicy,
    SetProfile,
    WarnOfExpiry,
)
from agentgather.room.contracts.commands import AcknowledgeContract, PutContract, SubscribeContract, UnsubscribeContract
from agentgather.room.contracts.contract import Change, ContractName
from agentgather.room.decide import decide
from agentgather.room.delivery.marks import Acknowledged, Fetched, Mark, WakeOutcome, Woken
from agentgather.room.keeping import SavedSeat
from agentgather.room.leases.commands import ReleaseLease, TakeLease
from agentgather.room.leases.lease import LeaseId
from agentgather.room.limits import RoomLimits
from agentgather.room.modes import Mode
from agentgather.room.names import Alias, Label, MessageId, RoomId
from agentgather.room.participant import Attention, Kind, Role
from agentgather.room.session.commands import EndSession, StartSession
from agentgather.room.state import RoomState
from agentgather.room.tasks.commands import (
    AddTask,
    CancelTask,
    ClaimTask,
    CompleteTask,
    EditTask,
    LapseClaims,
    ReassignTask,
    ReleaseTask,
)
from agentgather.room.tasks.task import TaskId
from agentgather.room.wakes.commands import EndWakeBudget, SetWakeBudget
from agentgather.room.wakes.events import Span
from agentgather.store.creation import create_room
from agentgather.store.home import Home, Seat
from agentgather.store.opening import open_room
from agentgather.tunnel.keys import HostKey
from agentgather_broker.leases import write_leases
from agentgather_broker.routes import Lease
from proofs.power_loss.restart import LEASES

HOME = "home"
ROOM = RoomId("lab")
BEGAN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
LIMITS = RoomLimits(loop_posts_max=3)
OPS, BEN, EVA, KIM = map(Alias, ("ops", "ben", "eva", "kim"))
URL = "http://127.0.0.1:8787"


def furnish(root: Path, *, seed: int) -> None:
    """Make the home and a broker's state file below `root`; the same for a seed, but for the host's key."""
    home, chance = Home(root / HOME), Random(seed)
    end = BEGAN + timedelta(hours=1)
    first = first_record(now=BEGAN, ttl=end - BEGAN)
    create_room(home, first, host_token_hash=_digest(OPS), random_bytes=chance.randbytes)
    room = open_room(home, ROOM, now=BEGAN, random_bytes=chance.randbytes)
    state = _live(room.journal.append, room.state)
    room.journal.scrub(MessageId(next(iter(sorted(number for number, gone in state.retracted.items() if gone)))))
    room.documents.save_room(state)
    room.deliveries.rewrite([])
    room.deliveries.append(list(_marks()))
    room.documents.save_roster(
        list(_seats(state)), through_id=state.last_id, deliveries_through=room.deliveries.through
    )
    room.close()
    for who in (OPS, BEN):
        home.keep_seat(Seat(ROOM, who, URL, f"agt_{who}"), is_current=who == OPS)
    home.keep_cursor(ROOM, BEN, 12, now="2026-01-05T09:31:00.000Z")
    HostKey.load(home.host_key_file)
    write_leases(root / LEASES, [Lease("lab", "key-of-ops", end), Lease("cellar", "key-of-eva", end)])


def _live(append, state: RoomState) -> RoomState:  # type: ignore[no-untyped-def]
    kinds = {"room.created"}
    for number, command in enumerate(_commands()):
        decision = decide(state, command, now=BEGAN + timedelta(seconds=61 * number), limits=LIMITS)
        append(decision.records)
        state = decision.state
        kinds |= {event_json(record.event)["kind"] for record in decision.records if record.event is not None}
    assert kinds == {*EVENT_KINDS} - {"room.adopted"}, "everything that a log can tell"
    return state


def _commands() -> Iterator[Command]:
    yield Invite(OPS, BEN, Kind.AGENT)
    yield Invite(OPS, EVA, Kind.AGENT)
    yield Invite(OPS, KIM, Kind.HUMAN, Role.OBSERVER)
    yield from map(Join, (BEN, EVA, KIM))
    yield SetProfile(BEN, "Ben 👋")
    yield SetBrief(OPS, "Fix the parser.\n\n- then *ship*\n")
    yield SetPolicy(OPS, "agents-foreground")
    yield Post(OPS, "@ben what do you see in `parse`?", to=(BEN,))
    yield Post(BEN, "Grüße: a trailing comma", reply_to=MessageId(11), client_msg_id="b-1", context={"file": "a.py"})
    yield Post(EVA, "me too")
    yield from (Post(BEN, f"again {number}") for number in range(2))
    yield Continue(OPS)
    yield Retract(BEN, MessageId(12))
    yield Retract(OPS, MessageId(13), is_scrub=True)
    yield SetWakeBudget(OPS, an_hour=30)
    yield EndWakeBudget(Span.HOUR, BEGAN + timedelta(hours=1))
    yield Extend(OPS, BEGAN + timedelta(minutes=25))
    yield WarnOfExpiry()
    yield Rotate(OPS, EVA)
    yield SetLabels(OPS, BEN, (Label("reviewer"), Label("parsing")))
    yield SetProfile(OPS, declaring=Declaring((Mode.WAKE, Mode.MANUAL), poll_cadence_s=60, safety_wake_s=900))
    yield StartSession(OPS, 90, "agents-foreground")
    yield from _tasks()
    yield from _contracts()
    yield from _leases()
    yield EndSession(OPS)
    yield Remove(OPS, KIM)
    yield Leave(BEN)
    yield Post(OPS, "Done. " + "x" * 600)
    yield Close(OPS)


def _tasks() -> Iterator[Command]:
    one, two = TaskId(1), TaskId(2)
    yield AddTask(OPS, "Mend the parser", "Grüße, and a trailing comma.", client_id="t-1")
    yield AddTask(OPS, "Ship it", "", (one,), BEN, BEGAN + timedelta(days=1))
    yield ClaimTask(OPS, one)
    yield ReleaseTask(OPS, one)
    yield ClaimTask(OPS, one)
    yield LapseClaims((OPS,))
    yield ClaimTask(OPS, one)
    yield CompleteTask(OPS, one, "done 👋")
    yield ReassignTask(OPS, two, None)
    yield EditTask(OPS, two, description="On Monday.")
    yield CancelTask(OPS, two, "not now")


def _contracts() -> Iterator[Command]:
    orders = ContractName("orders")
    first = read_document({"type": "object", "properties": {"id": {"type": "integer"}}}, format=Format.JSON_SCHEMA)
    second = read_document({"type": "object", "title": "Grüße 👋"}, format=Format.JSON_SCHEMA)
    yield PutContract(OPS, orders, first, note="the first")
    yield SubscribeContract(BEN, orders)
    yield SubscribeContract(EVA, orders, Side.PRODUCER)
    yield PutContract(OPS, orders, second, 1, Change.of(compare(first, second)))
    yield AcknowledgeContract(BEN, orders, 2)
    yield UnsubscribeContract(EVA, orders)


def _leases() -> Iterator[Command]:
    yield TakeLease(OPS, ("src/parser/**", "tests/test_*.py"), 30, "Grüße 👋")
    yield TakeLease(OPS, ("src/parser/**", "tests/test_*.py"), 60)
    yield ReleaseLease(OPS, LeaseId(1))


def _marks() -> Iterator[Mark]:
    asked = MessageId(11)
    yield Fetched(asked, BEN, BEGAN)
    yield Woken(asked, BEN, BEGAN, "tmux", WakeOutcome.DEFERRED, "jemand schreibt")
    yield Acknowledged(asked, BEN, BEGAN + timedelta(seconds=1))
    yield Acknowledged(asked, BEN, BEGAN + timedelta(seconds=2), is_done=True)


def _seats(state: RoomState) -> Iterator[SavedSeat]:
    for alias, seat in state.participants.items():
        end = BEGAN + timedelta(days=1) if alias == EVA else None
        yield SavedSeat(seat, _digest(alias), end, Attention.ATTENDING, BEGAN, delivered_id=9, read_id=7)


def _digest(alias: Alias) -> str:
    return sha256(f"agt_{alias}".encode()).hexdigest()
