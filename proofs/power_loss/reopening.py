"""Machines that come up one after the other, run under the trace: `python -m proofs.power_loss.reopening MARKS ROOT...`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from proofs.power_loss.restart import restarted


def main() -> None:
    marks = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for root in sys.argv[2:]:
        os.write(marks, json.dumps({"up": root}).encode())
        rooms = restarted(Path(root)).rooms
        told = {name: list(room.texts.items()) for name, room in rooms.items()}
        acknowledged = [
            {"number": number, "alias": alias, "is_done": is_done}
            for room in rooms.values()
            for (number, alias), is_done in room.acknowledged.items()
        ]
        os.write(marks, json.dumps({"heard": told, "acknowledged": acknowledged}).encode())


if __name__ == "__main__":
    main()
