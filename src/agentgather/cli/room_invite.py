"""`agentgather room invite` and `invite-card`: give somebody a seat, and what they need to take it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.invitation_lines import invitation_lines
from agentgather.cli.mode_flag import GivenMode
from agentgather.cli.output import single
from agentgather.cli.qr_lines import qr_lines
from agentgather.cli.steering import ask_once
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.errors import Refused
from agentgather.client.room_client import RoomClient
from agentgather.room import names
from agentgather.room.participant import Kind
from agentgather.room.text import visible
from agentgather.settings.exposure import is_local_url

GivenRole = Literal["guest", "observer"]
Switch = Annotated[bool, Parameter(negative=())]
Many = Annotated[list[str] | None, Parameter(negative=())]


def invite(
    alias: str,
    *,
    kind: Kind | None = None,
    role: GivenRole | None = None,
    label: Many = None,
    mode: GivenMode | None = None,
    ttl: str | None = None,
    rotate: Switch = False,
    qr: Switch = False,
    flags: Flags = ANYONE,
) -> int:
    """Give somebody a seat, and print what to hand over: a command for an agent, a link for a person.

    Parameters
    ----------
    alias
        Their name in the room: lowercase letters, digits and hyphens.
    kind
        What they are. Default: agent.
    role
        What their seat allows: a guest speaks, an observer reads. Default: guest.
    label
        What they do here, for `send --to role:LABEL`; repeat it for several.
    mode
        How you wish their attention was had. They are shown with the best that they declare up to it.
    ttl
        How long the invitation is good: 2h, 1d. Default: as long as the room.
    rotate
        The seat may exist: give it a new token (the old one stops working), also if it was removed.
    qr
        Draw the link as a QR code too, for a phone's camera. Whoever sees it has the token.
    """

    async def request(room: RoomClient) -> dict[str, Any]:
        had = await _seat(room, alias) if rotate else {}
        return await room.invite(
            alias,
            kind=kind.value if kind else str(had.get("kind", Kind.AGENT.value)),
            role=role or ("observer" if had.get("role") == "observer" else "guest"),
            labels=label,
            requested_mode=mode,
            ttl=ttl,
            is_rotation=rotate,
        )

    async def work(turn: Turn) -> None:
        try:
            answer = await ask_once(turn, request)
        except Refused as refused:
            raise _with_hint(refused, alias) from None
        turn.output.answer(answer, *invitation_lines(answer, output=turn.output), *(_drawn(turn, answer) if qr else ()))

    return take_turn(flags, work)


def invite_card(alias: str, *, rotate: Switch = False, flags: Flags = ANYONE) -> int:
    """Show the Attend Card of a seat. The room knows only digests of tokens, so a new card means a new token.

    Parameters
    ----------
    alias
        Whose card.
    rotate
        Give the seat a new token, or make the seat if there is none; the token it had stops working.
    """
    named = names.alias(alias)

    async def work(turn: Turn) -> None:
        room, _ = await turn.who()
        card = await _remembered_card(turn, room, named)
        if card is None:
            if not rotate:
                raise Failure(
                    "token_unknown",
                    f"the token of {named} is known to {named} alone",
                    hint=f"agentgather room invite-card {named} --rotate gives it a new one; the old one stops working",
                )
            card = await _card(turn, await ask_once(turn, lambda client: _new_token(client, named)))
        turn.output.answer({"ok": True, "room": room, "alias": named, "card": card}, visible(card).rstrip("\n"))

    return take_turn(flags, work)


def _drawn(turn: Turn, answer: dict[str, Any]) -> list[str]:
    lines = qr_lines(answer.get("qr"), output=turn.output)
    if not lines:
        turn.output.note(
            "there is no QR code: the link is too long for one, or the room's daemon is of an older version"
        )
        return []
    link = str(answer.get("browser_url"))
    if is_local_url(link):
        turn.output.note(
            "the link leads to this machine, which a phone would look for in itself: publish the room first"
        )
    return [*([] if answer.get("kind") == "human" else ["", single(link)]), "", *lines]  # that of a human is above


async def _remembered_card(turn: Turn, room: names.RoomId, alias: names.Alias) -> str | None:
    """The card by a token that 0.1 kept in clear, while it still works."""
    token = turn.home.old_token(room, alias)
    if token is None:
        return None
    try:
        return await _card(turn, token)
    except Refused as refused:
        if refused.status not in (401, 410):
            raise
        return None


async def _card(turn: Turn, token: str) -> str:
    seated = replace(turn, seat=replace(turn.seat, token=token))
    return await seated.ask(lambda room: room.card())


async def _new_token(room: RoomClient, alias: str) -> str:
    """A token for `alias`, whose seat is made if there is none. A seat that was removed stays so."""
    try:
        answer = await room.rotate(alias)
    except Refused as refused:
        if refused.code != "unknown_participant":
            raise
        answer = await room.invite(alias)
    return str(answer["token"])


async def _seat(room: RoomClient, alias: str) -> dict[str, Any]:
    """The seat of `alias` as the room has it, empty when it has none: what is not said stays as it is."""
    seats = (await room.status()).get("participants", [])
    return next((seat for seat in seats if isinstance(seat, dict) and seat.get("alias") == alias), {})


def _with_hint(refused: Refused, alias: str) -> Exception:
    if refused.code != "alias_taken":
        return refused
    hint = f"agentgather room invite {alias} --rotate gives that seat a new token; the old one stops working"
    return Failure(refused.code, refused.message, field=refused.field, hint=hint)
