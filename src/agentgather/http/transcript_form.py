"""POST /transcript.html: the same page for a browser without scripts, which can send a form and no header.

The form holds the token, or the whole link of an invitation as it was pasted; then a pass to read on. None of it is ever part of
a URL, and no page holds a token. There is nothing else that a form can do here.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs, unquote

from agentgather.api.errors import STATUS_OF, RequestRefused
from agentgather.api.query_values import read_id
from agentgather.http.asked import Asked
from agentgather.http.reading_pass import ReadingPasses
from agentgather.http.transcript import FORM, document, has_older, page_of, span, written
from agentgather.live.credentials import Credential
from agentgather.live.keeping import OpenRoom
from agentgather.room.keeping import Kept
from agentgather.room.refusals import Refusal
from agentgather.serving.answer import Answer
from agentgather.serving.request import Request
from agentgather.transcript.html_document import END, beginning, plain

FIELDS_MAX = 8
LINK = "#token="

Seating = Callable[[Request, str | None, Credential | None], Asked]


class TranscriptForm:
    """`seat` makes of a request and its token, or of whom a pass belongs to, an admitted one; raises a Refusal."""

    def __init__(self, seat: Seating, room_of: Callable[[Request], OpenRoom]) -> None:
        self._seat = seat
        self._room_of = room_of
        self._passes = ReadingPasses()

    async def answer(self, request: Request) -> Answer:
        """The page, or the form again with what is wrong: whoever sent it reads neither JSON nor headers."""
        try:
            fields = _fields(request.content())
            before = fields.get("before_id")
            before_id = read_id(before, code="invalid_before_id", field="before_id") if before else None
            asked = self._asked(request, fields)
        except Refusal as refusal:
            return _form_again(refusal)
        kept = await page_of(asked, before_id)
        return await written(asked, kept, ways=self._ways(asked, kept, fields.get("pass"), is_newest=before_id is None))

    def _asked(self, request: Request, fields: dict[str, str]) -> Asked:
        if (shown := fields.get("pass")) is not None:
            holder = self._passes.read(self._room_of(request).room, shown)
            if holder is None:
                raise RequestRefused("unauthorized", "this page was open for too long; enter your token again")
            return self._seat(request, None, holder)
        pasted = fields.get("token", "").strip()
        token = unquote(pasted.partition(LINK)[2]) if LINK in pasted else pasted
        return self._seat(request, token or None, None)

    def _ways(self, asked: Asked, kept: list[Kept], brought: str | None, *, is_newest: bool) -> str:
        """What is on this page, and buttons to the others. A pass that was brought is handed on, and becomes no newer one:
        whoever found a page of somebody's could read on for ever.
        """
        ways = f'<nav aria-label="Pages">\n<p class="soft">{span(asked, kept)}</p>\n'
        is_older = has_older(asked, kept)
        if not is_newest or is_older:
            shown = plain(brought or self._passes.write(asked.room, asked.credential))
            held = f'<input type="hidden" name="pass" value="{shown}">'
            older = f'<button name="before_id" value="{kept[0].record.id}">Older</button>' if is_older else ""
            newest = "" if is_newest else '<button name="before_id" value="">Newest</button>'
            ways += f'<form method="post" action="transcript.html">{held}{older}{newest}</form>\n'
        return f"{ways}</nav>\n"


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a form (application/x-www-form-urlencoded), each once. Raises `bad_request`."""
    try:
        named = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        raise RequestRefused("bad_request", "that was no form of this page") from None
    return {name: values[0] for name, values in named.items()}


def _form_again(refusal: Refusal) -> Answer:
    entry = (
        '<form method="post" action="transcript.html">\n<label>Your invitation link or token '
        '<input type="password" name="token" autocomplete="off" required></label>\n<button>Read the room</button>\n</form>\n'
    )
    said = f'<main>\n<h1>The room was not opened</h1>\n<p role="alert">{escape(refusal.message)}</p>\n{entry}</main>\n'
    answer = document(beginning("Agent Gather", form_action=FORM) + said + END, STATUS_OF[refusal.code])
    if answer.status == 401:
        answer.headers.append(("www-authenticate", "Bearer"))
    return answer
