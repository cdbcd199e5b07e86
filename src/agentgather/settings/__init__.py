"""Every number and name a host may change, where each value came from, and what it may be."""
