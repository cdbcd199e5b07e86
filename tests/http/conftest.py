"""Whatever these tests ask a room, its answers are held to the OpenAPI document."""

from __future__ import annotations

import pytest

from tests.http.described import check_described
from tests.rooms import RunningRoom


@pytest.fixture
async def room(room: RunningRoom) -> RunningRoom:
    room.client.event_hooks = {"response": [check_described]}
    return room
