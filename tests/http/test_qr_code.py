"""Invitations as QR codes: what a reader that is not ours reads in them."""

from __future__ import annotations

import pytest

from agentgather.http.qr_code import DENSE_MODULES, qr_rows
from tests.qr_codes import scanned
from tests.rooms import RunningRoom


async def test_the_code_of_an_invitation_or_a_new_token_is_its_link(room: RunningRoom) -> None:
    invited = await room.host.post("/invites", {"alias": "eve", "kind": "human"})
    rotated = await room.host.post("/participants/eve/rotate")
    assert [scanned(answer["qr"]) for answer in (invited, rotated)] == [invited["browser_url"], rotated["browser_url"]]
    assert invited["qr"] != rotated["qr"]


@pytest.mark.parametrize("length", [1, 60, 213, 214, 2_900])
def test_a_link_of_any_length_that_a_code_holds_is_read_back(length: int) -> None:
    link = ("https://rooms.example.org/" + "path" * length)[:length]
    rows = qr_rows(link)
    assert rows is not None
    assert {len(row) for row in rows} == {len(rows)}, "a square, without a quiet zone"
    assert all("1" in edge for edge in (rows[0], rows[-1]))
    assert scanned(rows) == link


def test_a_code_bears_more_damage_while_that_keeps_it_coarse() -> None:
    coarse = qr_rows("a" * 213)
    assert coarse is not None
    assert len(coarse) == DENSE_MODULES, "the most that version 10 holds at M"
    dense = qr_rows("a" * 214)
    assert dense is not None
    assert len(dense) < DENSE_MODULES, "at L the same link needs fewer modules"


def test_a_link_that_no_code_can_hold_has_none() -> None:
    assert qr_rows("a" * 2_954) is None
