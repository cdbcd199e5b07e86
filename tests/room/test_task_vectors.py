"""The vectors of the task board, as the core folds them. The browser reads the same ones (tests/web/test_task_fold.py)."""

from __future__ import annotations

import json
from pathlib import Path

from agentgather.api.record_json import read_record
from agentgather.api.task_json import task_json
from agentgather.room.names import room_id
from agentgather.room.state import RoomState, fold

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "task_board.json").read_text())


def test_the_core_folds_the_records_of_the_vectors_into_the_boards_they_say() -> None:
    state = RoomState(room_id("lab"))
    for step in VECTORS["steps"]:
        state = fold(map(read_record, step["records"]), start=state)
        board = state.tasks
        assert [task_json(task, board, is_whole=False) for task in board.each()] == step["tasks"], step["says"]
