"""Waking agents that sleep: beside an agent, on its own machine. Nothing of it runs in the room's daemon."""
