"""The tunnel's wire: frames, and which may follow which. Sans-IO: bytes in, frames out; the host and the broker share it."""
