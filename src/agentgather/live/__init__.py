"""The core given a heartbeat: rooms that are open, who waits in them, and when they end. trio, no HTTP."""
