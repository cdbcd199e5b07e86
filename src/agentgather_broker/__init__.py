"""The broker: relays HTTPS between visitors and the hosts that dialled out to it, and stores nothing."""
