"""An agent that sleeps in a terminal: a full-screen program whose every turn fetches what is new and works it off by commands.

    sleeping_agent.py LOG CONTROL [steady]

The line that wakes it is a pointer, and nothing of it is obeyed: what is to be done it fetches itself. One that is not `steady`
claims a task and never comes to its end. LOG and CONTROL as in proofs/wakes/agent.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from proofs.wakes.agent import Agent

COMMAND_SECONDS = 60
ME = "rev"


class SleepingAgent(Agent):
    """A turn lasts as long as its work does."""

    def __init__(self, log: str, control: str, *, is_steady: bool) -> None:
        super().__init__(log, control, is_cursor_hidden=False)
        self.is_steady = is_steady
        self.work: threading.Thread | None = None

    def begin_turn(self, seconds: float) -> None:
        super().begin_turn(seconds)
        self.turn_until = float("inf")
        self.work = threading.Thread(target=self._turn, daemon=True)
        self.work.start()

    def begin_planned(self) -> None:  # the loop of every program asks for this
        if self.work is not None and not self.work.is_alive():
            self.work = None
            self.end_turn()

    def _turn(self) -> None:
        for message in self._ask("read")["messages"]:
            self._heed(message)
        for task in self._ask("task", "list", "--status", "ready")["tasks"]:
            if task["assignee"] is not None:
                self._ask("task", "claim", str(task["id"]))
                self.tell(claimed=task["id"])
                while not self.is_steady:
                    time.sleep(COMMAND_SECONDS)
                self._ask("task", "complete", str(task["id"]), "printed")

    def _heed(self, message: dict[str, Any]) -> None:
        if message.get("need_reply") and ME in message.get("to", ()):
            number = str(message["id"])
            self._ask("ack", number, message["proof"])
            self._ask("reply", number, "two columns", "--done")

    def _ask(self, *words: str) -> dict[str, Any]:
        """The JSON of what a command answers; AGENTGATHER_HOME says whose it is."""
        command = [sys.executable, "-m", "agentgather", *words, "--json"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL)
        self.tell(ran=words, code=ran.returncode, trouble=ran.stderr)
        return dict(json.loads(ran.stdout)) if ran.returncode == 0 else {"messages": [], "tasks": []}


if __name__ == "__main__":
    before = termios.tcgetattr(0)
    try:
        SleepingAgent(sys.argv[1], sys.argv[2], is_steady="steady" in sys.argv[3:]).run()
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
