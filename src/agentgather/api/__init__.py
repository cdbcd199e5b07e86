"""What server and client must agree on: paths, field names, error codes. Pure, like the core."""
