"""What the room costs: the real daemon in its own process, and a load generator that is far cheaper than it."""
