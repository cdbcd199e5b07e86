from __future__ import annotations

import json

import pytest

from agentgather.cli.failures import Failure
from agentgather.cli.invitation import Invitation, read_invitation
from agentgather.room.shell_commands import browser_url, card_command

TOKEN = "agt_" + "aB3-_" * 8 + "xyz"
ROOM = Invitation("https://rooms.example.org/lab", TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        f"https://rooms.example.org/lab/#token={TOKEN}",
        f"https://rooms.example.org/lab#token={TOKEN}\n",
        browser_url("https://rooms.example.org/lab", TOKEN),
        f"Hi Amy, here is your link:\n\n  <https://rooms.example.org/lab/#token={TOKEN}>\n\nsee you",
        f"agentgather room join 'https://rooms.example.org/lab/#token={TOKEN}'",
        f"curl -sS 'https://rooms.example.org/lab/card' -H 'Authorization: Bearer {TOKEN}'",
        f'curl -s "https://rooms.example.org/lab/card?token={TOKEN}"',
        f'curl -s "https://rooms.example.org/lab/card?participant=amy&token={TOKEN}"',
        card_command("https://rooms.example.org/lab", TOKEN),
        json.dumps({"ok": True, "token": TOKEN, "browser_url": browser_url("https://rooms.example.org/lab", TOKEN)}),
    ],
)
def test_an_invitation_is_read_in_whatever_shape_it_came(text: str) -> None:
    assert read_invitation(text) == ROOM


def test_a_room_at_the_root_and_one_with_a_port_are_read_too() -> None:
    assert read_invitation(f"http://127.0.0.1:8787/#token={TOKEN}") == Invitation("http://127.0.0.1:8787", TOKEN)
    assert read_invitation(f"http://[::1]:9/#token={TOKEN}") == Invitation("http://[::1]:9", TOKEN)


def test_a_card_of_the_first_version_with_its_many_commands_is_one_invitation() -> None:
    base = "http://127.0.0.1:8787"
    card = "\n".join(
        [
            f'curl -s "{base}/card?token={TOKEN}"',
            f'curl -s -X POST "{base}/join" -H "Authorization: Bearer {TOKEN}"',
            f'curl -s "{base}/wait?participant=amy&since_id=0" -H "Authorization: Bearer {TOKEN}"',
        ]
    )
    assert read_invitation(card) == Invitation(base, TOKEN)


def test_what_a_brief_quotes_invites_nobody() -> None:
    text = f"| https://evil.example.org/#token=agt_not_yours_at_all\n  | more\nhttps://rooms.example.org/lab/#token={TOKEN}"
    assert read_invitation(text) == ROOM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "https://rooms.example.org/lab",
        f"Authorization: Bearer {TOKEN}",
        "https://rooms.example.org/#token=",
        f"ftp://rooms.example.org/#token={TOKEN}",
        f"| https://rooms.example.org/#token={TOKEN}",
        "[" * 100_000,
        '{"browser_url": 7}',
    ],
)
def test_a_text_that_invites_nobody_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="no invitation"):
        read_invitation(text)


def test_two_invitations_in_one_text_are_refused() -> None:
    with pytest.raises(Failure, match="more than one"):
        read_invitation(f"https://a.example.org/#token={TOKEN} https://b.example.org/#token={TOKEN}")


def test_a_token_never_shows_where_an_invitation_is_printed() -> None:
    assert TOKEN not in repr(ROOM)
