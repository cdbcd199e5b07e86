"""The HTTP client that the commands, and whoever else speaks to a room from outside, share."""
