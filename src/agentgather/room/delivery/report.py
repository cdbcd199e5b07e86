"""What became of a message at each of those it is for: the furthest state that was seen, and when each was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from agentgather.room.delivery.answers import Answers
from agentgather.room.delivery.book import DeliveryBook, Progress
from agentgather.room.delivery.recipients import recipients, sender
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId
from agentgather.room.state import RoomState


class Stage(StrEnum):
    """How far a message came, in this order. Each was seen; none follows from another's having been tried."""

    RECORDED = "recorded"  # it is in the log
    FETCHED = "fetched"  # it was handed to the participant
    IN_CONTEXT = "in_context"  # the participant gave its proof back
    ANSWERED = "answered"  # the participant replied to it
    DONE = "done"  # the participant said that what was asked is done


_RANK = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message at one participant. `answer_id` is the reply that answered it, `done_id` the one that said it is done."""

    alias: Alias
    stage: Stage
    seen: Progress
    answer_id: MessageId | None = None
    done_id: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A message that needs a reply, and who has not answered it yet."""

    message_id: MessageId
    by: Alias
    waiting_for: tuple[Alias, ...]


def deliveries(record: Message, *, answers: Answers, book: DeliveryBook) -> tuple[Delivery, ...]:
    """What became of `record` at each of its recipients, in the order in which it mentions them."""
    return tuple(delivery(record, alias, answers=answers, book=book) for alias in recipients(record))


def delivery(record: Message, alias: Alias, *, answers: Answers, book: DeliveryBook) -> Delivery:
    seen, answer_id = book.of(record.id, alias), answers.of(record.id, alias)
    done_id = answers.done(record.id, alias)
    if seen.done_at is not None or done_id is not None:
        stage = Stage.DONE
    elif answer_id is not None:
        stage = Stage.ANSWERED
    elif seen.in_context_at is not None:
        stage = Stage.IN_CONTEXT
    elif seen.fetched_at is not None:
        stage = Stage.FETCHED
    else:
        stage = Stage.RECORDED
    return Delivery(alias, stage, seen, answer_id, done_id)


def has_reached(stage: Stage, record: Message, *, answers: Answers, book: DeliveryBook) -> bool:
    """Whether `record` came at least so far at each of its recipients. It looks no further than it has to: many may wait."""
    return all(
        _RANK[delivery(record, alias, answers=answers, book=book).stage] >= _RANK[stage] for alias in recipients(record)
    )


def open_requests(
    state: RoomState, book: DeliveryBook, *, by: Alias | None = None, of: Alias | None = None
) -> Iterator[Request]:
    """Every request that somebody still owes an answer to, oldest first; who left the roster or is done owes none.

    With `by` only those that this one asked, with `of` only those that this one owes, with both either.
    """
    answers = state.answers
    is_any = by is None and of is None
    for message_id in sorted(answers.open):
        is_own = state.posts[message_id] == by
        if not is_any and not is_own and of not in answers.requests[message_id]:
            continue
        waiting = tuple(
            alias
            for alias in answers.requests[message_id]
            if answers.of(message_id, alias) is None
            and not ((seat := state.participants.get(alias)) and seat.is_removed)
            and book.of(message_id, alias).done_at is None
        )
        if waiting and (is_any or is_own or of in waiting):
            yield Request(message_id, state.posts[message_id], waiting)


def may_see(record: Message, alias: Alias, *, is_host: bool) -> bool:
    """Whether `alias` may see what became of `record`: whoever caused it may, and the host."""
    return is_host or sender(record) == alias
