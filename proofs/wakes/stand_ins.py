"""The programs that stand in for agents, one a line: whoever writes an adapter adds its own here."""

from __future__ import annotations

from proofs.wakes.in_pty import IN_PTY
from proofs.wakes.in_tmux import program_in_tmux, quiet_cursor_in_tmux, shell_in_tmux
from proofs.wakes.native import NATIVE
from proofs.wakes.stand_in import Opener
from proofs.wakes.stop_hook import stop_hook

STAND_INS: dict[str, Opener] = {
    "tmux, full screen": program_in_tmux,
    "tmux, hidden cursor": quiet_cursor_in_tmux,
    "tmux, shell": shell_in_tmux,
    **IN_PTY,
    **NATIVE,
    "Stop hook": stop_hook,
}
