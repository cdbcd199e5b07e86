"""The room's MCP server, held to what others wrote: the official conformance suite, and the inspector's own client."""
