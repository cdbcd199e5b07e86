"""The room's task board: what is to be done, what has to be done before it, and who is at it."""
