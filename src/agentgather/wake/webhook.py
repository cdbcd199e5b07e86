"""Waking by a webhook: a signed pointer, sent once, to an address that was settled before."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import trio

from agentgather import __version__
from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from agentgather.wake.asking_http import MaybeSent, NotSent, ask_once, new_http
from agentgather.wake.target import Target, TargetRefused, settled

SECRET_BYTES_MIN = 16
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what the others write before a secret in base64
_SURELY_REFUSED = frozenset({408, 425, 429, 503})  # beside every 3xx and 4xx: whoever says so has not acted


class SecretRefused(Exception):
    """A secret that cannot be used. It is never in the message."""


def secret_of(text: str) -> bytes:
    """The key that a written secret means: `whsec_` and base64, or its own bytes. Raises SecretRefused."""
    text = text.strip()
    if text.startswith(_SECRET_PREFIX):
        try:
            key = base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise SecretRefused("what follows whsec_ is not base64") from None
    else:
        key = text.encode()
    if len(key) < SECRET_BYTES_MIN:
        raise SecretRefused(f"it has {len(key)} bytes; {SECRET_BYTES_MIN} are the least")
    return key


def signature(secret: bytes, *, wake_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`, as the Standard Webhooks have it: HMAC-SHA-256 over id, time and body."""
    signed = f"{wake_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


class Webhook:
    """Whoever listens at `target`. What it does cannot be looked at: what it fetches shows whether it acted."""

    name = "webhook"

    def __init__(
        self, target: Target, secret: bytes, http: httpx.AsyncClient, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._target = target
        self._secret = secret
        self._http = http
        self._clock = clock

    async def look(self) -> Look:
        """QUIET while it may be gone to at all."""
        try:
            await settled(self._target)
        except TargetRefused:
            return Look.GONE
        return Look.QUIET

    async def submit(self, wake: Wake) -> Submission:
        try:
            address = await settled(self._target)
        except TargetRefused:
            return Submission(Submitted.NO, "address_refused")
        told = {
            "id": wake.id,
            "room": wake.room_url,
            "since_id": wake.since_id,
            "reason": wake.reason,
            "line": wake.line,
        }
        body = json.dumps(told, separators=(",", ":")).encode()
        timestamp = int(self._clock())
        headers = {
            "Host": self._target.authority,
            "Content-Type": "application/json",
            "User-Agent": f"agentgather/{__version__}",
            "webhook-id": wake.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, wake_id=wake.id, timestamp=timestamp, body=body),
        }
        try:
            answer = await ask_once(
                self._http,
                "POST",
                self._target.url_at(address),
                headers=headers,
                content=body,
                sni=self._target.host if self._target.parts.scheme == "https" else None,
            )
        except NotSent:
            return Submission(Submitted.NO, "unreachable")
        except MaybeSent:
            return Submission(Submitted.UNSURE, "no_answer")
        if 200 <= answer.status < 300:
            return Submission(Submitted.YES)
        is_sure = answer.status < 500 or answer.status in _SURELY_REFUSED
        return Submission(Submitted.NO if is_sure else Submitted.UNSURE, f"status_{answer.status}")

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:  # noqa: ARG002 - the port's
        """Never known from here."""
        await trio.sleep_forever()
        raise AssertionError("never")


@asynccontextmanager
async def open_webhook(target: Target, secret: bytes) -> AsyncIterator[Webhook]:
    async with new_http() as http:
        yield Webhook(target, secret, http)
