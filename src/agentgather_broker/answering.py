"""A host's answer on its way to the visitor: how long it may take, how large or how lasting it may be."""

from __future__ import annotations

import trio

from agentgather.wire.frames import Answer, Data, End
from agentgather_broker.host_requests import AnswerSink, HostLost, Request
from agentgather_broker.pace import Pace
from agentgather_broker.refusals import Refused
from agentgather_broker.shape import RelayLimits
from agentgather_broker.visit import Visit

EVENT_STREAM = b"text/event-stream"
# What a link that breaks in the middle of it costs nobody: a wait is asked again on the next one, if no head was sent yet.
WHOLE_BYTES_MAX = 65_536


async def pass_on(visit: Visit, request: Request, sink: AnswerSink, *, limits: RelayLimits) -> None:
    """Let `sink` have the answer to `request`. Raises HostLost, and Refused for one that is late, too large, or none."""
    patience_seconds = limits.held_response_seconds if request.is_held else limits.response_seconds
    with trio.move_on_after(patience_seconds) as patience:
        head = await visit.next()
    if patience.cancelled_caught:
        raise Refused("host_unavailable", "the room did not answer in time; try again", status=504)
    if not isinstance(head, Answer):
        raise Refused("host_unavailable", "the host could not reach its room; try again in a moment")
    if is_event_stream(head):
        pace = Pace(limits.stream_bytes_per_second)
        with trio.move_on_after(limits.stream_seconds_max):  # then it ends, and its reader asks for more
            await _stream_on(visit, head, sink, pace=pace)
        return await sink.end()
    return await _answer_on(visit, head, sink, bytes_max=limits.response_bytes_max)


async def _answer_on(visit: Visit, head: Answer, sink: AnswerSink, *, bytes_max: int) -> None:
    """A plain answer: of bounded size; one that says that it is small goes on when all of it is here."""
    length = declared_length(head)
    if length > bytes_max:
        raise _too_large()
    if 0 < length <= WHOLE_BYTES_MAX:
        body = await _whole(visit)
        await sink.begin(head.status, head.headers)
        await sink.write(body)
        return await sink.end()
    await sink.begin(head.status, head.headers)
    count = 0
    while isinstance(frame := await visit.next(), Data):
        count += len(frame.content)
        if count > bytes_max:
            raise _too_large()
        await sink.write(frame.content)
        visit.taken(frame)
    if not isinstance(frame, End):
        raise HostLost(was_handed=True)
    return await sink.end()


async def _whole(visit: Visit) -> bytes:
    """The body of a small answer. Raises HostLost when it does not come whole: nobody has heard of it then."""
    pieces, count = [], 0
    while isinstance(frame := await visit.next(), Data):
        count += len(frame.content)
        if count > WHOLE_BYTES_MAX:  # it said otherwise
            raise _too_large()
        pieces.append(frame.content)
        visit.taken(frame)
    if not isinstance(frame, End):
        raise HostLost(was_handed=True)
    return b"".join(pieces)


async def _stream_on(visit: Visit, head: Answer, sink: AnswerSink, *, pace: Pace) -> None:
    """An event stream: bounded by time and rate."""
    await sink.begin(head.status, head.headers)
    while isinstance(frame := await visit.next(), Data):
        await sink.write(frame.content)
        await pace.keep(len(frame.content))
        visit.taken(frame)
    if not isinstance(frame, End):
        raise HostLost(was_handed=True)


def is_event_stream(head: Answer) -> bool:
    return any(name == b"content-type" and value.lower().startswith(EVENT_STREAM) for name, value in head.headers)


def declared_length(head: Answer) -> int:
    """What the answer says of its size; 0 when it says nothing that can be read."""
    for name, value in head.headers:
        if name == b"content-length" and value.isdigit() and len(value) < 16:
            return int(value)
    return 0


def _too_large() -> Refused:
    return Refused("response_too_large", "the answer is larger than this broker passes on; ask for less at a time")
