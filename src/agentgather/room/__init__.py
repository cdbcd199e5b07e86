"""The core: what a room is and what may happen in it. Frozen dataclasses and plain functions; no clock, disk or network."""
