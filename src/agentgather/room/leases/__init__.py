"""Leases on paths: who works where for a while, so that two do not change the same file at once."""
