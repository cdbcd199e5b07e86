"""HTTP/1.1 under any ASGI app, one supervised connection at a time. Knows nothing of rooms."""
