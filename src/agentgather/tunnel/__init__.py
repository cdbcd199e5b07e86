"""The host's end of the tunnel: dials out to a broker, and answers visitors from the room's own server."""
