"""The vectors of the fold, as the core reads them. The browser's fold reads the same ones (tests/web/test_fold.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agentgather.api.record_json import read_record
from agentgather.api.session_json import session_json
from agentgather.room.names import room_id
from agentgather.room.state import RoomState, fold

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "room_fold.json").read_text())


def picture(state: RoomState) -> dict[str, Any]:
    paused = [alias for alias, posts in state.streaks.items() if posts >= VECTORS["loop_posts_max"]]
    return {
        "is_open": state.is_open,
        "policy": state.policy.value,
        "brief": {"body": state.brief.body, "version": state.brief.version},
        "ends": state.expires_at is not None,
        "last_id": state.last_id,
        "seats": {
            seat.alias: {
                "shown_name": seat.shown_name,
                "kind": seat.kind.value,
                "role": seat.role.value,
                "has_joined": seat.has_joined,
                "is_removed": seat.is_removed,
                "labels": list(seat.labels),
            }
            for seat in state.participants.values()
        },
        "session": session_json(state.session),
        "retracted": sorted(state.retracted),
        "paused": sorted(paused),
    }


def test_the_core_folds_the_records_of_the_vectors_into_what_they_say() -> None:
    state = RoomState(room_id("lab"))
    for step in VECTORS["steps"]:
        state = fold(map(read_record, step["records"]), start=state)
        assert picture(state) == step["room"], step["records"][-1]["text"]
