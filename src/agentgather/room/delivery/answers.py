"""Who answered what, and which requests are still open: a fold over the log, so it survives as the log does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from immutables import Map

from agentgather.room.delivery.recipients import recipients
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId

ANSWERS_KEPT_MAX = 4  # of one participant to one message: the first that still stands is what counts

_Given = Map[tuple[MessageId, Alias], tuple[MessageId, ...]]


@dataclass(frozen=True, slots=True)
class Answers:
    """`given`: the answers of an author to a message. `requests`: whom each message that needs a reply asks. `open`: those
    of them that somebody has not answered. `targets`: what a record answers. `finished`: the answers by which an author
    said that what a message asked is done.
    """

    given: _Given = field(default_factory=Map)
    targets: Map[MessageId, MessageId] = field(default_factory=Map)
    requests: Map[MessageId, tuple[Alias, ...]] = field(default_factory=Map)
    open: Map[MessageId, None] = field(default_factory=Map)
    finished: _Given = field(default_factory=Map)

    def of(self, message_id: MessageId, alias: Alias) -> MessageId | None:
        """The first answer of `alias` to a message, None when there is none."""
        return next(iter(self.given.get((message_id, alias), ())), None)

    def done(self, message_id: MessageId, alias: Alias) -> MessageId | None:
        """The first answer of `alias` by which a message is done, None when there is none."""
        return next(iter(self.finished.get((message_id, alias), ())), None)


def said(answers: Answers, record: Message) -> Answers:
    """The answers after one more message. Nobody answers what has not been said yet, whatever number they name."""
    if record.reply_to is not None and record.reply_to < record.id:
        answers = _answered(answers, record, record.reply_to)
    if record.needs_reply and (asked := recipients(record)):
        answers = replace(
            answers, requests=answers.requests.set(record.id, asked), open=answers.open.set(record.id, None)
        )
    return answers


def retracted(answers: Answers, message_id: MessageId, *, author: Alias | None) -> Answers:
    """The answers once a message was taken back: what asked asks no more, and what answered is no answer any more."""
    if message_id in answers.requests:
        answers = replace(
            answers, requests=answers.requests.delete(message_id), open=_without(answers.open, message_id)
        )
    target = answers.targets.get(message_id)
    if target is None or author is None:
        return answers
    place = target, author
    answers = replace(
        answers,
        given=_less(answers.given, place, message_id),
        finished=_less(answers.finished, place, message_id),
    )
    if answers.of(target, author) is None and author in answers.requests.get(target, ()):
        answers = replace(answers, open=answers.open.set(target, None))
    return answers


def _answered(answers: Answers, record: Message, target: MessageId) -> Answers:
    place = target, record.author
    answers = replace(
        answers,
        given=_more(answers.given, place, record.id),
        finished=_more(answers.finished, place, record.id) if record.is_done else answers.finished,
        targets=answers.targets.set(record.id, target),
    )
    asked = answers.requests.get(target, ())
    if asked and all(answers.given.get((target, alias)) for alias in asked):
        answers = replace(answers, open=_without(answers.open, target))
    return answers


def _more(given: _Given, place: tuple[MessageId, Alias], message_id: MessageId) -> _Given:
    return given.set(place, (*given.get(place, ()), message_id)[:ANSWERS_KEPT_MAX])


def _less(given: _Given, place: tuple[MessageId, Alias], message_id: MessageId) -> _Given:
    left = tuple(one for one in given.get(place, ()) if one != message_id)
    return given.set(place, left) if place in given else given


def _without(open_ones: Map[MessageId, None], message_id: MessageId) -> Map[MessageId, None]:
    return open_ones.delete(message_id) if message_id in open_ones else open_ones
