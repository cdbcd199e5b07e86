from __future__ import annotations

import re

import pytest

from agentgather.room.shell_commands import browser_url

TOKEN = "agt_" + "aB3-_" * 8 + "xyz"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8787", "https://lab.rooms.example/"])
def test_a_link_to_a_room_with_an_origin_of_its_own_has_nothing_but_its_token(origin: str) -> None:
    assert browser_url(origin, TOKEN) == f"{origin.rstrip('/')}/#token={TOKEN}"


def test_nobody_guesses_a_link_to_a_room_that_shares_its_origin() -> None:
    """A page of another room there may show the room's address as its own, and would be handed the fragment."""
    first, other = (browser_url("https://rooms.example/lab", token) for token in (TOKEN, TOKEN[::-1]))
    parts = re.fullmatch(rf"https://rooms\.example/lab/\?([0-9a-f]{{12}})#token={TOKEN}", first)
    assert parts is not None
    assert parts[1] not in other
    assert first == browser_url("https://rooms.example/lab/", TOKEN), "the same link each time it is shown"
