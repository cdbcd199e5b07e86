"""What is written as text at once says what is written as an object."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agentgather.api.answers import Seen, participant_answer, participant_text, status_answer
from agentgather.room.live_state import LiveState
from agentgather.room.names import new_alias
from agentgather.room.participant import Attention, Kind, Participant, Policy, Role

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SEATS = [
    Participant(new_alias("ops"), Kind.HUMAN, Role.HOST, NOW),
    Participant(new_alias("rev"), Kind.AGENT, Role.GUEST, NOW, display_name='Zoë "the\\" 雪', has_joined=True),
    Participant(new_alias("gone"), Kind.AGENT, Role.GUEST, NOW, removed_at=NOW + timedelta(hours=1)),
]
SIGHTINGS = [Seen(Attention.MANUAL, NOW, 0, 0, 0), Seen(Attention.ATTENDING, NOW + timedelta(hours=2), 200_000, 17, 3)]
SIGHTINGS += [replace(SIGHTINGS[1], live_state=LiveState.WORKING, working_on=on) for on in ('"', "雪\n")]


@pytest.mark.parametrize("seat", SEATS)
def test_the_text_of_a_participant_is_its_object(seat: Participant) -> None:
    for seen in SIGHTINGS:
        for policy in Policy:
            for age_ms in (seen.age_ms, 90_000, 90_001, 7):
                now = replace(seen, age_ms=age_ms)
                answer = participant_answer(seat, now, stale_after_ms=90_000, policy=policy)
                text = participant_text(seat, now, stale_after_ms=90_000, policy=policy)
                assert list(json.loads(text).items()) == list(answer.items())


def test_a_seat_that_changed_is_written_anew() -> None:
    named = Participant(new_alias("rev"), Kind.AGENT, Role.GUEST, NOW, display_name="Rev")
    for seat in (SEATS[1], named, SEATS[1]):
        text = participant_text(seat, SIGHTINGS[0], stale_after_ms=1, policy=Policy.MANUAL_OK)
        assert json.loads(text)["display_name"] == seat.display_name


def test_participants_stand_between_what_is_before_and_after_them() -> None:
    text = status_answer({"ok": True}, [b'{"alias":"a"}', b'{"alias":"b"}'], {"paused": []})
    assert text == b'{"ok":true,"participants":[{"alias":"a"},{"alias":"b"}],"paused":[]}\n'
    assert json.loads(status_answer({"ok": True}, [], {"paused": []}))["participants"] == []
