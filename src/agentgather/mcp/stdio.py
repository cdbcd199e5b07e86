"""MCP over standard input and output: one client, one seat, until the client hangs up."""

from __future__ import annotations

from mcp.server.stdio import stdio_server

from agentgather.mcp.server import make_server
from agentgather.mcp.tool import Chair


async def serve_stdio(chair: Chair) -> None:
    """Serve `chair` to whoever started us, until standard input ends. Nothing else may write to standard output."""
    server = make_server(chair)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
