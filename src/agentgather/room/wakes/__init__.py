"""How often a room may have its agents woken: the host's budget, what was spent of it, and the note when it ends."""
