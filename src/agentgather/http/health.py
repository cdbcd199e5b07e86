"""GET /healthz and /openapi.json: what a stranger may know."""

from __future__ import annotations

from agentgather import __version__
from agentgather.http.asked import bytes_answer, json_answer
from agentgather.live.house import House
from agentgather.serving.answer import Answer

RETRY_SECONDS = 5  # as often as a room's log is tried again by itself


def health(house: House) -> Answer:
    """200 while every room can record; 503 with the code of the trouble while one cannot."""
    troubles = sorted({open_room.trouble.code for open_room in house if open_room.trouble is not None})
    answer: dict[str, object] = {"ok": not troubles, "version": __version__, "rooms": len(house)}
    if troubles:
        answer |= {
            "error": troubles[0],
            "message": "a room here cannot record what is said; reading goes on, and it heals by itself once it can",
            "retry_after": RETRY_SECONDS,
        }
    told = json_answer(answer, 503 if troubles else 200)
    if troubles:
        told.headers.append(("retry-after", str(RETRY_SECONDS)))
    return told


def openapi(document: bytes) -> Answer:
    return bytes_answer(document)
