"""MCP over standard input and output: one client, one seat, until the client hangs up."""

from __future__ import annotations

import trio
from mcp.server.stdio import stdio_server

from agentgather.client.errors import sole
from agentgather.mcp.news import News, changed_by
from agentgather.mcp.server import make_server
from agentgather.mcp.tool import Call, Chair
from agentgather.mcp.trouble import trouble_of

HOLD_SECONDS = 25.0
AGAIN_SECONDS = 5.0  # after a room that could not be watched


async def serve_stdio(chair: Chair) -> None:
    """Serve `chair` to whoever started us, until standard input ends. Nothing else may write to standard output."""
    news = News()
    server = make_server(chair, news)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_watch, chair, news)
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
        nursery.cancel_scope.cancel()


async def _watch(chair: Chair, news: News) -> None:
    """Tell what changes, for as long as somebody subscribes. Only looking: nobody is seen for it, and nothing is fetched."""
    call = Call(chair)
    while True:
        await news.wanted()
        try:
            status = await call.ask(lambda room: room.status())
            since_id = int(status["last_id"])
            while news.is_wanted:
                async with chair.reach() as room:
                    waited = await room.wait(since_id=since_id, hold_seconds=HOLD_SECONDS, is_peek=True)
                since_id = max(since_id, waited.next_since_id)
                await news.tell(changed_by(waited.records, me=str(status["me"])))
                if waited.is_last:
                    return
        except Exception as error:
            if trouble_of(sole(error)) is None:
                raise
            await trio.sleep(AGAIN_SECONDS)  # whoever asks by a tool is told why
