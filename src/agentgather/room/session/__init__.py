"""Active sessions: the host says from when to when it expects everybody to work together. Advisory; it stops nobody."""
