"""The books of one room: what it must be, in plain lists, and every answer held against them as it comes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import trio

from agentgather.api.errors import STATUS_OF as ROOM_STATUS_OF
from agentgather_broker.refusals import STATUS_OF as BROKER_STATUS_OF
from proofs.figures import Figures
from proofs.proof import Disproved
from proofs.simulation.asking import Answer, Json
from proofs.simulation.trace import Trace

OTHER_STATUSES = {"host_unavailable": {502, 503, 504}}  # one code that tells by its status whether to ask again
WAKE_SECONDS = 1.0  # on one machine, from the disk's word to the waiter's answer
EARLY_SECONDS = 0.001  # that a hold may seem short of by rounding


@dataclass(frozen=True)
class Plain:
    """What a room is after one of its records."""

    is_open: bool = True
    brief_version: int = 1
    policy: str = ""
    aliases: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    def after(self, record: Json) -> Plain:
        event = record.get("event")
        if event is None:
            return self
        is_open, brief, policy, aliases, removed = (
            self.is_open,
            self.brief_version,
            self.policy,
            self.aliases,
            self.removed,
        )
        match event["kind"]:
            case "room.created":
                policy, aliases = event["policy"], aliases | {event["host"]}
            case "participant.invited":
                aliases, removed = aliases | {event["alias"]}, removed - {event["alias"]}
            case "participant.removed":
                removed = removed | {event["alias"]}
            case "brief.changed":
                brief = event["version"]
            case "policy.set":
                policy = event["policy"]
            case "room.closed":
                is_open = False
        return Plain(is_open, brief, policy, aliases, removed)


@dataclass(frozen=True)
class Asked:
    """When somebody asked, and the last record that anybody had heard of by then: the answer may not know less."""

    at: float
    floor: int


class Books:
    """`records` is what the log durably says. Whoever is told anything else has heard what may be lost."""

    def __init__(self, room: str, *, figures: Figures, trace: Trace) -> None:
        self.room = room
        self.figures = figures
        self._trace = trace
        self.records: list[Json] = []
        self._chains: list[str] = []
        self._states: list[Plain] = [Plain()]
        self._durable_at: list[float] = []
        self._bytes_read = 0
        self._heard = 0
        self._retracted: set[int] = set()
        self._scrubbed: set[int] = set()
        self._said: dict[str, tuple[str, int, bool]] = {}  # text -> who, how often it was asked for, may it be repeated
        self._times: dict[str, int] = {}  # text -> how often it is in the log
        self._tokens: dict[str, int] = {}

    @property
    def state(self) -> Plain:
        return self._states[-1]

    @property
    def last_id(self) -> int:
        return len(self.records)

    # what the disk says

    def durable(self, content: bytearray, is_anew: bool) -> None:
        """The log durably says `content`. Raises Disproved for what may not be in it, or not be gone from it."""
        if is_anew:
            before = self.records, self._chains
            self._forget()
            self._read(content)
            del self._durable_at[self.last_id :]
            self._compare(*before)
        else:
            self._read(content)

    def _forget(self) -> None:
        self.records, self._chains = [], []
        self._states = [Plain()]
        self._bytes_read = 0
        self._times.clear()

    def _read(self, content: bytearray) -> None:
        rest = bytes(content[self._bytes_read :])
        while rest:
            line, newline, rest = rest.partition(b"\n")
            if line:
                try:
                    record = json.loads(line)
                except ValueError:
                    if newline:
                        raise Disproved(
                            f"{self.room}: a line in the middle of the log is no record: {line!r}"
                        ) from None
                    return  # a torn end
                self._take(record, line)
            self._bytes_read += len(line) + len(newline)

    def _take(self, record: Json, line: bytes) -> None:
        self._chains.append(record.pop("chain"))
        record.pop("salt", None)
        record.pop("digest", None)
        number = record["id"]
        if number != len(self.records) + 1:
            raise Disproved(f"{self.room}: record {number} follows record {len(self.records)}")
        state = self._states[-1]
        event = record.get("event")
        if event is None:
            self._check_post(record, state)
        elif event["kind"] == "message.retracted":
            self._retracted.add(event["message_id"])
            if event["scrubbed"]:
                self._scrubbed.add(event["message_id"])
        self.records.append(record)
        self._states.append(state.after(record))
        if number > len(self._durable_at):
            self._durable_at.append(trio.current_time())
            self._trace(
                f"{self.room} durable {number} {record['from']} {event['kind'] if event else record['text'][:40]}"
            )
            self._trace.hold(line)
            self.figures.count("records made durable")

    def _check_post(self, record: Json, state: Plain) -> None:
        text, who = record["text"], record["from"]
        if not state.is_open:
            raise Disproved(f"{self.room}: {who} was recorded after the room was closed: {text!r}")
        if who in state.removed:
            raise Disproved(f"{self.room}: {who} was recorded after it was removed: {text!r}")
        if not text and record["id"] in self._scrubbed:
            return
        if text not in self._said:
            if not text:
                return  # scrubbed; the record that says so comes later
            raise Disproved(f"{self.room}: nobody said {text!r}")
        author, asked, may_repeat = self._said[text]
        self._times[text] = self._times.get(text, 0) + 1
        if author != who:
            raise Disproved(f"{self.room}: what {author} said is recorded as {who}'s: {text!r}")
        if self._times[text] > (1 if may_repeat else asked):
            raise Disproved(f"{self.room}: asked for once, recorded {self._times[text]} times: {text!r}")

    def _compare(self, records: list[Json], chains: list[str]) -> None:
        """What anybody heard of is still there, as it was; of what nobody heard, the end may be gone."""
        if len(self.records) < self._heard:
            raise Disproved(
                f"{self.room}: record {self._heard} was heard of, and the log ends with {len(self.records)}"
            )
        for number, (old, new) in enumerate(zip(records, self.records, strict=False), start=1):
            if old != new and number not in self._scrubbed:
                raise Disproved(f"{self.room}: record {number} has changed from {old} to {new}")
            if chains[number - 1] != self._chains[number - 1]:
                raise Disproved(f"{self.room}: the chain at record {number} has changed")

    # what people say and hear

    def says(self, who: str, text: str, *, may_repeat: bool) -> None:
        """`who` asks for `text`, which nobody else says, to be recorded; `may_repeat`: with one client_msg_id."""
        author, times, _ = self._said.get(text, (who, 0, may_repeat))
        assert author == who
        self._said[text] = (who, times + 1, may_repeat)

    def asks(self) -> Asked:
        self.figures.count("requests")
        return Asked(trio.current_time(), self._heard)

    def posted(self, asked: Asked, who: str, text: str, answer: Json) -> None:
        record = answer["message"]
        self._hears(record, who)
        if (record["from"], record["text"]) != (who, text) and record["id"] not in self._retracted:
            raise Disproved(f"{self.room}: {who} said {text!r} and was acknowledged {record}")
        if not answer.get("idempotent") and record["id"] <= asked.floor:
            raise Disproved(f"{self.room}: record {record['id']} was asked for after {asked.floor} was heard of")
        self.figures.count("posts acknowledged")

    def read(self, asked: Asked, who: str, since_id: int, answer: Json, *, limit: int) -> int:
        """A page after `since_id`; answers the cursor."""
        records = answer["messages"]
        self._hears_all(records, who, since_id)
        last = since_id + len(records)
        if len(records) < limit and last < asked.floor:
            raise Disproved(f"{self.room}: {who} read up to {last}, while {asked.floor} had been heard of before")
        if answer["next_since_id"] != last:
            raise Disproved(f"{self.room}: {who} read up to {last} and is sent on after {answer['next_since_id']}")
        self._of_status(answer["room_status"], who)
        self.figures.count("pages read")
        return last

    def waited(self, asked: Asked, who: str, since_id: int, hold: float, answer: Json, *, is_near: bool) -> int:
        """How a wait ended; answers the cursor. `is_near`: on the room's own machine, where nothing is under way for long."""
        reason, records = answer["reason"], answer["messages"]
        self._hears_all(records, who, since_id)
        now = trio.current_time()
        match reason:
            case "message":
                is_right = bool(records)
            case "heartbeat":
                is_right = not records and asked.floor <= since_id and now - asked.at >= hold - EARLY_SECONDS
                self._check_woken(who, since_id, now - WAKE_SECONDS if is_near else asked.at)
            case "closed":
                is_right = not self.state.is_open and since_id + len(records) >= asked.floor
            case "removed":
                is_right = not records and who in self.state.removed
            case "shutdown":
                is_right = not records
            case _:
                is_right = False
        if not is_right:
            raise Disproved(f"{self.room}: a wait of {who} after {since_id} for {hold} s ended so: {answer}")
        self._of_status(answer["room_status"], who)
        self.figures.count(f"waits ended: {reason}")
        return since_id + len(records)

    def _check_woken(self, who: str, since_id: int, by: float) -> None:
        if since_id < self.last_id and self._durable_at[since_id] < by:
            raise Disproved(
                f"{self.room}: {who} waited after {since_id} and was not told of {since_id + 1}, durable at "
                f"{self._durable_at[since_id]:.3f}"
            )

    def followed(self, who: str, since_id: int, answer: Json) -> None:
        """What the product's own client handed to whoever follows by it."""
        self._hears_all(answer["messages"], who, since_id)

    def scrubbed(self, number: int) -> None:
        """The host was told that a text is out of the log."""
        if self.records[number - 1]["text"]:
            raise Disproved(f"{self.room}: record {number} was scrubbed, and the log has its text")
        self.figures.count("texts scrubbed")

    def status(self, asked: Asked, who: str, answer: Json) -> None:
        """What a room says of itself is what it is after the record it names."""
        last = answer["last_id"]
        if not asked.floor <= last <= self.last_id:
            raise Disproved(
                f"{self.room}: {who} saw the room at {last}, of {asked.floor} heard and {self.last_id} durable"
            )
        seen = Plain(
            answer["room_status"] == "open",
            answer["brief_version"],
            answer["attendance_policy"],
            frozenset(one["alias"] for one in answer["participants"]),
            frozenset(one["alias"] for one in answer["participants"] if "removed_at" in one),
        )
        if seen != self._states[last]:
            raise Disproved(f"{self.room}: at record {last} the room says {seen}, and is {self._states[last]}")
        if answer["chain"] != self._chains[last - 1]:
            raise Disproved(f"{self.room}: the chain at record {last} is not what the room says")
        self._heard = max(self._heard, last)
        self.figures.count("statuses seen")

    def refused(self, who: str, answer: Answer) -> str:
        """A no has a stable code that belongs to its status; the code."""
        try:
            code = answer.code
        except (ValueError, KeyError):
            raise Disproved(
                f"{self.room}: {who} was answered {answer.status} without a code: {answer.body[:200]!r}"
            ) from None
        statuses = {table[code] for table in (ROOM_STATUS_OF, BROKER_STATUS_OF) if code in table}
        if answer.status not in statuses | OTHER_STATUSES.get(code, set()):
            raise Disproved(f"{self.room}: {who} was refused with {answer.status} {code}")
        if code in ("internal_error", "storage_failed", "storage_full"):
            raise Disproved(f"{self.room}: {who} was refused with {code}: {answer.body[:300]!r}")
        self.figures.count("refusals")
        return code

    def _of_status(self, status: str, who: str) -> None:
        if status == "closed" and self.state.is_open:
            raise Disproved(f"{self.room}: {who} was told that the room is closed, and it is not")

    def _hears_all(self, records: list[Json], who: str, since_id: int) -> None:
        for expected, record in enumerate(records, start=since_id + 1):
            if record["id"] != expected:
                raise Disproved(
                    f"{self.room}: {who} asked after {since_id} and was told {[one['id'] for one in records]}"
                )
            self._hears(record, who)

    def _hears(self, record: Json, who: str) -> None:
        number = record["id"]
        if number > self.last_id:
            raise Disproved(f"{self.room}: {who} heard record {number}, which is not durable: {record}")
        known = self.records[number - 1]
        if record != known and not (number in self._retracted and _without_text(record) == _without_text(known)):
            raise Disproved(f"{self.room}: {who} heard {record}, and the log says {known}")
        self._heard = max(self._heard, number)
        self.figures.count("records heard")


def _without_text(record: Json) -> dict[str, Any]:
    gone = {"text", "context", "mentions", "retracted"}
    return {name: value for name, value in record.items() if name not in gone}
