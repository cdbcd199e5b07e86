"""`python -m tests.gallery [FOLDER] [STATE…]`: take the pictures, all of them or those named."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.cli.terminal import serving, tell
from tests.gallery.states import STATES, Sitting
from tests.gallery.story import BRIEF
from tests.journeys.people import Somebody
from tests.web.chromium import chromium

FOLDER = Path(__file__).parents[2] / "docs" / "images"


def main(words: list[str]) -> None:
    folder = Path(words[0]) if words else FOLDER
    wanted = words[1:] or list(STATES)
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name in wanted:
            with tempfile.TemporaryDirectory() as home:
                made = tell(Path(home), "room", "start", "index-v2", "--alias", "ops", "--brief", BRIEF)
                assert made.code == 0, made.err
                with serving(Path(home)) as daemon:
                    token = json.loads((Path(home) / "current-room.json").read_text())["token"]
                    STATES[name](Sitting(browser, Somebody(daemon.url, token), daemon, folder / f"{name}.png"))
            print(f"{folder / name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
