"""Wakes: each way of waking an agent, against programs that behave like the real ones."""
