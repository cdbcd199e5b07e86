"""The MCP door: a room's words and boards as tools for a model, over stdio and over HTTP, for one participant at a time."""
