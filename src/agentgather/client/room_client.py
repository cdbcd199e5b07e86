"""RoomClient: every endpoint of a room as a method. It knows paths and bodies, and nothing of why one asks."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.api import paths
from agentgather.api.search_query import SearchQuery
from agentgather.client.answers import (
    Found,
    Page,
    Record,
    Waited,
    read_found,
    read_page,
    read_record,
    read_waited,
)
from agentgather.client.asking import Json, ask, no_room
from agentgather.client.contract_calls import ContractCalls
from agentgather.client.delivery_calls import DeliveryCalls
from agentgather.client.host_calls import HostCalls
from agentgather.client.lease_calls import LeaseCalls
from agentgather.client.seat_asker import filled, given, held, said
from agentgather.client.task_calls import TaskCalls

LINES = "application/x-ndjson"


class RoomClient(TaskCalls, ContractCalls, LeaseCalls, DeliveryCalls, HostCalls):
    """Speaks to one room as one seat. `base_url` may end in a path (`https://host/slug`): it is kept.

    Every method raises Refused for the room's no, and Unreachable when no room answered.
    """

    async def status(self) -> Json:
        """Who is here, what holds, and how far everybody is (GET /status)."""
        return await self._get(paths.STATUS)

    async def messages(
        self, *, since_id: int | None = None, before_id: int | None = None, records_max: int | None = None
    ) -> Page:
        """A page of records: those after `since_id`, or the last ones before `before_id`."""
        query = given(since_id=since_id, before_id=before_id, limit=records_max)
        return read_page(await self._get(paths.MESSAGES, query))

    async def message(self, message_id: int) -> Record:
        return _record(await self._get(filled(paths.MESSAGE, message_id=message_id)))

    async def search(
        self, query: SearchQuery, *, before_id: int | None = None, records_max: int | None = None
    ) -> Found:
        """A page of what `query` finds, newest first, of the records before `before_id`."""
        asked = query.parameters | given(before_id=before_id, limit=records_max)
        return read_found(await self._get(paths.SEARCH, asked))

    async def post(
        self,
        text: str,
        *,
        client_msg_id: str,
        message_type: str | None = None,
        reply_to: int | None = None,
        to: tuple[str, ...] = (),
        context: Json | None = None,
        needs_reply: bool = False,
        is_done: bool = False,
    ) -> Json:
        """Say something: {ok, message[, idempotent]}. One `client_msg_id` is recorded once, however often it comes."""
        body: Json = {"text": text, "client_msg_id": client_msg_id}
        if message_type is not None:
            body["type"] = message_type
        if reply_to is not None:
            body["reply_to"] = reply_to
        if to:
            body["to"] = list(to)
        if context is not None:
            body["context"] = context
        if needs_reply:
            body["need_reply"] = True
        if is_done:
            body["done"] = True
        answer = await self._post(paths.MESSAGES, body)
        _record(answer)
        return answer

    async def retract(self, message_id: int) -> Record:
        return _record(await self._post(filled(paths.RETRACT, message_id=message_id)))

    async def scrub(self, message_id: int) -> Record:
        return _record(await self._post(filled(paths.SCRUB, message_id=message_id)))

    async def wait(
        self,
        *,
        since_id: int,
        hold_seconds: float | None = None,
        hold_seconds_max: float = 60.0,
        is_hold_firm: bool = False,
        is_peek: bool = False,
    ) -> Waited:
        """Wait for what comes after `since_id`. `hold_seconds` None: as long as the room likes, at most the maximum.

        `is_hold_firm`: a room that holds shorter refuses (`invalid_hold`), rather than hold as long as it likes.
        `is_peek`: only look, so that nobody counts as attending for it, and nothing as fetched.
        """
        query = given(since_id=since_id, peek="1" if is_peek else None)
        if hold_seconds is None:
            return read_waited(await self._get(paths.WAIT, query, hold_seconds=hold_seconds_max))
        if is_hold_firm:
            return read_waited(
                await self._get(paths.WAIT, query | {"hold": held(hold_seconds)}, hold_seconds=hold_seconds)
            )
        return read_waited(await self._get_held(paths.WAIT, query, hold_seconds=hold_seconds))

    async def log(self, *, since_id: int, records_max: int | None = None) -> bytes:
        """A page of the log's sealed lines after `since_id`; empty at the end."""
        query = given(since_id=since_id, limit=records_max)
        answer = await ask(self._http, "GET", self._url(paths.LOG), token=self._token, query=query, accept=LINES)
        if not answer.content_type.startswith(LINES):
            raise no_room("its log is of another kind")
        return answer.body

    async def mark_read(self, through_id: int) -> int:
        """Say how far one has read; the answer is how far the room has it."""
        answer = await self._post(paths.READ, {"through_id": through_id})
        return answer["read_id"] if type(answer.get("read_id")) is int else through_id

    async def card(self) -> str:
        """The Attend Card of this seat, as text. It holds the token."""
        answer = await ask(self._http, "GET", self._url(paths.CARD), token=self._token, accept="text/plain")
        return answer.body.decode(errors="replace")

    async def card_fields(self) -> Json:
        return await self._get(paths.CARD)

    async def join(
        self,
        *,
        labels: Sequence[str] | None = None,
        supported_modes: Sequence[str] | None = None,
        session_id: str | None = None,
    ) -> Json:
        """Say that one is here; labels and modes in place of those one had, where they are given.

        The answer has a `warning` where another session of one's own seems to be alive.
        """
        return await self._post(paths.JOIN, said(labels=labels, supported_modes=supported_modes, session_id=session_id))

    async def set_attention(
        self,
        *,
        supported_modes: Sequence[str] | None = None,
        poll_cadence_s: int | None = None,
        safety_wake_s: int | None = None,
        working: bool | None = None,
        working_on: str | None = None,
    ) -> Json:
        """Say how one's attention is had, or what one works on; what is None stays as it is, 0 seconds takes a number away."""
        return await self._post(
            paths.ATTENTION,
            said(
                supported_modes=supported_modes,
                poll_cadence_s=poll_cadence_s,
                safety_wake_s=safety_wake_s,
                working=working,
                working_on=working_on,
            ),
        )

    async def leave(self) -> Json:
        return await self._post(paths.LEAVE)

    async def profile(self) -> Json:
        return await self._get(paths.PROFILE)

    async def set_profile(self, *, display_name: str | None = None, labels: Sequence[str] | None = None) -> Json:
        """Change how one is shown; what is None stays as it is."""
        return await self._post(paths.PROFILE, said(display_name=display_name, labels=labels))

    async def brief(self) -> Json:
        return await self._get(paths.BRIEF)

    async def set_brief(self, body: str) -> Json:
        return await self._post(paths.BRIEF, {"body": body})

    async def health(self) -> Json:
        """What a stranger may know of the daemon (GET /healthz)."""
        return await self._get(paths.HEALTH)


def _record(answer: Json) -> Record:
    return read_record(answer.get("message"))
